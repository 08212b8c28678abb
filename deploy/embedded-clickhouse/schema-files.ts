// Keeps copies of the engine's table definitions (`*.sql`). The engine does not notice that it could not write one, and a
// definition that is cut short costs the table, or the whole start.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A definition is a few kB; a file above this is none. */
const MAX_SCHEMA_BYTES = 1024 * 1024;

/** Copies what is whole and differs from its copy. Throws when a copy cannot be written. */
export function backUpSchemas(engineDir: string, backupDir: string): void {
  for (const file of schemaFiles(engineDir)) {
    const text = readOr(join(engineDir, file));
    if (text === undefined || !isWholeSchema(text) || readOr(join(backupDir, file)) === text) continue;
    const copy = join(backupDir, file);
    mkdirSync(dirname(copy), { recursive: true });
    writeFileSync(`${copy}.part`, text); // not flushed: a loss of power does not cut the original short, the engine flushes it
    renameSync(`${copy}.part`, copy);
  }
}

/**
 * Before the engine opens: puts copies back where a definition is cut short or empty. One without a copy was never used, and is
 * removed.
 */
export function restoreSchemas(
  engineDir: string,
  backupDir: string,
  write: (path: string, text: string) => void,
): string[] {
  const restored: string[] = [];
  for (const file of schemaFiles(engineDir)) {
    const path = join(engineDir, file);
    const text = readOr(path);
    if (text === undefined || isWholeSchema(text)) continue;
    restored.push(file);
    const copy = readOr(join(backupDir, file));
    if (copy === undefined) rmSync(path);
    else write(path, copy);
  }
  return restored;
}

/** Begins as the engine writes it, ends with a line's end, and every bracket is closed. */
export function isWholeSchema(text: string): boolean {
  if (!text.startsWith('ATTACH ') || !text.endsWith('\n') || !/\nENGINE = \w/.test(text)) return false;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (c === "'" || c === '`' || c === '"') {
      i = quotedEnd(text, i);
      if (i < 0) return false;
    } else if (c === '(') depth++;
    else if (c === ')') depth--;
  }
  return depth === 0;
}

/** Index of the quote that closes the one at `start`; -1 when none does. */
function quotedEnd(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === text[start]) return i;
  }
  return -1;
}

/** Of databases below `metadata/`, of tables below `store/XXX/UUID/`. */
function schemaFiles(engineDir: string): string[] {
  const inDirectory = (directory: string): string[] =>
    list(join(engineDir, directory))
      .filter((name) => name.endsWith('.sql'))
      .map((name) => join(directory, name));
  return [...inDirectory('metadata'), ...storeDirectories(engineDir).flatMap(inDirectory)];
}

/** Directories of databases and tables, relative to the engine's. */
export function storeDirectories(engineDir: string): string[] {
  const below = (prefix: string): string[] =>
    list(join(engineDir, 'store', prefix)).map((uuid) => join('store', prefix, uuid));
  return list(join(engineDir, 'store')).flatMap(below);
}

export function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return []; // not there, or a file
  }
}

function readOr(path: string): string | undefined {
  try {
    const text = readFileSync(path, 'utf8');
    return text.length > MAX_SCHEMA_BYTES ? undefined : text;
  } catch {
    return undefined;
  }
}
