-- Calls between services per minute, from 100 % of spans, kept or not. Rows are increments; sum them.
-- kind: rpc, db, queue, external, internal. Virtual callees (a database, a queue) are named by `callee`.
-- duration_buckets: upper bound in µs (4294967295 = +Inf) -> calls in that bucket, not cumulative.
CREATE TABLE IF NOT EXISTS edges (
    minute DateTime,
    caller LowCardinality(String),
    callee LowCardinality(String),
    kind LowCardinality(String),
    stored_at SimpleAggregateFunction(max, DateTime),
    calls SimpleAggregateFunction(sum, UInt64),
    errors SimpleAggregateFunction(sum, UInt64),
    client_server_calls SimpleAggregateFunction(sum, UInt64),
    duration_sum_ns SimpleAggregateFunction(sum, Float64),
    duration_buckets SimpleAggregateFunction(sumMap, Map(UInt32, UInt64)),
    lag_count SimpleAggregateFunction(sum, UInt64),
    lag_sum_ns SimpleAggregateFunction(sum, Float64)
) ENGINE = AggregatingMergeTree
ORDER BY (minute, caller, callee, kind)
TTL stored_at + INTERVAL 30 DAY
SETTINGS non_replicated_deduplication_window = 10000;
