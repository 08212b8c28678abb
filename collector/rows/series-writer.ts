// Writes the collector's own counters (RED, service graph) as Prometheus-model series: labels once, then samples by id. Of a series only its
// id and two times stay in memory; names of labels and values are asked of the caller when the series is written again.
import { createHash } from 'node:crypto';
import type { SamplesTable, SeriesTable } from '#collector/store/tables/metrics-tables.ts';

/** A series row is written again this often, so that its last_seen stays true and retention spares it. */
const RENEW_MS = 3_600_000;
const FIRST_SLOTS = 64;

export type Labels = readonly (readonly [name: string, value: string])[];

export interface SeriesMeta {
  readonly name: string;
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly unit: string;
  readonly help: string;
}

/** One of the series that are written together. */
export interface SeriesMember {
  readonly meta: SeriesMeta;
  /** Upper bound of a bucket as its label says it; '' = no bucket. */
  readonly le: string;
}

export interface SeriesSink {
  readonly series: SeriesTable;
  readonly samples: SamplesTable;
}

/**
 * The series of one classic histogram, in the order of their values: a bucket per bound (`le` in the unit of the name) and +Inf, count, sum.
 * @param bounds finite upper bounds, ascending
 */
export function histogramMembers(meta: SeriesMeta, bounds: readonly number[]): SeriesMember[] {
  const bucket = { ...meta, name: `${meta.name}_bucket` };
  return [
    ...[...bounds.map(String), '+Inf'].map((le) => ({ meta: bucket, le })),
    { meta: { ...meta, name: `${meta.name}_count` }, le: '' },
    { meta: { ...meta, name: `${meta.name}_sum` }, le: '' },
  ];
}

/**
 * Series of many rows of one kind. A row has one series per member, all with the labels of the row and written together. Rows are numbered by
 * the caller and may be used again after {@link end}.
 */
export class SeriesBook {
  /** Series per row. */
  readonly width: number;
  /** Rows whose series are alive. */
  open = 0;
  readonly #members: readonly SeriesMember[];
  readonly #isCounter: boolean;
  /** Ids as big-endian words: `width` per row. */
  #idHi: Uint32Array;
  #idLo: Uint32Array;
  /** When the series began, and when their rows (labels) were written last; 0 = not alive. */
  #firstMs = new Float64Array(FIRST_SLOTS);
  #rowsMs = new Float64Array(FIRST_SLOTS);

  constructor(members: readonly SeriesMember[]) {
    this.width = members.length;
    this.#members = members;
    this.#isCounter = members[0]?.meta.kind !== 'gauge';
    this.#idHi = new Uint32Array(FIRST_SLOTS * members.length);
    this.#idLo = new Uint32Array(FIRST_SLOTS * members.length);
  }

  isOpen(row: number): boolean {
    return row < this.#rowsMs.length && this.#rowsMs[row]! > 0;
  }

  /**
   * Appends a sample of each series of the row, before it the labels where they are due. Counters that are new begin with a sample of 0, so
   * that what they count until they are first written is an increase, also when the same series had ended or was lost in a crash at a lower count.
   * @param values one per member
   * @param startMs when a counter was 0, 0 for gauges
   */
  write(
    row: number,
    labels: () => Labels,
    values: ArrayLike<number>,
    nowMs: number,
    startMs: number,
    { series, samples }: SeriesSink,
  ): void {
    const isNew = !this.isOpen(row);
    if (isNew || nowMs - this.#rowsMs[row]! >= RENEW_MS)
      this.#writeLabels(row, labels(), nowMs, isNew ? startMs : undefined, series);
    const from = row * this.width;
    if (isNew && this.#isCounter) {
      const zeroMs = Math.min(startMs, nowMs - 1);
      for (let i = 0; i < this.width; i++)
        samples.append(this.#idHi[from + i]!, this.#idLo[from + i]!, zeroMs, 0, startMs);
    }
    for (let i = 0; i < this.width; i++)
      samples.append(this.#idHi[from + i]!, this.#idLo[from + i]!, nowMs, values[i] ?? 0, startMs);
  }

  /**
   * The series of the row end: PromQL does not find them from now on. The row may be used again. The marker stands just before `nowMs`, where the
   * series may begin anew.
   */
  end(row: number, nowMs: number, startMs: number, { samples }: SeriesSink): void {
    if (!this.isOpen(row)) return;
    const from = row * this.width;
    for (let i = from; i < from + this.width; i++)
      samples.appendStale(this.#idHi[i]!, this.#idLo[i]!, nowMs - 1, startMs);
    this.#rowsMs[row] = 0;
    this.open--;
  }

  /** @param beginsMs of a new series: its ids are worked out, too */
  #writeLabels(row: number, labels: Labels, nowMs: number, beginsMs: number | undefined, series: SeriesTable): void {
    if (row >= this.#rowsMs.length) this.#grow(row);
    if (beginsMs !== undefined) {
      this.#firstMs[row] = this.#isCounter ? Math.min(beginsMs, nowMs) : nowMs;
      this.open++;
    }
    this.#rowsMs[row] = nowMs;
    const plain = labels.toSorted(byName);
    for (const [
      i,
      {
        meta: { name, kind, unit, help },
        le,
      },
    ] of this.#members.entries()) {
      const sorted = le === '' ? plain : [...labels, ['le', le] as const].toSorted(byName);
      const at = row * this.width + i;
      if (beginsMs !== undefined) {
        const hash = createHash('sha256')
          .update([name, ...sorted.flat()].join('\0'))
          .digest();
        this.#idHi[at] = hash.readUInt32BE(0);
        this.#idLo[at] = hash.readUInt32BE(4);
      }
      series.append({
        name,
        idHi: this.#idHi[at]!,
        idLo: this.#idLo[at]!,
        labels: new Map(sorted),
        kind,
        unit,
        help,
        firstSeenMs: this.#firstMs[row]!,
        lastSeenMs: nowMs,
      });
    }
  }

  #grow(row: number): void {
    const rows = Math.max(row + 1, this.#rowsMs.length * 2);
    this.#idHi = longer(this.#idHi, new Uint32Array(rows * this.width));
    this.#idLo = longer(this.#idLo, new Uint32Array(rows * this.width));
    this.#firstMs = longer(this.#firstMs, new Float64Array(rows));
    this.#rowsMs = longer(this.#rowsMs, new Float64Array(rows));
  }
}

function byName([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function longer<A extends Uint32Array | Float64Array>(column: A, copy: A): A {
  copy.set(column);
  return copy;
}
