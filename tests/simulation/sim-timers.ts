// Node's timers for code that runs in a simulated process: they are that process's, on virtual time. Elsewhere they stay Node's.
import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as nodeWait } from 'node:timers/promises';
import type { SimProcess } from './sim-process.ts';

/** Which simulated process the code that runs now belongs to; what it awaits goes on in the same. */
export const currentProcess = new AsyncLocalStorage<SimProcess | undefined>();

/** What stands for a timer. */
class SimTimer {
  readonly stop: () => void;

  constructor(stop: () => void) {
    this.stop = stop;
  }

  unref(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  hasRef(): boolean {
    return true;
  }

  [Symbol.dispose](): void {
    this.stop();
  }
}

type Run = (...args: unknown[]) => void;

/** From now on the global timers look where they are called. */
export function replaceGlobalTimers(): void {
  const node = { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate };
  const starting =
    (name: 'setTimeout' | 'setInterval', kind: 'after' | 'every') =>
    (run: Run, ms = 0, ...args: unknown[]): unknown => {
      const process = currentProcess.getStore();
      return process === undefined
        ? node[name](run, ms, ...args)
        : new SimTimer(process.timers[kind](ms, () => run(...args)));
    };
  const stopping =
    (name: 'clearTimeout' | 'clearInterval' | 'clearImmediate') =>
    (timer: unknown): void => {
      if (timer instanceof SimTimer) timer.stop();
      else node[name](timer as never);
    };
  Object.assign(globalThis, {
    setTimeout: starting('setTimeout', 'after'),
    setInterval: starting('setInterval', 'every'),
    setImmediate: (run: Run, ...args: unknown[]): unknown => {
      const process = currentProcess.getStore();
      return process === undefined
        ? node.setImmediate(run, ...args)
        : new SimTimer(process.timers.soon(() => run(...args)));
    },
    clearTimeout: stopping('clearTimeout'),
    clearInterval: stopping('clearInterval'),
    clearImmediate: stopping('clearImmediate'),
  });
}

interface WaitOptions {
  readonly signal?: AbortSignal;
}

/** `node:timers/promises`, as far as the collector uses it. */
function wait<T>(ms = 0, value?: T, options: WaitOptions = {}): Promise<T | undefined> {
  const process = currentProcess.getStore();
  if (process === undefined) return nodeWait(ms, value, options);
  return new Promise((resolve, reject) => {
    const stop = process.timers.after(ms, () => resolve(value));
    options.signal?.addEventListener('abort', () => {
      stop();
      reject(new DOMException('The operation was aborted', 'AbortError'));
    });
  });
}

export { wait as setTimeout };
