// Condition: the path of the trace is one that few others have. Like adaptive rates it depends on the traffic before, never on the trace's own randomness.
import { configError } from '#proto/config/config-error.ts';
import type { TraceCondition } from '../condition.ts';
import { SHARE } from '../../values/number-test.ts';
import { PathShares } from '../../paths/path-shares.ts';
import { isMap } from '../written-map.ts';
import { REBUILD_COST } from './shape.ts';

const REMEDY = 'write path: { rarer_than: 0.1% }, above 0% and up to 100%';

export const pathCondition: TraceCondition = {
  key: 'path',
  description:
    'The way the trace took (the set of service and name of its spans, each with those of its parent) is taken by less than that share of traces, itself included. Compared are the traces of the last 10 to 20 minutes that no rule above took and that meet the other conditions beside it; names with ids in them make every path rare.',
  example: 'path: { rarer_than: 0.1% }',
  // After all others: what it compares are the traces that meet them.
  cost: REBUILD_COST + 1,
  compile(written, path, { errors, paths }) {
    const given = isMap(written) && Object.keys(written).length === 1 ? written['rarer_than'] : undefined;
    const share = typeof given === 'string' ? SHARE.parse(given.trim()) : undefined;
    if (share === undefined || share === 0) {
      errors.push(configError(path, written, 'is no share of paths', REMEDY));
      return undefined;
    }
    const shares = new PathShares();
    paths.push(shares);
    return (cursor) => {
      const { hi, lo } = cursor.path();
      return shares.count(hi, lo, cursor.view.firstSeenMs) < share;
    };
  },
};
