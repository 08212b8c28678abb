CREATE TABLE IF NOT EXISTS exemplars (
    id UInt64,
    ts DateTime64(3),
    value Float64,
    trace_id FixedString(16),
    span_id FixedString(8),
    labels Map(LowCardinality(String), String),
    stored_at DateTime
) ENGINE = MergeTree
PARTITION BY toDate(stored_at)
ORDER BY (id, ts)
TTL stored_at + INTERVAL 7 DAY
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1;
