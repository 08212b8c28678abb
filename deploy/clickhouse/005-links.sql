-- The inbound side of span links: "who points at me". The outbound side is in spans.links.
CREATE TABLE IF NOT EXISTS links (
    target_trace_id FixedString(16),
    target_span_id FixedString(8),
    stored_at DateTime,
    source_trace_id FixedString(16),
    source_span_id FixedString(8),
    source_service LowCardinality(String),
    source_name LowCardinality(String),
    source_start DateTime64(9),
    source_kind UInt8
) ENGINE = MergeTree
PARTITION BY toDate(stored_at)
ORDER BY (target_trace_id, target_span_id, source_trace_id, source_span_id)
TTL stored_at + INTERVAL 7 DAY
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1;
