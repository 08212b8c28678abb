-- Prometheus model: labels once, samples by id. id = first 8 bytes (big endian) of SHA-256 over name and sorted labels, NUL-separated.
CREATE TABLE IF NOT EXISTS series (
    name LowCardinality(String),
    id UInt64,
    labels SimpleAggregateFunction(anyLast, Map(String, String)),
    kind SimpleAggregateFunction(anyLast, String),
    unit SimpleAggregateFunction(anyLast, String),
    help SimpleAggregateFunction(anyLast, String),
    first_seen SimpleAggregateFunction(min, DateTime64(3)),
    last_seen SimpleAggregateFunction(max, DateTime64(3)),
    stored_at SimpleAggregateFunction(max, DateTime)
) ENGINE = AggregatingMergeTree
ORDER BY (name, id)
TTL stored_at + INTERVAL 40 DAY
SETTINGS non_replicated_deduplication_window = 10000;
