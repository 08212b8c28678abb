// Conditions on the rebuilt trace: depth of its tree, part of a service in its critical path. The trace is put together only when a
// rule gets as far as asking, once for all of them.
import { configError } from '#proto/config/config-error.ts';
import type { TraceCondition } from '../condition.ts';
import { compileNumberTest, COUNT, SHARE, type NumberTest } from '../../values/number-test.ts';
import type { TraceCursor } from '../../trace-cursor.ts';
import { isMap } from '../written-map.ts';

/** After conditions that only look at what is there. */
export const REBUILD_COST = 10;

export const depthCondition: TraceCondition = {
  key: 'depth',
  description: 'Depth of the tree: spans on the longest way down from a root, the root included.',
  example: "depth: '> 20'",
  cost: REBUILD_COST,
  compile(written, path, { errors }) {
    const test = compileNumberTest(written, COUNT, path, errors);
    return test === undefined ? undefined : (cursor) => test(cursor.rebuilt().summary.depth);
  },
};

/** Part of the critical path of the primary root's tree that is spent in the service, within [0, 1]. */
function shareOf(cursor: TraceCursor, service: string): number {
  const { summary } = cursor.rebuilt();
  const { services } = cursor.view.memory;
  let its = 0;
  let whole = 0;
  for (let i = 0; i < summary.services.size; i++) {
    const ns = summary.serviceCriticalNs[i]!;
    whole += ns;
    if (ns > 0 && services.text(summary.services.slots[i]!) === service) its += ns;
  }
  return whole === 0 ? 0 : its / whole;
}

export const criticalPathCondition: TraceCondition = {
  key: 'critical_path',
  description:
    'Part of the critical path that is spent in each of the services named; all must hold. A service that is not on it has 0%.',
  example: "critical_path: { payment: '> 50%' }",
  cost: REBUILD_COST,
  compile(written, path, { errors }) {
    if (!isMap(written) || Object.keys(written).length === 0) {
      errors.push(configError(path, written, 'is no map of services', "write critical_path: { payment: '> 50%' }"));
      return undefined;
    }
    const tests: { service: string; test: NumberTest }[] = [];
    for (const [service, comparison] of Object.entries(written)) {
      const test = compileNumberTest(comparison, SHARE, `${path}.${service}`, errors);
      if (test === undefined) return undefined;
      tests.push({ service, test });
    }
    return (cursor) => tests.every(({ service, test }) => test(shareOf(cursor, service)));
  },
};
