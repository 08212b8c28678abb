// The spool of a data directory while no collector runs: looked at, and changed by renaming and removing files.
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { parseSpoolFile } from '#collector/store/spool-file.ts';
import { parseSpoolName } from '#collector/store/spool-names.ts';
import { noBytes, signalOf } from '#collector/store/signals.ts';
import type { SpoolChangeResponse, SpoolFile, SpoolResponse } from '#proto/api/spool.ts';
import { SIGNALS } from '#proto/otlp/signal.ts';

const LOCK = 'collector.lock';

/** @throws Error when there is no spool */
export function listDirectory(data: string): SpoolResponse {
  const directory = spoolIn(data);
  const bytes = noBytes();
  const waiting = SIGNALS.map((signal) => ({ signal, blocks: 0, rows: 0, bytes: 0, full: false }));
  const aside: SpoolFile[] = [];
  for (const name of readdirSync(directory).toSorted()) {
    const parsed = parseSpoolName(name);
    if (parsed === undefined) continue;
    const {
      kind,
      block: { table, rows },
    } = parsed;
    const size = statSync(path.join(directory, name)).size;
    if (kind !== 'block') {
      aside.push({
        name,
        kind,
        table,
        rows,
        bytes: size,
        reason: kind === 'damaged' ? damageOf(path.join(directory, name)) : '',
      });
      continue;
    }
    const signal = signalOf(table, bytes);
    bytes[signal] += size;
    const sum = waiting.find((one) => one.signal === signal)!;
    sum.blocks++;
    sum.rows += rows;
    sum.bytes += size;
  }
  return { waiting, set_aside: aside };
}

/**
 * @param names undefined = all: to send again all that ClickHouse refuses, to remove all that is set aside. @throws Error when a collector
 * runs on the directory
 */
export function changeDirectory(
  data: string,
  what: 'retry' | 'drop',
  names: readonly string[] | undefined,
): SpoolChangeResponse {
  const directory = spoolIn(data);
  using _ = lockOf(data);
  const known = new Map(listDirectory(data).set_aside.map((file) => [file.name, file]));
  const wanted =
    names ?? [...known.values()].filter(({ kind }) => what === 'drop' || kind === 'refused').map(({ name }) => name);
  const done: SpoolFile[] = [];
  const failed: { name: string; why: string }[] = [];
  for (const name of wanted) {
    const file = known.get(name);
    if (file === undefined) failed.push({ name, why: 'no block of this name is set aside' });
    else if (what === 'drop') {
      rmSync(path.join(directory, name));
      done.push(file);
    } else if (file.kind === 'damaged' && file.reason !== '') failed.push({ name, why: file.reason });
    else {
      renameSync(path.join(directory, name), path.join(directory, name.slice(0, -file.kind.length - 1)));
      done.push(file);
    }
  }
  return { done, failed };
}

function spoolIn(data: string): string {
  const directory = path.join(data, 'spool');
  if (!existsSync(directory))
    throw new Error(`there is no spool in ${data}: give the directory that the collector has as --data`);
  return directory;
}

/** '' when it is whole after all. */
function damageOf(file: string): string {
  try {
    parseSpoolFile(readFileSync(file));
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** While it is held, no collector starts on the directory. */
function lockOf(data: string): Disposable {
  const file = path.join(data, LOCK);
  if (!existsSync(file)) return { [Symbol.dispose]: () => undefined };
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { timeout: 0 });
    database.exec('BEGIN EXCLUSIVE');
    const held = database;
    return { [Symbol.dispose]: () => held.close() };
  } catch (error) {
    database?.close();
    throw new Error(`a collector runs on ${data}: leave --data out to ask it`, { cause: error });
  }
}
