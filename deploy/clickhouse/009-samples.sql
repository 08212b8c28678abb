-- value keeps Prometheus' stale marker and NaN bits; start is the counter's creation time (0 when unknown).
CREATE TABLE IF NOT EXISTS samples (
    id UInt64,
    ts DateTime64(3) CODEC(Delta, ZSTD(1)),
    value Float64 CODEC(Gorilla, ZSTD(1)),
    start DateTime64(3) CODEC(Delta, ZSTD(1)),
    stored_at DateTime
) ENGINE = MergeTree
PARTITION BY toDate(stored_at)
ORDER BY (id, ts)
TTL stored_at + INTERVAL 30 DAY
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1;
