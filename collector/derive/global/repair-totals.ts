// Repairs of traces over all shards, ever: for the series. Their increments are rows of the table as they come.
import { OVERFLOW_TEXT } from '../../model/intern-table.ts';
import type { RepairRow, RepairSeries } from '../repairs/repair-counters.ts';

/** Services and kinds ever: repairs of further services count under one name. */
const MAX_ROWS = 16_384;

export class RepairTotals {
  readonly #rows = new Map<string, { -readonly [Key in keyof RepairSeries]: RepairSeries[Key] }>();

  add({ service, kind, spans }: RepairRow): void {
    const key = `${service}\0${kind}`;
    const known = this.#rows.get(key);
    if (known !== undefined) {
      known.spans += spans;
      return;
    }
    if (this.#rows.size >= MAX_ROWS && service !== OVERFLOW_TEXT) {
      this.add({ service: OVERFLOW_TEXT, kind, traces: 0, spans, example: new Uint32Array(4), exampleKept: false });
      return;
    }
    this.#rows.set(key, { row: this.#rows.size, service, kind, spans });
  }

  series(): Iterable<RepairSeries> {
    return this.#rows.values();
  }
}
