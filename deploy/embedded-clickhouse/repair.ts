// Repairs the engine's files before it opens them, after a crash or a write that failed: chDB ignores errors of write(2) (it
// reports `INSERT` and merges as done), so what it believed to have written may be cut short or missing.
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compareWithLog, type Comparison, type LogFile } from './deduplication-log.ts';
import { brokenPartName, covers, partName, type PartName } from './part-name.ts';
import { list, restoreSchemas, storeDirectories } from './schema-files.ts';

/** A log file holds up to twice the window of 10,000 tokens: the last two hold all that matters. */
const LOG_FILES = 2;
/** More inserts than this are never under way at once. */
const LATEST_TOKENS = 16;
/** Names for what is set aside under one name. */
const MAX_TRIES = 20;

export interface RepairOptions {
  readonly engineDir: string;
  readonly schemaDir: string;
  /** On the same disk, outside the engine's directory. */
  readonly temporaryFile: string;
  /** Unix ms: all was well until then. */
  readonly sinceMs: number;
  /** Parts that could not be read back, as `store/XXX/UUID/PART`: they are set aside, so that those they were merged from come back. */
  readonly setAside: readonly string[];
}

export interface RepairReport {
  /** Definitions put back, or removed where a table was never used. */
  readonly schemas: readonly string[];
  /** Tokens without their part. */
  readonly forgottenTokens: number;
  /** Lines of deduplication logs that were cut short. */
  readonly damagedLines: number;
  /** Parts set aside in `detached/`, as paths. */
  readonly setAside: readonly string[];
  /** Parts whose insert was not acknowledged but that stay, because they are merged with others that were removed. */
  readonly doubtful: readonly string[];
}

/** Throws when the files cannot be written. May run again over the same files. */
export function repairEngineFiles(options: RepairOptions): RepairReport {
  const { engineDir, schemaDir, sinceMs } = options;
  // Half a file must not lie where the engine looks: it would not start.
  const write = (path: string, text: string): void => {
    writeFileSync(options.temporaryFile, text, { flush: true });
    renameSync(options.temporaryFile, path);
  };
  const [aside, doubtful]: [string[], string[]] = [[], []];
  const report = {
    schemas: restoreSchemas(engineDir, schemaDir, write),
    forgottenTokens: 0,
    damagedLines: 0,
    setAside: aside,
    doubtful,
  };
  for (const path of options.setAside) {
    const [, prefix, uuid, part] = /^store\/([^/]+)\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
    if (part !== undefined && setAside(join(engineDir, 'store', prefix!, uuid!), part, 'broken'))
      report.setAside.push(path);
  }
  for (const directory of storeDirectories(engineDir)) {
    mendSmallFiles(join(engineDir, directory), write);
    const found = compareTable(join(engineDir, directory), sinceMs);
    if (found === undefined) continue;
    report.forgottenTokens += found.comparison.absent.length;
    report.damagedLines += found.comparison.damagedLines;
    for (const { name, text } of found.comparison.changed)
      write(join(engineDir, directory, 'deduplication_logs', name), text);
    for (const part of found.comparison.unacknowledged) {
      const merged = found.parts.filter((other) => other !== part && covers(other, part));
      if (!merged.every((outer) => isMadeOf(join(engineDir, directory), outer, found.parts))) {
        report.doubtful.push(join(directory, part.text));
        continue;
      }
      for (const { text } of [...merged, part]) {
        if (setAside(join(engineDir, directory), text, 'ignored')) report.setAside.push(join(directory, text));
      }
    }
  }
  return report;
}

/** Whether the engine, now open, has set aside a part as broken whose token it still knows: only another repair makes it forget it. */
export function needsRepair(engineDir: string): boolean {
  return storeDirectories(engineDir).some((directory) => {
    const broken = list(join(engineDir, directory, 'detached')).flatMap((name) => brokenPartName(name) ?? []);
    if (broken.length === 0) return false;
    const absent = compareTable(join(engineDir, directory), Infinity)?.comparison.absent ?? [];
    return absent.some((part) => broken.some((other) => covers(other, part)));
  });
}

/**
 * Whether a table that was written to since then knows a token without its part. The engine writes the token first: an insert
 * that fails behind it would count as stored when it comes again. An insert under way looks the same for a moment.
 */
export function hasStrayToken(engineDir: string, sinceMs: number): boolean {
  return storeDirectories(engineDir).some((directory) => {
    const logs = join(engineDir, directory, 'deduplication_logs');
    if (!list(logs).some((name) => modifiedMs(join(logs, name)) >= sinceMs)) return false;
    return (compareTable(join(engineDir, directory), Infinity, LATEST_TOKENS)?.comparison.absent.length ?? 0) > 0;
  });
}

interface ComparedTable {
  readonly comparison: Comparison;
  readonly parts: readonly PartName[];
}

function compareTable(directory: string, sinceMs: number, lookedAt?: number): ComparedTable | undefined {
  const numbered = list(join(directory, 'deduplication_logs')).flatMap((name) => {
    const number = /^deduplication_log_(\d+)\.txt$/.exec(name)?.[1];
    return number === undefined ? [] : [{ name, number: Number(number) }];
  });
  if (numbered.length === 0) return undefined;
  const latest = numbered.toSorted((a, b) => a.number - b.number).slice(-LOG_FILES);
  const logs = latest.map(({ name }): LogFile => ({
    name,
    text: readFileSync(join(directory, 'deduplication_logs', name), 'utf8'),
  }));
  const parts = list(directory).flatMap((name) => partName(name) ?? []);
  const isRecent = (part: PartName): boolean => modifiedMs(join(directory, part.text)) >= sinceMs;
  return {
    comparison: compareWithLog({ logs, parts, isRecent, ...(lookedAt === undefined ? {} : { lookedAt }) }),
    parts,
  };
}

/** Whether the parts that `outer` was merged from are all there, so that it can go. */
function isMadeOf(directory: string, outer: PartName, parts: readonly PartName[]): boolean {
  const inside = parts.filter((part) => part !== outer && covers(outer, part));
  const largest = inside.filter((part) => !inside.some((other) => other !== part && covers(other, part)));
  return (
    largest.reduce((sum, part) => sum + rowsOf(join(directory, part.text)), 0) >= rowsOf(join(directory, outer.text))
  );
}

/** 0 when it cannot be known: the engine will set such a part aside itself. */
export function rowsOf(partDir: string): number {
  try {
    const text = readFileSync(join(partDir, 'count.txt'), 'latin1');
    return /^\d+$/.test(text) ? Number(text) : 0;
  } catch {
    return 0;
  }
}

/** Files of a few bytes that the engine cannot start without, and that it leaves empty when it cannot write. */
function mendSmallFiles(directory: string, write: (path: string, text: string) => void): void {
  const names = list(directory);
  const isEmpty = (name: string): boolean => statSync(join(directory, name)).size === 0;
  if (names.includes('format_version.txt') && isEmpty('format_version.txt'))
    write(join(directory, 'format_version.txt'), '1');
  for (const name of names) {
    if (/^mutation_\d+\.txt$/.test(name) && isEmpty(name)) rmSync(join(directory, name));
  }
}

function setAside(directory: string, part: string, word: 'broken' | 'ignored'): boolean {
  if (!list(directory).includes(part)) return false;
  const names = new Set(list(join(directory, 'detached')));
  mkdirSync(join(directory, 'detached'), { recursive: true });
  for (let i = 0; i < MAX_TRIES; i++) {
    const name = i === 0 ? `${word}_${part}` : `${word}_${part}_try${i}`;
    if (names.has(name)) continue;
    renameSync(join(directory, part), join(directory, 'detached', name));
    return true;
  }
  throw new Error(`${directory}/detached holds ${MAX_TRIES} copies of ${part}: remove what nobody needs`);
}

function modifiedMs(path: string): number {
  try {
    return statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}
