// Files of the spool that could not be removed, and those that were set aside beyond their cap: looked after now and then.
import { textOf } from './insert-errors.ts';
import type { Sender } from './sender.ts';
import type { Spool } from './spool.ts';
import type { StoreWriterOptions } from './writer-options.ts';

const TIDY_EVERY_MS = 2_000;

export class SpoolTidying {
  readonly #spool: Spool;
  readonly #sender: Sender;
  readonly #log: StoreWriterOptions['log'];
  #tidiedMs = -Infinity;
  #tidying: Promise<void> | undefined;

  constructor(spool: Spool, sender: Sender, log: StoreWriterOptions['log']) {
    this.#spool = spool;
    this.#sender = sender;
    this.#log = log;
  }

  tick(nowMs: number): void {
    if (this.#tidying !== undefined || nowMs - this.#tidiedMs < TIDY_EVERY_MS) return;
    this.#tidiedMs = nowMs;
    this.#tidying = this.#spool.tidy().then((error) => {
      this.#tidying = undefined;
      if (error !== undefined) this.#sender.systemError = `cannot tidy the spool (${textOf(error)})`;
      for (const file of this.#spool.aside.drainRemoved()) {
        const what = `${file.name} was removed for good, with ${file.rows} rows of ${file.table}`;
        this.#log('warn', `${what}: blocks that ClickHouse refuses need more than spool.max_refused_bytes`);
      }
    });
  }
}
