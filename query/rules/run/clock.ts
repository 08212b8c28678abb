// Time as the runtime of rules needs it: a parameter, so that a simulated hour runs in seconds.
import { setTimeout as timer } from 'node:timers';

export interface Clock {
  /** Unix ms. */
  readonly nowMs: () => number;
  /** Calls back once after so many ms. @returns cancels it */
  readonly after: (ms: number, run: () => void) => () => void;
}

/** The clock of the machine. Timers do not keep the process alive. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  after: (ms, run) => {
    const timeout = timer(run, ms);
    timeout.unref();
    return () => clearTimeout(timeout);
  },
};

/** Resolves after the time, or at once when the signal is aborted. */
export function waitFor(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted || ms <= 0) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.after(ms, end);
    signal.addEventListener('abort', end, { once: true });
  });
}
