// What the watch asks of the engine, in SQL: failed writes, errors of reading, merges, and reading parts back.
import { statSync } from 'node:fs';
import type { Engine } from './engine.ts';
import type { LostPart } from './engine-state.ts';
import type { BrokenPart, ReadErrors, WatchedEngine } from './engine-watch.ts';
import { brokenPartName, covers, isOneInsert, overlaps, partName } from './part-name.ts';
import { rowsOf } from './repair.ts';
import { quoteString } from './sql-guard.ts';

/** Counts each write(2) that returned an error. */
const FAILED_WRITES = 'WriteBufferFromFileDescriptorWriteFailed';
/** Codes of ClickHouse that a part on disk is damaged: checksum, files missing or of another size, marks, decompression, codec. */
const DAMAGE_CODES = [40, 226, 228, 246, 271, 432];
/** Data cut short: of a part when the text names one, else of the body of an insert. */
const SHORT_CODES = [32, 33];
const PART_IN_TEXT = /store\/[0-9a-f]{3}\/[0-9a-f-]{36}\/[^\s/'"]+/;
/** Most time to look for a broken part that no error names. */
const FIND_BROKEN_MS = 60_000;
/** Parts read back after one start: newest first, the rest was written before. */
const MAX_CHECKED = 2000;

const MAX_TEXT = 300;

interface ActivePart {
  readonly database: string;
  readonly table: string;
  readonly name: string;
  readonly path: string;
  readonly rows: number;
}

export interface BrokenParts {
  readonly broken: number;
  readonly lost: readonly LostPart[];
}

export class EngineQuestions implements WatchedEngine {
  readonly #engine: Engine;
  #count: Promise<number> = Promise.resolve(0);
  #nextCount: Promise<number> | undefined;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Resolves when all tables have looked at their parts and set broken ones aside. */
  async allLoaded(): Promise<void> {
    await this.#engine.ask('SELECT count() FROM system.parts');
  }

  /** Those who ask while an answer is under way share the next one. */
  failedWrites(): Promise<number> {
    this.#nextCount ??= this.#count
      .catch(() => 0)
      .then(() => {
        this.#nextCount = undefined;
        return (this.#count = this.#engine.counter(FAILED_WRITES));
      });
    return this.#nextCount;
  }

  async readErrors(): Promise<ReadErrors> {
    const rows = await this.#engine.ask<{ name: string; value: number | string; text: string }>(
      `SELECT name, value, last_error_message AS text FROM system.errors WHERE code IN (${DAMAGE_CODES.join(', ')})
        OR code IN (${SHORT_CODES.join(', ')}) AND match(last_error_message, 'store/[0-9a-f]{3}/') ORDER BY last_error_time DESC`,
    );
    const count = rows.reduce((sum, { value }) => sum + Number(value), 0);
    const last = rows[0];
    if (last === undefined) return { count, part: undefined, text: '' };
    return {
      count,
      part: PART_IN_TEXT.exec(last.text)?.[0],
      text: `${last.text.split('\n', 1)[0]!.slice(0, MAX_TEXT)} (${last.name})`,
    };
  }

  async stopMerges(): Promise<void> {
    await this.#engine.ask('SYSTEM STOP MERGES');
  }

  async findBroken(path: string | undefined): Promise<BrokenPart | undefined> {
    const untilMs = performance.now() + FIND_BROKEN_MS;
    const parts = await this.#activeParts(
      path === undefined ? `1 ORDER BY modification_time DESC LIMIT ${MAX_CHECKED}` : isAt(path),
    );
    for (const part of parts) {
      const text = await this.#readBack(part);
      if (text !== undefined) return { path: storePath(part.path), text };
      if (performance.now() > untilMs) break;
    }
    return undefined;
  }

  async hasSources(path: string): Promise<boolean> {
    const part = (await this.#activeParts(isAt(path)))[0];
    const outer = part === undefined ? undefined : partName(part.name);
    if (part === undefined || outer === undefined) return false;
    const rows = await this.#engine.ask<{ name: string; rows: number | string }>(
      `SELECT name, rows FROM system.parts WHERE NOT active AND ${isOf(part)}`,
    );
    const inside = rows.flatMap((row) => {
      const name = partName(row.name);
      return name === undefined || !covers(outer, name) ? [] : [{ name, rows: Number(row.rows) }];
    });
    const largest = inside.filter(
      ({ name }) => !inside.some((other) => other.name !== name && covers(other.name, name)),
    );
    return largest.length > 0 && largest.reduce((sum, { rows: count }) => sum + count, 0) >= part.rows;
  }

  /** Reads back what was written since then. Returns what is wrong, by path, and how many parts were read. */
  async readBackSince(sinceMs: number): Promise<{ readonly parts: number; readonly wrong: readonly BrokenPart[] }> {
    const since = `modification_time >= toDateTime(${Math.floor(sinceMs / 1000)})`;
    const parts = await this.#activeParts(`${since} ORDER BY modification_time DESC LIMIT ${MAX_CHECKED}`);
    const wrong: BrokenPart[] = [];
    for (const part of parts) {
      const text = await this.#readBack(part);
      if (text !== undefined) wrong.push({ path: storePath(part.path), text });
    }
    return { parts: parts.length, wrong };
  }

  /**
   * Parts set aside as broken since then, and those among them whose rows are in no other part.
   * @param unacknowledgedSinceMs inserts after it that broke were not acknowledged: their rows come again
   */
  async brokenSince(sinceMs: number, unacknowledgedSinceMs: number): Promise<BrokenParts> {
    const all = await this.#engine.ask<{ database: string; table: string; name: string; path: string }>(
      "SELECT database, table, name, path FROM system.detached_parts WHERE startsWith(name, 'broken')",
    );
    const detached = all.filter(({ path }) => renamedMs(path) >= sinceMs);
    const lost: LostPart[] = [];
    for (const { database, table, name, path } of detached) {
      const part = brokenPartName(name);
      const there = await this.#activeParts(isOf({ database, table }));
      const hasRows =
        part !== undefined &&
        there.some((other) => {
          const otherName = partName(other.name);
          return otherName !== undefined && overlaps(otherName, part);
        });
      const comesAgain = part !== undefined && isOneInsert(part) && writtenMs(path) >= unacknowledgedSinceMs;
      if (!hasRows && !comesAgain) lost.push({ path: storePath(path), rows: rowsOf(path) });
    }
    return { broken: detached.length, lost };
  }

  async #activeParts(where: string): Promise<ActivePart[]> {
    const rows = await this.#engine.ask<ActivePart & { rows: number | string }>(
      `SELECT database, table, name, path, rows FROM system.parts WHERE active AND ${where}`,
    );
    return rows.map((row) => ({ ...row, rows: Number(row.rows) }));
  }

  /** undefined when it is whole, and when it was merged or dropped meanwhile. */
  async #readBack({ database, table, name }: ActivePart): Promise<string | undefined> {
    try {
      const rows = await this.#engine.ask<{ is_passed: number | boolean; message: string }>(
        `CHECK TABLE ${identifier(database)}.${identifier(table)} PART ${quoteString(name)}
          SETTINGS check_query_single_value_result = 0`,
      );
      const failed = rows.find((row) => !row.is_passed);
      return failed?.message.slice(0, MAX_TEXT);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      return /Code: (?:232|60|81)\./.test(text) ? undefined : text.slice(0, MAX_TEXT);
    }
  }
}

function isAt(path: string): string {
  return `path LIKE ${quoteString(`%/${path}/`)}`;
}

function isOf({ database, table }: { readonly database: string; readonly table: string }): string {
  return `database = ${quoteString(database)} AND table = ${quoteString(table)}`;
}

/** When a directory got its name. */
function renamedMs(path: string): number {
  try {
    return statSync(path).ctimeMs;
  } catch {
    return 0;
  }
}

function writtenMs(path: string): number {
  try {
    return statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}

function storePath(path: string): string {
  return /store\/.*?(?=\/?$)/.exec(path)?.[0] ?? path;
}

function identifier(name: string): string {
  return `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``;
}
