// limit_ratio: keeps a share of the series, always the same ones, chosen by the XXH64 of their labels, so that the same ones are kept as by Prometheus.
import xxhash from 'xxhash-wasm';
import type { Aggregate } from '../ast.ts';
import { formatGo } from '../format-number.ts';
import type { LabelSet } from '../labels.ts';
import { PromqlError } from '../promql-error.ts';
import type { EvalContext } from './context.ts';
import { isEmptySeries, type VectorSeries, type VectorValue } from './value.ts';

const hashes = await xxhash();
/** Longest text whose length Prometheus writes in one byte; longer ones take the byte 255 and three more. */
const ONE_BYTE_LENGTH = 254;

/** Prometheus' packed label sets: each name and value with its length before it. */
function packed(labels: LabelSet): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const text of [...labels.entries()].flat()) {
    const bytes = Buffer.from(text);
    const { length } = bytes;
    parts.push(
      length <= ONE_BYTE_LENGTH
        ? Uint8Array.of(length)
        : Uint8Array.of(255, length & 255, (length >> 8) & 255, (length >> 16) & 255),
      bytes,
    );
  }
  return Buffer.concat(parts);
}

/** Where a series stands between 0 and 1. */
function placeOf(labels: LabelSet): number {
  return Number(hashes.h64Raw(packed(labels))) / 2 ** 64;
}

/** Keeps series whose place is below the ratio, or, for a negative one, those that its complement leaves out. */
export function limitRatio(
  context: EvalContext,
  expr: Aggregate,
  parameters: Float64Array,
  input: VectorValue,
): VectorValue {
  const ratios = parameters.map((ratio) => {
    if (Number.isNaN(ratio)) throw new PromqlError('execution', 'Ratio value is NaN');
    return Math.min(1, Math.max(-1, ratio));
  });
  for (const ratio of extremes(parameters)) {
    if (Math.abs(ratio) <= 1) continue;
    context.scope.annotations.warn(
      expr.param ?? expr,
      `ratio value should be between -1 and 1, got ${formatGo(ratio)}, capping to ${formatGo(Math.sign(ratio))}`,
    );
  }
  const series = input.series.map((one): VectorSeries => {
    const place = placeOf(one.labels);
    const keeps = (ratio: number): boolean => (ratio >= 0 ? place < ratio : place >= 1 + ratio);
    context.scope.budget.spend(ratios.length);
    return { ...one, present: one.present.map((flag, step) => (flag !== 0 && keeps(ratios[step]!) ? flag : 0)) };
  });
  return { type: 'vector', series: series.filter((one) => !isEmptySeries(one)) };
}

function extremes(values: Float64Array): [number, number] {
  let least = Infinity;
  let most = -Infinity;
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return [least, most];
}
