-- Distinct resources and scopes, once each; spans and logs point here. id = first 8 bytes (big endian) of SHA-256 over the OTLP message and its schema_url.
-- Written again at least daily while in use, so that retention never takes a resource from under its spans.
CREATE TABLE IF NOT EXISTS resources (
    id UInt64,
    stored_at DateTime,
    service LowCardinality(String),
    host String,
    schema_url String,
    attr_keys Array(LowCardinality(String)),
    attr_types Array(UInt8),
    attr_values Array(String),
    items Array(String) MATERIALIZED arrayMap((k, v) -> concat(k, '=', v), attr_keys, attr_values)
) ENGINE = ReplacingMergeTree(stored_at)
ORDER BY id
TTL stored_at + INTERVAL 9 DAY
SETTINGS non_replicated_deduplication_window = 10000;
