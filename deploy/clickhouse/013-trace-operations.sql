-- What each operation of a kept trace did to its duration; weighted by `weight`, sums over traces stand for all traffic.
-- path_ns: on the critical path; self_ns: without children; drag_ns: by how much its spans may shrink before others are waited for;
-- slack_ns: by how much they may grow before the trace takes longer (0 on the path, -1 when nothing waits for them).
ALTER TABLE traces ADD COLUMN IF NOT EXISTS operations SimpleAggregateFunction(groupUniqArrayArray,
    Array(Tuple(service String, name String, spans UInt64, path_ns Int64, self_ns Int64, drag_ns Int64, slack_ns Int64)));
