// Waits for the system: descriptors that ran out, a full disk, a directory that may not be read. None of it says anything about the data.
import { nodeTimers, wait, type Timers } from '../time/timers.ts';
import { DamagedBlock } from './spool-file.ts';

const MIN_WAIT_MS = 100;
const MAX_WAIT_MS = 2_000;
/** How often the log names again what is waited for. */
const SAY_EVERY_MS = 10_000;

export interface Patience {
  readonly timers?: Timers | undefined;
  /** A sentence for people. */
  readonly onWaiting?: ((sentence: string) => void) | undefined;
}

/** Runs `run` until it works. Throws what is wrong with the bytes themselves, and our own mistakes. @param what as in "cannot …" */
export async function patiently<T>(
  what: string,
  run: () => Promise<T>,
  { timers = nodeTimers, onWaiting }: Patience,
): Promise<T> {
  let waitMs = MIN_WAIT_MS;
  let silentMs = Infinity;
  for (;;) {
    try {
      return await run();
    } catch (error) {
      if (error instanceof DamagedBlock || error instanceof TypeError || error instanceof ReferenceError) throw error;
      if (silentMs >= SAY_EVERY_MS) {
        onWaiting?.(
          `cannot ${what} (${error instanceof Error ? error.message : String(error)}): trying again until it works`,
        );
        silentMs = 0;
      }
    }
    await wait(timers, waitMs);
    silentMs += waitMs;
    waitMs = Math.min(MAX_WAIT_MS, waitMs * 2);
  }
}

/** Undefined instead of an error when the file is not there; a directory of its name is none. */
export async function unlessMissing<T>(running: Promise<T>): Promise<T | undefined> {
  try {
    return await running;
  } catch (error) {
    if (isMissing(error) || isDirectory(error)) return undefined;
    throw error;
  }
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function isDirectory(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EISDIR';
}
