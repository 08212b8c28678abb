// Condition: how many children one span has, for loops of calls and large fan-outs.
import type { TraceDag } from '#collector/reconstruct/dag.ts';
import type { TraceCondition } from '../condition.ts';
import { compileNumberTest, COUNT } from '../../values/number-test.ts';
import { REBUILD_COST } from './shape.ts';

export const childrenCondition: TraceCondition = {
  key: 'children',
  description: 'Children of the span that has most of them; a span that is missing counts with those that name it.',
  example: "children: '> 100'",
  cost: REBUILD_COST,
  compile(written, path, { errors }) {
    const test = compileNumberTest(written, COUNT, path, errors);
    return test === undefined ? undefined : (cursor) => test(mostChildren(cursor.rebuilt().dag));
  },
};

function mostChildren({ childFrom, nodeCount }: TraceDag): number {
  let most = 0;
  for (let node = 0; node < nodeCount; node++) most = Math.max(most, childFrom[node + 1]! - childFrom[node]!);
  return most;
}
