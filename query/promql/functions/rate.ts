// Functions of change: rate, increase, delta with extrapolation to the window's edges; irate, idelta, resets, changes.
import { unwrap } from '../ast.ts';
import { rangeFunction, type PromqlFunction, type Kernel, type Window } from './function.ts';
import { takes } from './signature.ts';
import type { RangeFunctionOptions } from './function.ts';

/** A gap of more than this many average intervals at an edge is no longer extrapolated over. */
const EXTRAPOLATION_THRESHOLD = 1.1;

/** last − first, plus what was lost at every counter reset, scaled to the whole window. */
function extrapolated(window: Window, counter: boolean, perSecond: boolean): number | undefined {
  const { timesMs, values, from, to } = window;
  const count = to - from;
  if (count < 2) return undefined;
  const first = values[from]!;
  let result = values[to - 1]! - first;
  if (counter) {
    let previous = first;
    for (let at = from + 1; at < to; at++) {
      const value = values[at]!;
      if (value < previous) result += previous;
      previous = value;
    }
  }
  let toStart = (timesMs[from]! - window.startMs) / 1000;
  let toEnd = (window.endMs - timesMs[to - 1]!) / 1000;
  const sampled = (timesMs[to - 1]! - timesMs[from]!) / 1000;
  const average = sampled / (count - 1);
  const threshold = average * EXTRAPOLATION_THRESHOLD;
  if (toStart >= threshold) toStart = average / 2;
  if (counter) {
    let toZero = toStart;
    if (result > 0 && first >= 0) toZero = sampled * (first / result);
    if (toZero < toStart) toStart = toZero;
  }
  if (toEnd >= threshold) toEnd = average / 2;
  let factor = sampled === 0 ? 1 : (sampled + toStart + toEnd) / sampled;
  if (perSecond) factor /= window.rangeMs / 1000;
  return result * factor;
}

function instantChange(window: Window, rate: boolean): number | undefined {
  const { timesMs, values, to } = window;
  if (to - window.from < 2) return undefined;
  const last = values[to - 1]!;
  const before = values[to - 2]!;
  const change = rate && last < before ? last : last - before;
  if (!rate) return change;
  const elapsed = (timesMs[to - 1]! - timesMs[to - 2]!) / 1000;
  return elapsed === 0 ? undefined : change / elapsed;
}

function countPairs(differs: (before: number, value: number) => boolean): Kernel {
  return ({ values, from, to }) => {
    let count = 0;
    for (let at = from + 1; at < to; at++) if (differs(values[at - 1]!, values[at]!)) count++;
    return count;
  };
}

const COUNTER_NAME = /_(?:total|sum|count|bucket)$/;

/** Tells who takes the rate of something that does not look like a counter. */
const hintAtCounters: RangeFunctionOptions = {
  inspect: (context, call, names) => {
    const arg = call.args[0];
    const where = arg === undefined || unwrap(arg).kind === 'subquery' ? call : arg;
    for (const name of names) {
      if (name !== '' && !COUNTER_NAME.test(name)) {
        context.scope.annotations.info(
          where,
          `metric might not be a counter, name does not end in _total/_sum/_count/_bucket: ${JSON.stringify(name)}`,
        );
      }
    }
  },
};

export const rateFunctions: readonly PromqlFunction[] = [
  ['rate', takes('matrix'), rangeFunction((window) => extrapolated(window, true, true), hintAtCounters)],
  ['increase', takes('matrix'), rangeFunction((window) => extrapolated(window, true, false), hintAtCounters)],
  ['delta', takes('matrix'), rangeFunction((window) => extrapolated(window, false, false))],
  ['irate', takes('matrix'), rangeFunction((window) => instantChange(window, true))],
  ['idelta', takes('matrix'), rangeFunction((window) => instantChange(window, false))],
  ['resets', takes('matrix'), rangeFunction(countPairs((before, value) => value < before))],
  [
    'changes',
    takes('matrix'),
    rangeFunction(countPairs((before, value) => value !== before && !(Number.isNaN(value) && Number.isNaN(before)))),
  ],
];
