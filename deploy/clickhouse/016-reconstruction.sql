-- What traces had to be repaired for, from 100 % of traces, kept or not: rows are increments of one flush; sum them.
-- kind: the warning kinds (missing_parent, duplicate_span, …). spans: where the repair was made. A trace counts once per flush row of its service and kind.
-- example: some trace, kept_example: one that is stored, zeros for none.
CREATE TABLE IF NOT EXISTS reconstruction (
    minute DateTime,
    service LowCardinality(String),
    kind LowCardinality(String),
    stored_at SimpleAggregateFunction(max, DateTime),
    traces SimpleAggregateFunction(sum, UInt64),
    spans SimpleAggregateFunction(sum, UInt64),
    example SimpleAggregateFunction(max, FixedString(16)),
    kept_example SimpleAggregateFunction(max, FixedString(16))
) ENGINE = AggregatingMergeTree
ORDER BY (minute, service, kind)
TTL stored_at + INTERVAL 30 DAY
SETTINGS non_replicated_deduplication_window = 10000;
