CREATE TABLE IF NOT EXISTS scopes (
    id UInt64,
    stored_at DateTime,
    name String,
    version String,
    schema_url String,
    attr_keys Array(LowCardinality(String)),
    attr_types Array(UInt8),
    attr_values Array(String)
) ENGINE = ReplacingMergeTree(stored_at)
ORDER BY id
TTL stored_at + INTERVAL 9 DAY
SETTINGS non_replicated_deduplication_window = 10000;
