// Runs one simulation in a thread of its own, within bounds of time and memory.
import { Worker } from 'node:worker_threads';
import type { ConfigError } from '#proto/config/config-error.ts';
import type { SimulateRequest, SimulateResponse } from '#proto/api/simulate.ts';
import type { DatabaseOptions } from '../store/database.ts';

/** Longest simulation; a person waits for it. */
const TIMEOUT_MS = 120_000;
/** JavaScript heap of the thread; the spans themselves lie outside of it and are bounded by their number. */
const MAX_HEAP_MB = 1024;

export interface SimulationTask {
  readonly database: DatabaseOptions;
  readonly request: SimulateRequest;
  readonly startNs: bigint;
  readonly endNs: bigint;
}

export type SimulationAnswer =
  | { readonly kind: 'done'; readonly response: SimulateResponse }
  | { readonly kind: 'refused'; readonly errors: readonly ConfigError[] }
  | { readonly kind: 'failed'; readonly message: string };

/** Never rejects; a simulation that does not end in time is ended. @param signal aborts when the client has disconnected */
export async function runSimulation(task: SimulationTask, signal?: AbortSignal): Promise<SimulationAnswer> {
  const worker = new Worker(new URL('worker.ts', import.meta.url), {
    workerData: task,
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
  });
  const stop = (): void => void worker.terminate();
  const timer = setTimeout(stop, TIMEOUT_MS);
  signal?.addEventListener('abort', stop);
  try {
    return await new Promise<SimulationAnswer>((resolve) => {
      worker.once('message', (answer: SimulationAnswer) => resolve(answer));
      worker.once('error', (error: Error) => resolve({ kind: 'failed', message: error.message }));
      worker.once('exit', () =>
        resolve({
          kind: 'failed',
          message: `it did not end within ${TIMEOUT_MS / 1000} s and was ended: look back less, or lower the limit`,
        }),
      );
    });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}
