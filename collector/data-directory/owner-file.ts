// DATA/collector.json: who owns the data directory, for people and for the next owner. The lock decides, not this file.
import { isCount, membersOf } from '#proto/model/untyped.ts';
import { closeSync, fsyncSync, openSync, readdirSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs';
import path from 'node:path';

export interface OwnerDescription {
  readonly pid: number;
  /** ISO 8601. */
  readonly startedAt: string;
  /** Whole number; each owner's is larger than that of the one before. */
  readonly epoch: number;
  /** 32 hex digits; the same for all owners of the directory. */
  readonly installId: string;
}

const FILE = 'collector.json';
const INSTALL_ID = /^[0-9a-f]{32}$/;
/** Names of files that carry the epoch of the owner who wrote them, whatever was put behind them since. */
const NAMES_WITH_EPOCH: Readonly<Record<string, RegExp>> = {
  wal: /^\d{16}-(\d{1,15})\.wal/,
  spool: /^\d{12}-[a-z_]+-\d+-(\d{1,15})\.native/,
};

/** undefined when there is none, or none that can be read: it is only a description. */
export function readOwner(directory: string): OwnerDescription | undefined {
  try {
    const { pid, startedAt, epoch, installId } = membersOf(
      JSON.parse(readFileSync(path.join(directory, FILE), 'utf8')),
    );
    if (!isCount(pid) || !isCount(epoch) || typeof startedAt !== 'string') return undefined;
    if (typeof installId !== 'string' || !INSTALL_ID.test(installId)) return undefined;
    return { pid, startedAt, epoch, installId };
  } catch {
    return undefined;
  }
}

/** Appears whole or not at all, and survives loss of power. @throws Error of the disk */
export function writeOwner(directory: string, owner: OwnerDescription): void {
  const target = path.join(directory, FILE);
  const file = openSync(`${target}.part`, 'w', 0o600);
  try {
    writeSync(file, `${JSON.stringify(owner, undefined, 2)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(`${target}.part`, target);
  const parent = openSync(directory, 'r');
  try {
    fsyncSync(parent);
  } finally {
    closeSync(parent);
  }
}

/** Changes whenever the file is written again; '' when there is none. Costs one stat. */
export function ownerFileMark(directory: string): string {
  const found = statSync(path.join(directory, FILE), { throwIfNoEntry: false });
  return found === undefined ? '' : `${found.dev}:${found.ino}:${found.mtimeMs}:${found.size}`;
}

/** The largest epoch in names of files of the log and the spool; 0 when there is none. */
export function largestEpochOfFiles(directory: string): number {
  let largest = 0;
  for (const [folder, pattern] of Object.entries(NAMES_WITH_EPOCH)) {
    for (const name of namesIn(path.join(directory, folder)))
      largest = Math.max(largest, Number(pattern.exec(name)?.[1] ?? 0));
  }
  return largest;
}

/** Bounded by what log and spool may hold. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
