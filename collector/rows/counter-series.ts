// Counters of one series each, by row of their table: written when they grow, again while they live, ended when they have not grown for long.
// The table goes on counting; a series that has ended begins anew at 0.
import { isReemitDue } from '#collector/derive/reemit.ts';
import { SeriesBook, type Labels, type SeriesMeta, type SeriesSink } from './series-writer.ts';

const FIRST_ROWS = 64;

export class CounterSeries {
  readonly #book: SeriesBook;
  readonly #expireMs: number;
  /** Per row: its count when the series began and when it was written last; when that was; when it last grew. As bounded as the table. */
  #base = new Float64Array(FIRST_ROWS);
  #written = new Float64Array(FIRST_ROWS);
  #writtenMs = new Float64Array(FIRST_ROWS);
  #activeMs = new Float64Array(FIRST_ROWS);
  #startMs = new Float64Array(FIRST_ROWS);
  readonly #values = new Float64Array(1);

  /** @param expireMs a series that has not grown for so long ends */
  constructor(meta: SeriesMeta, expireMs: number) {
    this.#book = new SeriesBook([{ meta, le: '' }]);
    this.#expireMs = expireMs;
  }

  /** Series alive. */
  get open(): number {
    return this.#book.open;
  }

  /**
   * Writes what is due of a row. Labels with an empty value are left out.
   * @param count of the row since the start, which only grows
   * @param sinceMs when the row was last looked at: what is new has come after it
   */
  update(row: number, count: number, labels: Labels, nowMs: number, sinceMs: number, sink: SeriesSink): void {
    if (row >= this.#base.length) this.#grow(row);
    const isOpen = this.#book.isOpen(row);
    if (count > this.#written[row]!) this.#activeMs[row] = nowMs;
    else if (!isOpen) return;
    else if (nowMs - this.#activeMs[row]! >= this.#expireMs) {
      this.#book.end(row, nowMs, this.#startMs[row]!, sink);
      this.#base[row] = count;
      return;
    } else if (!isReemitDue(nowMs, this.#activeMs[row]!, this.#writtenMs[row]!)) return;
    if (!isOpen) this.#startMs[row] = sinceMs;
    this.#values[0] = count - this.#base[row]!;
    this.#written[row] = count;
    this.#writtenMs[row] = nowMs;
    this.#book.write(
      row,
      () => labels.filter(([, value]) => value !== ''),
      this.#values,
      nowMs,
      this.#startMs[row]!,
      sink,
    );
  }

  #grow(row: number): void {
    const rows = Math.max(row + 1, this.#base.length * 2);
    const longer = (column: Float64Array): Float64Array<ArrayBuffer> => {
      const copy = new Float64Array(rows);
      copy.set(column);
      return copy;
    };
    this.#base = longer(this.#base);
    this.#written = longer(this.#written);
    this.#writtenMs = longer(this.#writtenMs);
    this.#activeMs = longer(this.#activeMs);
    this.#startMs = longer(this.#startMs);
  }
}
