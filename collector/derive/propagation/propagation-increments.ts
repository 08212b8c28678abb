// Where trace context went wrong in the traces of one shard, counted until the counts are handed on: derive/global/propagation-counters.ts adds them up.
import type { TraceView } from '../../model/trace.ts';
import { CounterTable } from '../counters/counter-table.ts';
import { PROPAGATION_CAUSES } from './causes.ts';

/** Pairs and causes between two flushes, and pairs of services: what is beyond counts under one pair, or not. */
const MAX_PROBLEMS = 8192;
const MAX_PAIRS = 32_768;
const ID_WORDS = 4;
/** Not a cause: calls from one service to another. */
const CALLS = PROPAGATION_CAUSES.length;
/** Service number of what found the table full. */
const OVERFLOW_PAIR = -2;
/** Examples: none, of a trace that is not kept (or not known to be), of a kept one. */
const NO_EXAMPLE = 0;
const DROPPED_EXAMPLE = 1;
const KEPT_EXAMPLE = 2;

/** Plain data; services by the numbers of the shard. */
export interface PropagationPart {
  /** Caller, callee, calls of each pair. */
  readonly calls: Float64Array;
  /** Service, spans of each service. */
  readonly spans: Float64Array;
  /** {@link PROBLEM_NUMBERS} of each problem. */
  readonly problems: Float64Array;
  /** Problems that found the table full. */
  readonly overflowed: number;
}
const PAIR_NUMBERS = 3;
const SPAN_NUMBERS = 2;
/** Caller, callee, cause, count, state of the example, its trace id. */
const PROBLEM_NUMBERS = 5 + ID_WORDS;

/** Who adds them up. */
export interface PropagationReader {
  addCalls(caller: number, callee: number, calls: number): void;
  countSpans(service: number, spans: number): void;
  /** Returns the row of the problem. */
  problem(cause: number, caller: number, callee: number, count: number): number;
  exampleOf(row: number, id0: number, id1: number, id2: number, id3: number, kept: boolean): void;
}

export class PropagationIncrements {
  readonly #problems = new CounterTable(1, MAX_PROBLEMS + PROPAGATION_CAUSES.length);
  readonly #pairs = new CounterTable(1, MAX_PAIRS);
  readonly #examples = new Uint32Array((MAX_PROBLEMS + PROPAGATION_CAUSES.length) * ID_WORDS);
  readonly #exampleState = new Uint8Array(MAX_PROBLEMS + PROPAGATION_CAUSES.length);
  #overflowed = 0;
  /** Spans per service. */
  #spans = new Float64Array(256);

  /** HOT: one call from one service to another, whatever became of it. */
  call(caller: number, callee: number): void {
    const row = this.#pairs.row(caller, callee, CALLS);
    if (row >= 0) this.#pairs.cells[row]!++;
  }

  /** HOT: spans of a service. */
  countSpans(service: number, spans: number): void {
    if (service >= this.#spans.length) {
      const wider = new Float64Array(service * 2);
      wider.set(this.#spans);
      this.#spans = wider;
    }
    this.#spans[service]! += spans;
  }

  /** Counts `count` problems and returns their row, for {@link exampleOf}. @param caller service slot or NO_SERVICE */
  problem(cause: number, caller: number, callee: number, count = 1): number {
    let row = this.#problems.find(caller, callee, cause);
    if (row < 0 && this.#problems.size < MAX_PROBLEMS) row = this.#problems.row(caller, callee, cause);
    if (row < 0) {
      this.#overflowed += count;
      row = this.#problems.row(OVERFLOW_PAIR, OVERFLOW_PAIR, cause);
    }
    this.#problems.cells[row]! += count;
    return row;
  }

  /** A trace that shows a problem; one that was kept is preferred, for it can be looked at. */
  exampleOf(row: number, id0: number, id1: number, id2: number, id3: number, kept: boolean): void {
    const state = kept ? KEPT_EXAMPLE : DROPPED_EXAMPLE;
    if (this.#exampleState[row]! >= state) return;
    this.#exampleState[row] = state;
    const at = row * ID_WORDS;
    this.#examples[at] = id0;
    this.#examples[at + 1] = id1;
    this.#examples[at + 2] = id2;
    this.#examples[at + 3] = id3;
  }

  /** As {@link exampleOf}, of the trace at its decision. */
  example(row: number, view: TraceView, kept: boolean): void {
    this.exampleOf(row, view.id0, view.id1, view.id2, view.id3, kept);
  }

  /** What was counted since the last call. */
  flush(): PropagationPart {
    const part = { calls: this.#flushCalls(), spans: this.#flushSpans(), problems: this.#flushProblems() };
    const overflowed = this.#overflowed;
    this.#overflowed = 0;
    return { ...part, overflowed };
  }

  #flushCalls(): Float64Array {
    const { size, keys, cells } = this.#pairs;
    const calls = new Float64Array(size * PAIR_NUMBERS);
    for (let row = 0; row < size; row++) {
      calls[row * PAIR_NUMBERS] = keys[row * 3]!;
      calls[row * PAIR_NUMBERS + 1] = keys[row * 3 + 1]!;
      calls[row * PAIR_NUMBERS + 2] = cells[row]!;
    }
    this.#pairs.clear();
    return calls;
  }

  #flushSpans(): Float64Array {
    const numbers: number[] = [];
    for (const [service, spans] of this.#spans.entries()) if (spans > 0) numbers.push(service, spans);
    this.#spans.fill(0);
    return Float64Array.from(numbers);
  }

  #flushProblems(): Float64Array {
    const { size, keys, cells } = this.#problems;
    const problems = new Float64Array(size * PROBLEM_NUMBERS);
    for (let row = 0; row < size; row++) {
      const at = row * PROBLEM_NUMBERS;
      problems.set(keys.subarray(row * 3, row * 3 + 3), at);
      problems[at + 3] = cells[row]!;
      problems[at + 4] = this.#exampleState[row]!;
      problems.set(this.#examples.subarray(row * ID_WORDS, (row + 1) * ID_WORDS), at + 5);
      this.#exampleState[row] = NO_EXAMPLE;
    }
    this.#problems.clear();
    return problems;
  }
}

/** Adds a part to the counts of all shards. @param serviceOf number of a service for all shards */
export function addPropagation(
  { calls, spans, problems }: PropagationPart,
  serviceOf: (service: number) => number,
  to: PropagationReader,
): void {
  for (let at = 0; at < calls.length; at += PAIR_NUMBERS)
    to.addCalls(serviceOf(calls[at]!), serviceOf(calls[at + 1]!), calls[at + 2]!);
  for (let at = 0; at < spans.length; at += SPAN_NUMBERS) to.countSpans(serviceOf(spans[at]!), spans[at + 1]!);
  for (let at = 0; at < problems.length; at += PROBLEM_NUMBERS) {
    const [caller, callee] = [serviceOf(problems[at]!), serviceOf(problems[at + 1]!)];
    const row = to.problem(problems[at + 2]!, caller, callee, problems[at + 3]!);
    const state = problems[at + 4]!;
    if (state === NO_EXAMPLE) continue;
    const [id0, id1, id2, id3] = problems.subarray(at + 5, at + PROBLEM_NUMBERS);
    to.exampleOf(row, id0!, id1!, id2!, id3!, state === KEPT_EXAMPLE);
  }
}
