-- Every decision, kept or dropped: why a trace is here, or is not. Input of simulation.
CREATE TABLE IF NOT EXISTS decisions (
    trace_id FixedString(16),
    decided_at DateTime64(3),
    decision LowCardinality(String),
    rule LowCardinality(String),
    trigger LowCardinality(String),
    threshold UInt64,
    weight Float64,
    root_service LowCardinality(String),
    root_name LowCardinality(String),
    start DateTime64(9),
    duration_ns Int64,
    span_count UInt32,
    bytes UInt64,
    error_count UInt32,
    root_present UInt8,
    missing_parents UInt32
) ENGINE = MergeTree
PARTITION BY toDate(decided_at)
ORDER BY (trace_id, decided_at)
TTL toDateTime(decided_at) + INTERVAL 3 DAY
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1;
