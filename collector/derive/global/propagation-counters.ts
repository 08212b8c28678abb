// Counts where trace context goes wrong, by cause and pair of services: increments for the table, cumulative for the series, an example each.
import { OVERFLOW_TEXT } from '../../model/intern-table.ts';
import { CounterTable } from '../counters/counter-table.ts';
import { LOST, LOST_ON_RETRY, NO_SERVICE, PROPAGATION_CAUSES, type PropagationCause } from '../propagation/causes.ts';

/** Not a cause: calls from one service to another that went well or not. */
const CALLS = 6;

/** Pairs and causes ever, and pairs of services ever: what is beyond counts under one pair with overflow for names. */
const MAX_PROBLEMS = 8192;
const MAX_PAIRS = 32_768;
const ID_WORDS = 4;
/** Cells of a problem: ever, and as the table has it; of a pair's calls: as the table has them. */
const TOTAL = 0;
const FLUSHED = 1;
const FLUSHED_OF = 2;
const STRIDE = 3;
const OVERFLOW = -2;

/** One row of proto/tables/propagation.ts: increments since the last flush. */
export interface PropagationRow {
  readonly cause: PropagationCause;
  readonly caller: string;
  readonly callee: string;
  readonly count: number;
  /** What `count` is a part of: calls of the pair, or spans of the callee where there is no caller. */
  readonly of: number;
  /** Trace id as words, and whether that trace was kept; all zeros when there is none. */
  readonly example: Uint32Array;
  readonly exampleKept: boolean;
}

export class PropagationCounters {
  /** Problems whose pair found the table full. */
  overflowed = 0;
  /** With a row for what overflows, of each cause. */
  readonly #problems = new CounterTable(STRIDE, MAX_PROBLEMS + PROPAGATION_CAUSES.length);
  readonly #pairs = new CounterTable(1, MAX_PAIRS);
  readonly #examples = new Uint32Array((MAX_PROBLEMS + PROPAGATION_CAUSES.length) * ID_WORDS);
  /** Per problem: 0 none, 1 of a trace not kept (or not known to be), 2 of a kept one. */
  readonly #exampleState = new Uint8Array(MAX_PROBLEMS + PROPAGATION_CAUSES.length);
  readonly #nameOf: (service: number) => string;
  /** Spans per service. */
  #spans = new Float64Array(256);

  /** @param nameOf text of a service slot */
  constructor(nameOf: (service: number) => string) {
    this.#nameOf = nameOf;
  }

  /** Calls from one service to another, whatever became of them. */
  addCalls(caller: number, callee: number, calls: number): void {
    const row = this.#pairs.row(caller, callee, CALLS);
    if (row >= 0) this.#pairs.cells[row]! += calls;
  }

  /** Spans of a service. */
  countSpans(service: number, spans: number): void {
    if (service >= this.#spans.length) {
      const wider = new Float64Array(service * 2);
      wider.set(this.#spans);
      this.#spans = wider;
    }
    this.#spans[service]! += spans;
  }

  /** Counts `count` problems and returns their row, for {@link exampleOf}. @param caller service slot or {@link NO_SERVICE} */
  problem(cause: number, caller: number, callee: number, count = 1): number {
    let row = this.#problems.find(caller, callee, cause);
    if (row < 0 && this.#problems.size < MAX_PROBLEMS) row = this.#problems.row(caller, callee, cause);
    if (row < 0) {
      this.overflowed += count;
      row = this.#problems.row(OVERFLOW, OVERFLOW, cause);
    }
    this.#problems.cells[row * STRIDE + TOTAL]! += count;
    return row;
  }

  /** A trace that shows a problem; one that was kept is preferred, for it can be looked at. */
  exampleOf(row: number, id0: number, id1: number, id2: number, id3: number, kept: boolean): void {
    if (this.#exampleState[row]! >= (kept ? 2 : 1)) return;
    this.#exampleState[row] = kept ? 2 : 1;
    const at = row * ID_WORDS;
    this.#examples[at] = id0;
    this.#examples[at + 1] = id1;
    this.#examples[at + 2] = id2;
    this.#examples[at + 3] = id3;
  }

  /** Increments since the last call; examples begin anew. Pairs that ever had a problem report their calls also while all is well. */
  flush(): PropagationRow[] {
    const rows: PropagationRow[] = [];
    const { keys, cells } = this.#problems;
    for (let row = 0; row < this.#problems.size; row++) {
      const [caller, callee, cause] = [keys[row * 3]!, keys[row * 3 + 1]!, keys[row * 3 + 2]!];
      const at = row * STRIDE;
      const whole = this.#whole(caller, callee, cause, cells[at + TOTAL]!);
      const count = cells[at + TOTAL]! - cells[at + FLUSHED]!;
      const of = whole - cells[at + FLUSHED_OF]!;
      if (count === 0 && of === 0) continue;
      cells[at + FLUSHED] = cells[at + TOTAL]!;
      cells[at + FLUSHED_OF] = whole;
      rows.push({
        cause: PROPAGATION_CAUSES[cause] ?? 'lost',
        caller: this.#text(caller),
        callee: this.#text(callee),
        count,
        of,
        example: this.#examples.slice(row * ID_WORDS, (row + 1) * ID_WORDS),
        exampleKept: this.#exampleState[row] === 2,
      });
      this.#exampleState[row] = 0;
      this.#examples.fill(0, row * ID_WORDS, (row + 1) * ID_WORDS);
    }
    return rows;
  }

  /** Counters since the start, for the series. A row keeps its number. */
  *series(): Generator<{ row: number; cause: PropagationCause; caller: string; callee: string; count: number }> {
    const { keys, cells } = this.#problems;
    for (let row = 0; row < this.#problems.size; row++) {
      yield {
        row,
        cause: PROPAGATION_CAUSES[keys[row * 3 + 2]!] ?? 'lost',
        caller: this.#text(keys[row * 3]!),
        callee: this.#text(keys[row * 3 + 1]!),
        count: cells[row * STRIDE + TOTAL]!,
      };
    }
  }

  /** What a problem is a part of, ever. Calls that were never answered are no edge: they come on top. */
  #whole(caller: number, callee: number, cause: number, total: number): number {
    if (caller === OVERFLOW) return total;
    if (caller === NO_SERVICE || caller === callee) return this.#spans[callee] ?? 0;
    const pair = this.#pairs.row(caller, callee, CALLS);
    const calls = pair < 0 ? 0 : this.#pairs.cells[pair]!;
    return cause === LOST || cause === LOST_ON_RETRY ? calls + total : Math.max(calls, total);
  }

  #text(service: number): string {
    if (service === NO_SERVICE) return '';
    return service === OVERFLOW ? OVERFLOW_TEXT : this.#nameOf(service);
  }
}
