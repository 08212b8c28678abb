// The lock of a data directory as the kernel keeps it: one process at a time, given back when that process ends, however it ends.
import type { SimProcess } from './sim-process.ts';

/** How often a process that waits tries again (collector/data-directory). */
const TRY_EVERY_MS = 50;

export interface Owner {
  /** Grows with every owner. */
  readonly epoch: number;
  readonly installId: string;
}

export class SimLock {
  /** Anybody gets it at any time: the broken build without a lock. */
  readonly #isBroken: boolean;
  #holder: SimProcess | undefined;
  #epoch = 0;

  constructor(isBroken: boolean) {
    this.#isBroken = isBroken;
  }

  /** Resolves when the lock is the process's. */
  async take(process: SimProcess): Promise<Owner> {
    while (!this.#isBroken && this.#holder !== undefined && !this.#holder.isDead) {
      await new Promise<void>((resolve) => {
        process.timers.after(TRY_EVERY_MS, resolve);
      });
    }
    this.#holder = process;
    return { epoch: ++this.#epoch, installId: 'simulated' };
  }
}
