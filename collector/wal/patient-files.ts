// Reading at the start waits for a disk that refuses for reasons that pass: what cannot be read now is not damaged, and must not be lost.
import type { LogFiles } from './log-files.ts';

/**
 * Too many open files, an error of the device, no permission, no space or memory: an operator or time can mend them, and the bytes are
 * still there.
 */
const PASSING: ReadonlySet<string> = new Set([
  'EMFILE',
  'ENFILE',
  'EIO',
  'EACCES',
  'EPERM',
  'ENOSPC',
  'EDQUOT',
  'EAGAIN',
  'EBUSY',
  'EINTR',
  'ENOMEM',
  'EROFS',
  'ESTALE',
  'ETIMEDOUT',
]);
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5_000;

export interface RetryWhilePassing {
  /** Resolves after so many ms. */
  readonly wait: (ms: number) => Promise<void>;
  /** Called at the first failure of a call, and from time to time while it lasts. */
  readonly onWait: (what: string, error: unknown) => void;
}

/** Tries until it succeeds or fails for a reason that stays. Ends only then, or with the process. */
export async function retryWhilePassing<T>(
  what: string,
  { wait, onWait }: RetryWhilePassing,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2)) {
    try {
      return await attempt();
    } catch (error) {
      if (!isPassing(error)) throw error;
      if (waitMs === FIRST_WAIT_MS || waitMs === LONGEST_WAIT_MS) onWait(what, error);
    }
    await wait(waitMs);
  }
}

/** The same directory, with calls that wait, but for creating. */
export function patientFiles(files: LogFiles, patience: RetryWhilePassing): LogFiles {
  return {
    list: () => retryWhilePassing('list the directory', patience, () => files.list()),
    read: (name) => retryWhilePassing(`read ${name}`, patience, () => files.read(name)),
    create: (name, sync) => files.create(name, sync),
    keep(name, again) {
      let isAgain = again;
      return retryWhilePassing(`make ${name} safe`, patience, async () => {
        const now = isAgain;
        isAgain = true; // should this fail
        await files.keep(name, now);
      });
    },
    remove: (name, sync) => retryWhilePassing(`remove ${name}`, patience, () => files.remove(name, sync)),
  };
}

function isPassing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && PASSING.has(String(error.code));
}
