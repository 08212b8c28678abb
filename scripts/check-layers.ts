// Fails when a folder imports what its row does not allow. The table in ARCHITECTURE.md is this one in words.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { sourceFiles } from './source-files.ts';

const EVERYTHING = ['proto', 'collector', 'query', 'ui', 'deploy', 'tests', 'scripts'];
/** The longest row that a file's folder starts with decides. A row allows its own folder and all below the named ones. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  proto: [],
  query: ['proto'],
  // Trying rules on stored traces takes the collector's own rules: the one place where query needs more than proto.
  'query/simulate': ['proto', 'query', 'collector/simulate'],
  ui: ['proto/api'],
  deploy: ['proto'],
  'deploy/cli': ['proto', 'deploy', 'collector'],
  tests: EVERYTHING,
  scripts: EVERYTHING,
  collector: ['proto', 'collector'],
  'collector/config': ['proto'],
  'collector/data-directory': ['proto'],
  'collector/model': ['proto'],
  'collector/receive': ['proto', 'collector/admit'],
  'collector/admit': ['proto', 'collector/receive', 'collector/model'],
  // A large request is checked by the index that reads it afterwards.
  'collector/admit/large-requests': ['proto', 'collector/admit', 'collector/receive', 'collector/model', 'collector/assemble'],
  'collector/assemble': ['proto', 'collector/model'],
  'collector/decide': ['proto', 'collector/model', 'collector/assemble', 'collector/reconstruct'],
  'collector/reconstruct': ['proto', 'collector/model'],
  'collector/overload': ['proto', 'collector/model', 'collector/assemble', 'collector/decide'],
  'collector/derive': ['proto', 'collector/model', 'collector/reconstruct'],
  'collector/simulate': ['proto', 'collector/model', 'collector/assemble', 'collector/decide', 'collector/reconstruct'],
  'collector/rescue': ['proto', 'collector/model', 'collector/assemble', 'collector/decide'],
  'collector/store': ['proto', 'collector/time', 'collector/model'],
  'collector/audit': ['proto', 'collector/receive', 'collector/store', 'collector/self'],
  'collector/wal': ['proto', 'collector/model', 'collector/receive'],
  'collector/self': ['proto', 'collector/receive'],
};
/** No clock, randomness, timer or disk in the core: they are parameters, so that a virtual day runs in seconds. */
const PURE = ['collector/model', 'collector/assemble', 'collector/decide', 'collector/overload', 'collector/reconstruct', 'collector/derive', 'collector/simulate'];
const IMPURE = /\bDate\.now\(|\bMath\.random\(|\bsetTimeout\(|\bsetInterval\(|from 'node:(?:fs|net|http|timers)/;

const IMPORT = /(?:from|import)\s*\(?\s*'([^']+)'/g;

function rowOf(file: string): string {
  const rows = Object.keys(MAY_IMPORT).filter((row) => file.startsWith(`${row}/`));
  return rows.toSorted((a, b) => b.length - a.length)[0] ?? '';
}

function targetOf(file: string, specifier: string): string | undefined {
  if (specifier.startsWith('#')) return specifier.slice(1);
  if (specifier.startsWith('.')) return path.posix.join(path.posix.dirname(file), specifier);
  return undefined;
}

const violations: string[] = [];
const files = sourceFiles('.ts', '.tsx', '.mjs').filter((file) => rowOf(file) !== '');
for (const file of files) {
  const text = readFileSync(file, 'utf8');
  const row = rowOf(file);
  const allowed = [row, ...(MAY_IMPORT[row] ?? [])];
  for (const [, specifier] of text.matchAll(IMPORT)) {
    const target = targetOf(file, specifier ?? '');
    if (target === undefined) {
      if (row === 'proto' && specifier?.startsWith('node:')) violations.push(`${file}: proto runs in the browser too and may not use ${specifier}`);
      continue;
    }
    if (!allowed.some((folder) => target.startsWith(`${folder}/`))) violations.push(`${file}: ${row} may not import ${target}`);
  }
  if (PURE.some((folder) => file.startsWith(`${folder}/`)) && IMPURE.test(text)) violations.push(`${file}: the core is pure; pass the clock, randomness, timers and disk in (${IMPURE.exec(text)?.[0]})`);
  if (/^export default/m.test(text) && !file.endsWith('.config.ts')) violations.push(`${file}: no default exports`);
  if (/(^|\/)index\.tsx?$/.test(file) && !file.startsWith('ui/')) violations.push(`${file}: no barrels`);
}
if (files.length === 0) violations.push('no source files found: the check is looking at nothing');
for (const violation of violations) console.error(`layers: ${violation}`);
console.log(`layers: ${files.length} files, ${violations.length} violations`);
process.exitCode = violations.length === 0 ? 0 : 1;
