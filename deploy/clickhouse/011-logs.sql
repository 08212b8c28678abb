-- One structured log record. Body as text (strings as they are, other AnyValue types as OTLP/JSON), body_type as in spans.attr_types.
CREATE TABLE IF NOT EXISTS logs (
    ts DateTime64(9),
    observed DateTime64(9),
    stored_at DateTime,
    trace_id FixedString(16),
    span_id FixedString(8),
    service LowCardinality(String),
    severity UInt8,
    severity_text LowCardinality(String),
    event_name LowCardinality(String),
    body String,
    body_type UInt8,
    flags UInt32,
    weight Float64,
    resource_id UInt64,
    scope_id UInt64,
    attr_keys Array(LowCardinality(String)),
    attr_types Array(UInt8),
    attr_values Array(String),
    dropped_attributes UInt32,
    items Array(String) MATERIALIZED arrayMap((k, v) -> concat(k, '=', v), attr_keys, attr_values),
    INDEX body_text body TYPE text(tokenizer = 'splitByNonAlpha'),
    INDEX items_text items TYPE text(tokenizer = 'array'),
    INDEX trace_bloom trace_id TYPE bloom_filter(0.01)
) ENGINE = MergeTree
PARTITION BY toDate(stored_at)
ORDER BY (service, toStartOfHour(ts), ts)
TTL stored_at + INTERVAL 7 DAY
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1;
