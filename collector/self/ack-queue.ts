// Counts items as stored once the rows they wait for are: metric points wait for their samples, spans for the row by which search finds their trace.

interface Awaited {
  readonly untilRow: number;
  readonly items: number;
}

export class AckQueue {
  /** Oldest first; bounded by what the spool holds. */
  readonly #awaited: Awaited[] = [];
  readonly #onDone: (items: number, lossReason: string) => void;
  /** Items that wait. */
  awaited = 0;
  #appended = 0;
  #done = 0;

  /** @param onDone gets items whose rows are done; lossReason is '' when they are stored */
  constructor(onDone: (items: number, lossReason: string) => void) {
    this.#onDone = onDone;
  }

  /** Rows were appended to the table. */
  appended(rows: number): void {
    this.#appended += rows;
  }

  /** Items that wait for all rows appended until now. */
  await(items: number): void {
    if (items === 0) return;
    this.awaited += items;
    this.#awaited.push({ untilRow: this.#appended, items });
    this.#release('');
  }

  /** Rows left the table: stored, or given up for `lossReason`. */
  done(rows: number, lossReason = ''): void {
    this.#done += rows;
    this.#release(lossReason);
  }

  #release(lossReason: string): void {
    for (let first = this.#awaited[0]; first !== undefined && first.untilRow <= this.#done; first = this.#awaited[0]) {
      this.#awaited.shift();
      this.awaited -= first.items;
      this.#onDone(first.items, lossReason);
    }
  }
}
