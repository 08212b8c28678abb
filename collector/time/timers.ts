// Timers as a parameter: the process brings Node's, the simulation a virtual clock's.

/** Each call returns how to stop it; stopping twice does nothing. */
export interface Timers {
  /** Calls `run` once after so many ms. */
  after(ms: number, run: () => void): () => void;
  /** Calls `run` every so many ms. */
  every(ms: number, run: () => void): () => void;
  /** Calls `run` when other work had its turn. */
  soon(run: () => void): void;
}

export const nodeTimers: Timers = {
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  every(ms, run) {
    const timer = setInterval(run, ms);
    return () => clearInterval(timer);
  },
  soon(run) {
    setImmediate(run);
  },
};

export function wait(timers: Timers, ms: number): Promise<void> {
  return new Promise((resolve) => {
    timers.after(ms, resolve);
  });
}
