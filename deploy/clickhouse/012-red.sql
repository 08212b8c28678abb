-- Request rate, errors, duration per service, span name, kind and status, from 100 % of spans. Rows are increments of one flush; sum them.
-- duration_buckets: upper bound in µs (4294967295 = +Inf) -> spans in that bucket, not cumulative.
CREATE TABLE IF NOT EXISTS red (
    time DateTime,
    service LowCardinality(String),
    name LowCardinality(String),
    kind UInt8,
    status UInt8,
    stored_at SimpleAggregateFunction(max, DateTime),
    calls SimpleAggregateFunction(sum, UInt64),
    duration_sum_ns SimpleAggregateFunction(sum, Float64),
    duration_buckets SimpleAggregateFunction(sumMap, Map(UInt32, UInt64))
) ENGINE = AggregatingMergeTree
ORDER BY (time, service, name, kind, status)
TTL stored_at + INTERVAL 30 DAY
SETTINGS non_replicated_deduplication_window = 10000;
