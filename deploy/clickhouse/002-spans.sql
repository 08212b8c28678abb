-- One kept span. Attributes keep wire order and type: three parallel arrays (type = field number of OTLP AnyValue:
-- 0 unset, 1 string, 2 bool, 3 int, 4 double, 5 array, 6 kvlist, 7 bytes; values as text, 5 and 6 as OTLP/JSON, 7 as base64).
-- Events and links are the OTLP messages as they came (Span.Event, Span.Link), one string each.
CREATE TABLE IF NOT EXISTS spans (
    trace_id FixedString(16),
    trace_start DateTime64(9),
    stored_at DateTime,
    start DateTime64(9) CODEC(Delta, ZSTD(1)),
    duration_ns Int64 CODEC(T64, ZSTD(1)),
    skew_ns Int64 CODEC(T64, ZSTD(1)),
    skew_error_ns Int64 CODEC(T64, ZSTD(1)),
    span_id FixedString(8),
    parent_span_id FixedString(8),
    service LowCardinality(String),
    name LowCardinality(String),
    kind UInt8,
    status_code UInt8,
    status_message String,
    flags UInt32,
    trace_state String,
    weight Float64,
    resource_id UInt64,
    scope_id UInt64,
    attr_keys Array(LowCardinality(String)),
    attr_types Array(UInt8),
    attr_values Array(String),
    event_names Array(LowCardinality(String)),
    events Array(String),
    links Array(String),
    dropped_attributes UInt32,
    dropped_events UInt32,
    dropped_links UInt32,
    items Array(String) MATERIALIZED arrayMap((k, v) -> concat(k, '=', v), attr_keys, attr_values),
    INDEX items_text items TYPE text(tokenizer = 'array')
) ENGINE = MergeTree
PARTITION BY toDate(stored_at)
ORDER BY (toStartOfHour(trace_start), trace_id, start)
TTL stored_at + INTERVAL 7 DAY
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1;
