// Timers that do not wait: what is to happen after a time happens in the next turn of the event loop.
import type { Timers } from '#collector/time/timers.ts';

export class ImpatientTimers implements Timers {
  /** Sum of what was waited for, ms. */
  waitedMs = 0;

  after(ms: number, run: () => void): () => void {
    this.waitedMs += ms;
    const pending = setImmediate(run);
    return () => clearImmediate(pending);
  }

  every(): () => void {
    return () => undefined;
  }

  soon(run: () => void): void {
    setImmediate(run);
  }
}
