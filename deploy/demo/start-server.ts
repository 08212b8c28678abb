// Starts Winnow as a child process for the demo, waits until it is ready, and stops it in order.

import { spawn, type ChildProcess } from 'node:child_process';
import { get } from 'node:http';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const allInOne = resolve(import.meta.dirname, '..', 'all-in-one.ts');

/** How often readiness is asked for, and how long at most. */
const ASK_EVERY_MS = 200;
const READY_WITHIN_MS = 60_000;

/** A running Winnow; `stop` sends SIGTERM and resolves when it has drained. */
export type RunningServer = { exited: Promise<number>; stop(): Promise<number> };

/**
 * Starts the supervisor with `args` and waits for `GET http://{admin}/readyz`. Its output goes through unchanged.
 * @throws Error when it ends or stays silent first
 */
export async function startServer(args: string[], admin: string, signal: AbortSignal): Promise<RunningServer> {
  // Its own process group, so that Ctrl-C reaches the demo only and the order of stopping stays ours.
  const child = spawn(process.execPath, [allInOne, ...args], { stdio: ['ignore', 'inherit', 'inherit'], detached: true });
  const exited = exitOf(child);
  const server = {
    exited,
    stop: () => {
      child.kill('SIGTERM');
      return exited;
    },
  };
  let ended: number | undefined;
  void exited.then((code) => (ended = code));
  for (let waitedMs = 0; waitedMs < READY_WITHIN_MS; waitedMs += ASK_EVERY_MS) {
    if (ended !== undefined) throw new Error(`Winnow ended with exit code ${ended} before it was ready`);
    if (signal.aborted || (await isReady(admin))) return server;
    await sleep(ASK_EVERY_MS);
  }
  await server.stop();
  throw new Error(`Winnow was not ready within ${READY_WITHIN_MS / 1000} s (asked http://${admin}/readyz)`);
}

function exitOf(child: ChildProcess): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  child.once('exit', (code) => resolve(code ?? 1));
  child.once('error', () => resolve(1));
  return promise;
}

function isReady(admin: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const call = get(`http://${admin}/readyz`, { timeout: 1000 }, (response) => {
    response.resume();
    resolve(response.statusCode === 200);
  });
  call.on('timeout', () => call.destroy());
  call.on('error', () => resolve(false));
  return promise;
}
