// Looks whether rule files have changed, by their status: that sees editors that replace a file, mounted volumes and files that come and go alike.
import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const INTERVAL_MS = 500;

/**
 * @param paths of the files as they are found now
 * @param onChange files have changed, and came to rest
 */
export async function watchRules(
  paths: () => readonly string[],
  onChange: () => void,
  signal: AbortSignal,
): Promise<void> {
  let known = await statusOf(paths());
  let before = known;
  while (!signal.aborted) {
    await sleep(INTERVAL_MS, undefined, { signal, ref: false }).catch(() => undefined);
    if (signal.aborted) return;
    const now = await statusOf(paths());
    // A file that is still being written differs from one look to the next.
    if (now !== known && now === before) {
      known = now;
      onChange();
    }
    before = now;
  }
}

async function statusOf(paths: readonly string[]): Promise<string> {
  const all = await Promise.all(
    paths.map(async (path) => {
      const status = await stat(path).catch(() => undefined);
      return status === undefined ? [path] : [path, status.mtimeMs, status.size, status.ino];
    }),
  );
  return JSON.stringify(all);
}
