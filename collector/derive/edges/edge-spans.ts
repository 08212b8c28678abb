// Spans of one trace as edges need them, wherever they are: rows of the span table, or of a request whose spans are dropped.
import type { SpanIds } from '#proto/model/ids.ts';
import { nanosOf } from '#proto/model/unix-nano.ts';
import type { ResourceTable } from '../../model/resource-table.ts';
import type { SpanMemory } from '../../model/trace.ts';
import { minuteOfTime } from './edge-kind.ts';

type Column = Readonly<Uint32Array> | Readonly<Int32Array>;

/** Columns that the span table and the index of a request share. */
export interface SpanRows {
  readonly resource: Column;
  readonly spanIdHi: Column;
  readonly spanIdLo: Column;
  readonly parentHi: Column;
  readonly parentLo: Column;
  readonly startHi: Column;
  readonly startLo: Column;
  readonly endHi: Column;
  readonly endLo: Column;
  readonly kind: Readonly<Uint8Array>;
  readonly status: Readonly<Uint8Array>;
  readonly marks: Readonly<Uint16Array>;
}

/** The spans of a request, of any traces. */
export interface RequestRows extends SpanRows {
  readonly id0: Column;
  readonly id1: Column;
  readonly id2: Column;
  readonly id3: Column;
  readonly offset: Column;
  readonly length: Column;
}

export class EdgeSpans {
  rows: SpanRows;
  /** Words of the trace id. */
  id0 = 0;
  id1 = 0;
  id2 = 0;
  id3 = 0;
  readonly #resources: ResourceTable;
  readonly #ids = { id0: 0, id1: 0, id2: 0, id3: 0, spanHi: 0, spanLo: 0 };

  constructor(memory: SpanMemory) {
    this.rows = memory.spans;
    this.#resources = memory.resources;
  }

  /** HOT: from now on these rows, of this trace. */
  of(rows: SpanRows, id0: number, id1: number, id2: number, id3: number): void {
    this.rows = rows;
    this.id0 = id0;
    this.id1 = id1;
    this.id2 = id2;
    this.id3 = id3;
  }

  /** HOT: ids of a span. The same object each time: it is true until the next call of this or of {@link parentIds}. */
  ids(row: number): SpanIds {
    return this.#named(this.rows.spanIdHi[row]!, this.rows.spanIdLo[row]!);
  }

  /** HOT: ids of its parent, likewise. */
  parentIds(row: number): SpanIds {
    return this.#named(this.rows.parentHi[row]!, this.rows.parentLo[row]!);
  }

  #named(hi: number, lo: number): SpanIds {
    const ids = this.#ids;
    ids.id0 = this.id0;
    ids.id1 = this.id1;
    ids.id2 = this.id2;
    ids.id3 = this.id3;
    ids.spanHi = hi;
    ids.spanLo = lo;
    return ids;
  }

  service(row: number): number {
    return this.#resources.service[this.rows.resource[row]!]!;
  }

  minute(row: number): number {
    return minuteOfTime(this.rows.startHi[row]!, this.rows.startLo[row]!);
  }

  durationNs(row: number): number {
    const { startHi, startLo, endHi, endLo } = this.rows;
    return nanosOf(endHi[row]! - startHi[row]!, endLo[row]! - startLo[row]!);
  }
}
