-- Runs of similar siblings in a kept trace (same service, name and statement shape, as N+1 queries are); times in ns.
ALTER TABLE traces ADD COLUMN IF NOT EXISTS repeats SimpleAggregateFunction(groupUniqArrayArray,
    Array(Tuple(first_span_id String, service String, name String, spans UInt64, total_ns Int64, span_ns Int64)));
