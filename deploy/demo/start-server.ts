// Starts Winnow as a child process for the demo, waits until it says that it is ready, and stops it in order.

import { fork } from 'node:child_process';
import { resolve } from 'node:path';

const allInOne = resolve(import.meta.dirname, '..', 'all-in-one.ts');

/** The first start creates the store's tables; nobody waits longer than this. */
const READY_WITHIN_MS = 60_000;

/** A running Winnow: its listeners by configuration key (`otlp_grpc`, `otlp_http`), and `stop`, which resolves when it has drained. */
export interface RunningServer {
  addresses: Record<string, string>;
  exited: Promise<number>;
  stop(): Promise<number>;
}

/**
 * Starts the supervisor with `args` and waits for its ready message. Its output goes through unchanged.
 * @param entry the module to run instead of the supervisor, for tests
 * @throws Error when it ends or stays silent first
 */
export async function startServer(
  args: string[],
  signal: AbortSignal,
  entry: string = allInOne,
): Promise<RunningServer> {
  // Its own process group: Ctrl-C reaches the demo only, and the order of stopping stays the demo's.
  const child = fork(entry, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], detached: true });
  const ended = Promise.withResolvers<number>();
  child.once('exit', (code) => ended.resolve(code ?? 1));
  child.once('error', () => ended.resolve(1));
  const stop = (): Promise<number> => {
    child.kill('SIGTERM');
    return ended.promise;
  };
  const ready = Promise.withResolvers<Record<string, string>>();
  child.on('message', (message) => {
    const addresses = readyAddresses(message);
    if (addresses !== undefined) ready.resolve(addresses);
  });
  const late = setTimeout(
    () => ready.reject(new Error(`Winnow was not ready within ${READY_WITHIN_MS / 1000} s`)),
    READY_WITHIN_MS,
  );
  const interrupt = (): void => ready.reject(new Error('interrupted before Winnow was ready'));
  signal.addEventListener('abort', interrupt, { once: true });
  void ended.promise.then((code) => ready.reject(new Error(`Winnow ended with exit code ${code} before it was ready`)));
  try {
    return { addresses: await ready.promise, exited: ended.promise, stop };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    clearTimeout(late);
    signal.removeEventListener('abort', interrupt);
  }
}

function readyAddresses(message: unknown): Record<string, string> | undefined {
  if (typeof message !== 'object' || message === null || !('kind' in message) || message.kind !== 'ready')
    return undefined;
  if (!('addresses' in message) || typeof message.addresses !== 'object' || message.addresses === null)
    return undefined;
  return Object.fromEntries(Object.entries(message.addresses).filter(([, address]) => typeof address === 'string'));
}
