// The set operators: they look at labels only and keep values, histograms included, and names.
import type { SetOp, VectorMatching } from '../ast.ts';
import type { EvalContext } from './context.ts';
import { bySignature, ONE_TO_ONE, signatureOf } from './match-groups.ts';
import { mergedByStep } from './same-labels.ts';
import { isEmptySeries, type VectorSeries, type VectorValue } from './value.ts';

function presence(series: readonly VectorSeries[], steps: number): Uint8Array {
  const any = new Uint8Array(steps);
  for (const one of series) for (let step = 0; step < steps; step++) if (one.present[step] !== 0) any[step] = 1;
  return any;
}

/** `and`, `or`, `unless`: they look at labels only and keep values and names. */
export function evaluateSetOperator(
  context: EvalContext,
  op: SetOp,
  written: VectorMatching | undefined,
  left: VectorValue,
  right: VectorValue,
): VectorValue {
  const signature = signatureOf(written ?? ONE_TO_ONE);
  const { steps } = context.grid;
  const none = new Uint8Array(steps);
  const [kept, other] = op === 'or' ? [right.series, left.series] : [left.series, right.series];
  const others = new Map([...bySignature(other, signature)].map(([key, group]) => [key, presence(group, steps)]));
  const wanted = op === 'and' ? 1 : 0;
  const filtered = kept
    .map((one): VectorSeries => {
      const seen = others.get(signature(one.labels)) ?? none;
      context.scope.budget.spend(steps);
      return { ...one, present: one.present.map((flag, step) => (flag !== 0 && seen[step] === wanted ? flag : 0)) };
    })
    .filter((one) => !isEmptySeries(one));
  const series = op === 'or' ? [...left.series, ...filtered] : filtered;
  return { type: 'vector', series: mergedByStep(context, series) };
}
