-- One row per kept trace, written at its decision; late spans add a row that merges into it by the aggregates.
-- Read with FINAL. `start` is the trace's first start as known at the decision: it is part of the key and never changes.
-- Retention counts from stored_at (when Winnow stored the row), so replayed captures with old times live as long as new ones.
CREATE TABLE IF NOT EXISTS traces (
    trace_id FixedString(16),
    start DateTime64(9),
    stored_at DateTime,
    end SimpleAggregateFunction(max, DateTime64(9)),
    duration_ns SimpleAggregateFunction(max, Int64),
    root_service SimpleAggregateFunction(max, String),
    root_name SimpleAggregateFunction(max, String),
    root_kind SimpleAggregateFunction(max, UInt8),
    span_count SimpleAggregateFunction(sum, UInt64),
    error_count SimpleAggregateFunction(sum, UInt64),
    late_count SimpleAggregateFunction(sum, UInt64),
    missing_parents SimpleAggregateFunction(max, UInt64),
    root_present SimpleAggregateFunction(max, UInt8),
    depth SimpleAggregateFunction(max, UInt32),
    services SimpleAggregateFunction(groupUniqArrayArray, Array(String)),
    service_spans SimpleAggregateFunction(sumMap, Map(String, UInt64)),
    critical_path_ns SimpleAggregateFunction(sumMap, Map(String, UInt64)),
    rule SimpleAggregateFunction(max, String),
    trigger SimpleAggregateFunction(max, String),
    threshold SimpleAggregateFunction(max, UInt64),
    weight SimpleAggregateFunction(max, Float64),
    hosts SimpleAggregateFunction(groupUniqArrayArray, Array(Tuple(host String, offset_ns Int64, error_ns Int64))),
    warnings SimpleAggregateFunction(groupUniqArrayArray, Array(Tuple(kind String, span_id String))),
    INDEX services_text services TYPE text(tokenizer = 'array'),
    INDEX trace_bloom trace_id TYPE bloom_filter(0.001) GRANULARITY 1
) ENGINE = AggregatingMergeTree
PARTITION BY toDate(stored_at)
ORDER BY (toStartOfHour(start), start, trace_id)
TTL stored_at + INTERVAL 7 DAY
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1;
