// Counts the repairs that traces needed, by service and kind of warning: increments for the table, cumulative for the series, an example each.
import { OVERFLOW_TEXT } from '../../model/intern-table.ts';
import type { TraceView } from '../../model/trace.ts';
import type { TraceDag } from '../../reconstruct/dag.ts';
import {
  WARN_MISSING_PARENT,
  WARN_SEVERAL_ROOTS,
  WARNING_KINDS,
  warningName,
  type WarningKind,
} from '../../reconstruct/warnings.ts';
import { CounterTable } from '../counters/counter-table.ts';

/** Services and kinds ever: what is beyond counts under one service named for the overflow, which has rows of its own. */
const MAX_ROWS = 16_384;
const OVERFLOW_ROWS = WARNING_KINDS.length;
const ID_WORDS = 4;
/** Cells of a row: spans and traces ever, both as told to the table, and the number of the trace counted last. */
const SPANS = 0;
const TRACES = 1;
const TOLD_SPANS = 2;
const TOLD_TRACES = 3;
const LAST_TRACE = 4;
const STRIDE = 5;
const OVERFLOW = -1;

/** One row of the table `reconstruction`: increments since the last flush. */
export interface RepairRow {
  readonly service: string;
  readonly kind: WarningKind;
  readonly traces: number;
  /** Spans the repair was made at. */
  readonly spans: number;
  /** Trace id as words, and whether that trace was kept; all zeros when nothing is new. */
  readonly example: Uint32Array;
  readonly exampleKept: boolean;
}

/** Repairs ever, for the series. */
export interface RepairSeries {
  /** Number of the service and kind. */
  readonly row: number;
  readonly service: string;
  readonly kind: WarningKind;
  readonly spans: number;
}

export class RepairCounters {
  /** Repairs whose service and kind found the table full. */
  overflowed = 0;
  readonly #rows = new CounterTable(STRIDE, MAX_ROWS);
  readonly #overflow = new CounterTable(STRIDE, OVERFLOW_ROWS);
  readonly #examples = new Uint32Array((MAX_ROWS + OVERFLOW_ROWS) * ID_WORDS);
  /** Per row: 0 none, 1 of a trace not kept, 2 of a kept one. */
  readonly #exampleState = new Uint8Array(MAX_ROWS + OVERFLOW_ROWS);
  readonly #nameOf: (service: number) => string;
  #trace = 0;

  /** @param nameOf text of a service slot */
  constructor(nameOf: (service: number) => string) {
    this.#nameOf = nameOf;
  }

  /**
   * HOT: counts the warnings of one trace, kept or not. What comes late is a trace without its beginning: absent parents and several roots are
   * its nature and not counted.
   * @param dag the same trace, linked; arranged and corrected as well where it is kept, for the warnings that only then come about
   */
  observe(view: TraceView, dag: TraceDag, kept: boolean): void {
    const { noted, kind, node } = dag.warnings;
    if (noted === 0) return;
    this.#trace++;
    const isLate = view.trigger === 'late';
    const { spans, resources } = view.memory;
    for (let i = 0; i < noted; i++) {
      const k = kind[i]!;
      if (isLate && (k === WARN_MISSING_PARENT || k === WARN_SEVERAL_ROOTS)) continue;
      const row = dag.rows[node[i]!]!;
      this.#count(resources.service[spans.resource[row < 0 ? view.rootRow : row]!]!, k, view, kept);
    }
  }

  /** Increments since the last call; examples begin anew. */
  flush(): RepairRow[] {
    const rows: RepairRow[] = [];
    for (const table of [this.#rows, this.#overflow]) {
      const { keys, cells } = table;
      for (let row = 0; row < table.size; row++) {
        const at = row * STRIDE;
        const spans = cells[at + SPANS]! - cells[at + TOLD_SPANS]!;
        if (spans === 0) continue;
        const traces = cells[at + TRACES]! - cells[at + TOLD_TRACES]!;
        cells[at + TOLD_SPANS] = cells[at + SPANS]!;
        cells[at + TOLD_TRACES] = cells[at + TRACES]!;
        const slot = this.#slot(table, row);
        const example = this.#examples.slice(slot * ID_WORDS, (slot + 1) * ID_WORDS);
        rows.push({
          service: this.#text(keys[row * 3]!),
          kind: warningName(keys[row * 3 + 1]!),
          traces,
          spans,
          example,
          exampleKept: this.#exampleState[slot] === 2,
        });
        this.#exampleState[slot] = 0;
      }
    }
    return rows;
  }

  /** Counters since the start, for the series. */
  *series(): Generator<RepairSeries> {
    for (const table of [this.#rows, this.#overflow]) {
      const { size, keys, cells } = table;
      for (let row = 0; row < size; row++) {
        yield {
          row: this.#slot(table, row),
          service: this.#text(keys[row * 3]!),
          kind: warningName(keys[row * 3 + 1]!),
          spans: cells[row * STRIDE + SPANS]!,
        };
      }
    }
  }

  /** HOT: per repair. */
  #count(service: number, kind: number, view: TraceView, kept: boolean): void {
    let table = this.#rows;
    let row = table.row(service, kind, 0);
    if (row < 0) {
      this.overflowed++;
      table = this.#overflow;
      row = table.row(OVERFLOW, kind, 0);
    }
    const { cells } = table;
    const at = row * STRIDE;
    cells[at + SPANS]!++;
    if (cells[at + LAST_TRACE] === this.#trace) return;
    cells[at + LAST_TRACE] = this.#trace;
    cells[at + TRACES]!++;
    const slot = this.#slot(table, row);
    if (this.#exampleState[slot]! >= (kept ? 2 : 1)) return;
    this.#exampleState[slot] = kept ? 2 : 1;
    const words = slot * ID_WORDS;
    this.#examples[words] = view.id0;
    this.#examples[words + 1] = view.id1;
    this.#examples[words + 2] = view.id2;
    this.#examples[words + 3] = view.id3;
  }

  #slot(table: CounterTable, row: number): number {
    return table === this.#rows ? row : MAX_ROWS + row;
  }

  #text(service: number): string {
    return service === OVERFLOW ? OVERFLOW_TEXT : this.#nameOf(service);
  }
}
