-- Where trace context goes wrong, from 100 % of traces, kept or not: rows are increments of one flush; sum them.
-- cause: lost, lost_on_retry, leaked, queue_parent, sampling_differs, no_host. `of` is what `problems` are a part of: calls of the pair,
-- or spans of the callee where there is no pair. example: some trace, zeros for none; kept_example: one that is stored.
CREATE TABLE IF NOT EXISTS propagation (
    minute DateTime,
    cause LowCardinality(String),
    caller LowCardinality(String),
    callee LowCardinality(String),
    stored_at SimpleAggregateFunction(max, DateTime),
    problems SimpleAggregateFunction(sum, UInt64),
    of SimpleAggregateFunction(sum, UInt64),
    example SimpleAggregateFunction(max, FixedString(16)),
    kept_example SimpleAggregateFunction(max, FixedString(16))
) ENGINE = AggregatingMergeTree
ORDER BY (minute, cause, caller, callee)
TTL stored_at + INTERVAL 30 DAY
SETTINGS non_replicated_deduplication_window = 10000;
