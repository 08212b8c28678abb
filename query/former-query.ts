// DATA/query.json names the process that serves the pages of a data directory, so that the next one knows whose port it is waiting for.
import { membersOf } from '#proto/model/untyped.ts';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const FILE = 'query.json';

/** Pid of an earlier query of this data directory that is still there; undefined when it has ended. */
export function formerQuery(directory: string): number | undefined {
  try {
    const { pid } = membersOf(JSON.parse(readFileSync(path.join(directory, FILE), 'utf8')));
    if (typeof pid !== 'number' || pid <= 0 || pid === process.pid) return undefined;
    process.kill(pid, 0); // asks only whether it is there
    return pid;
  } catch {
    return undefined;
  }
}

/** Where there is no data directory, query runs alone, and nothing is noted. */
export function noteQuery(directory: string): void {
  if (!existsSync(directory)) return;
  try {
    writeFileSync(
      path.join(directory, FILE),
      `${JSON.stringify({ pid: process.pid, startedAt: new Date().toISOString() })}\n`,
    );
  } catch {
    // Only the waiting for its port is lost.
  }
}
