// What is put right on disk before the engine opens it: directories and files as the engine leaves them.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  hasStrayToken,
  needsRepair,
  repairEngineFiles,
  type RepairReport,
} from '#deploy/embedded-clickhouse/repair.ts';
import { backUpSchemas, isWholeSchema } from '#deploy/embedded-clickhouse/schema-files.ts';

const TABLE = 'store/abc/abc00000-0000-0000-0000-000000000000';
const DATABASE = 'store/def/def00000-0000-0000-0000-000000000000';
const NOTHING: RepairReport = { schemas: [], forgottenTokens: 0, damagedLines: 0, setAside: [], doubtful: [] };
const SINCE_MS = 1_000_000_000_000;
const SCHEMA = `ATTACH TABLE _ UUID 'abc00000-0000-0000-0000-000000000000'
(
    \`id\` UInt64,
    \`note\` String DEFAULT 'a ) and it\\'s \` quoted'
)
ENGINE = MergeTree
ORDER BY id
SETTINGS index_granularity = 8192
`;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'winnow-repair-'));
  for (const made of [`${TABLE}/detached`, `${TABLE}/deduplication_logs`, DATABASE, 'metadata'])
    mkdirSync(at(made), { recursive: true });
  writeFileSync(join(directory, 'engine', TABLE, 'format_version.txt'), '1');
  log('');
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

function at(path: string): string {
  return join(directory, 'engine', path);
}
function part(name: string, rows: number, ms = SINCE_MS + 5000): void {
  mkdirSync(at(`${TABLE}/${name}`));
  writeFileSync(at(`${TABLE}/${name}/count.txt`), String(rows));
  utimesSync(at(`${TABLE}/${name}`), ms / 1000, ms / 1000);
}
function log(text: string, number = 1): void {
  writeFileSync(at(`${TABLE}/deduplication_logs/deduplication_log_${number}.txt`), text);
}
function repair(setAside: readonly string[] = []): RepairReport {
  const [schemaDir, temporaryFile] = [join(directory, 'schema'), join(directory, 'repair.part')];
  return repairEngineFiles({
    engineDir: join(directory, 'engine'),
    schemaDir,
    temporaryFile,
    sinceMs: SINCE_MS,
    setAside,
  });
}
const parts = (): string[] =>
  readdirSync(at(TABLE))
    .filter((name) => name.startsWith('all_'))
    .toSorted();

describe('repair', () => {
  it('leaves what agrees as it is, as often as it runs', () => {
    part('all_1_1_0', 5, SINCE_MS - 1);
    part('all_2_2_0', 5);
    log('1\tall_1_1_0\tall_a\n1\tall_2_2_0\tall_b\n');
    for (let i = 0; i < 2; i++) expect(repair()).toEqual(NOTHING);
    expect(readdirSync(directory)).not.toContain('repair.part');
  });

  it('sets an insert aside that was never acknowledged, and removes nothing', () => {
    part('all_1_1_0', 5);
    part('all_2_2_0', 5);
    log('1\tall_1_1_0\tall_a\n1\tall_2_2');
    expect(repair()).toEqual({ ...NOTHING, damagedLines: 1, setAside: [`${TABLE}/all_2_2_0`] });
    expect(parts()).toEqual(['all_1_1_0']);
    expect(readdirSync(at(`${TABLE}/detached`))).toEqual(['ignored_all_2_2_0']);
    expect(readdirSync(at(`${TABLE}/deduplication_logs`))).toEqual(['deduplication_log_1.txt']);
    expect(readFileSync(at(`${TABLE}/deduplication_logs/deduplication_log_1.txt`), 'utf8')).toBe(
      '1\tall_1_1_0\tall_a\n',
    );
    expect(repair()).toEqual(NOTHING);
  });

  it('sets aside what it was merged into, where the other parts of the merge are there', () => {
    const found = [
      ['all_1_1_0', 5],
      ['all_2_2_0', 7],
      ['all_1_2_1', 12],
      ['all_3_3_0', 1],
      ['all_1_3_2', 13],
    ] as const;
    for (const [name, rows] of found) part(name, rows);
    log('1\tall_1_1_0\tall_a\n1\tall_3_3_0\tall_c\n');
    expect(repair().setAside.toSorted()).toEqual([`${TABLE}/all_1_2_1`, `${TABLE}/all_1_3_2`, `${TABLE}/all_2_2_0`]);
    expect(parts()).toEqual(['all_1_1_0', 'all_3_3_0']);
  });

  it('leaves it where others of the merge were removed, and says so', () => {
    for (const [name, rows] of [
      ['all_2_2_0', 7],
      ['all_1_2_1', 12],
    ] as const)
      part(name, rows);
    log('1\tall_1_1_0\tall_a\n');
    expect(repair()).toEqual({ ...NOTHING, doubtful: [`${TABLE}/all_2_2_0`] });
    expect(parts()).toEqual(['all_1_2_1', 'all_2_2_0']);
  });

  it('forgets the token of a part that the engine set aside as broken, and knows that it must', () => {
    mkdirSync(at(`${TABLE}/detached/broken-on-start_all_1_1_0`));
    part('all_2_2_0', 5);
    log('1\tall_1_1_0\tall_a\n1\tall_2_2_0\tall_b\n');
    expect(needsRepair(join(directory, 'engine'))).toBe(true);
    expect(repair()).toEqual({ ...NOTHING, forgottenTokens: 1 });
    expect(needsRepair(join(directory, 'engine'))).toBe(false);
    const text = readFileSync(at(`${TABLE}/deduplication_logs/deduplication_log_1.txt`), 'utf8');
    expect(text).toBe('1\tall_1_1_0\tall_a\n1\tall_2_2_0\tall_b\n2\tall_1_1_0\tall_a\n');
  });

  it('does not start again and again for a broken part whose token is long forgotten', () => {
    mkdirSync(at(`${TABLE}/detached/broken-on-start_all_1_2_1`));
    part('all_1_1_0', 5);
    part('all_2_2_0', 5);
    log('1\tall_1_1_0\tall_a\n1\tall_2_2_0\tall_b\n');
    expect(needsRepair(join(directory, 'engine'))).toBe(false);
  });

  it('finds a token without its part among the latest of a table that was just written to', () => {
    const engineDir = join(directory, 'engine');
    part('all_1_1_0', 5);
    log('1\tall_1_1_0\tall_a\n');
    expect(hasStrayToken(engineDir, 0)).toBe(false);
    log('1\tall_1_1_0\tall_a\n1\tall_2_2_0\tall_b\n');
    expect(hasStrayToken(engineDir, 0)).toBe(true);
    expect(hasStrayToken(engineDir, Date.now() + 60_000)).toBe(false);
    log('1\tall_1_1_0\tall_a\n1\tall_2_2_0\tall_b\n2\tall_2_2_0\tall_b\n');
    expect(hasStrayToken(engineDir, 0)).toBe(false);
    const later = Array.from({ length: 16 }, (_, i) => `1\tall_1_1_0\tall_${i}\n`).join('');
    log(`1\tall_9_9_0\tlong ago\n${later}`);
    expect(hasStrayToken(engineDir, 0)).toBe(false);
  });

  it('writes into the latest of several logs, in the order of their numbers', () => {
    for (const number of [9, 10, 11]) log(`1\tall_${number}_${number}_0\tall_${number}\n`, number);
    part('all_9_9_0', 1, SINCE_MS - 1);
    part('all_11_11_0', 1);
    expect(repair()).toEqual({ ...NOTHING, forgottenTokens: 1 });
    const text = readFileSync(at(`${TABLE}/deduplication_logs/deduplication_log_11.txt`), 'utf8');
    expect(text).toBe('1\tall_11_11_0\tall_11\n2\tall_10_10_0\tall_10\n');
  });

  it('sets named parts aside beside earlier ones of the same name', () => {
    for (let i = 0; i < 3; i++) {
      part('all_1_2_1', 5);
      const report = repair([`${TABLE}/all_1_2_1`, `${TABLE}/all_7_7_0`, '../elsewhere/all_1_1_0']);
      expect(report).toEqual({ ...NOTHING, setAside: [`${TABLE}/all_1_2_1`] });
    }
    const detached = readdirSync(at(`${TABLE}/detached`)).toSorted();
    expect(detached).toEqual(['broken_all_1_2_1', 'broken_all_1_2_1_try1', 'broken_all_1_2_1_try2']);
  });

  it('repairs small files that the engine cannot start without', () => {
    writeFileSync(at(`${TABLE}/format_version.txt`), '');
    writeFileSync(at(`${TABLE}/mutation_4.txt`), '');
    writeFileSync(at(`${TABLE}/mutation_5.txt`), 'format version: 1\n');
    repair();
    expect(readFileSync(at(`${TABLE}/format_version.txt`), 'utf8')).toBe('1');
    expect(readdirSync(at(TABLE)).filter((name) => name.startsWith('mutation'))).toEqual(['mutation_5.txt']);
  });

  it('puts a definition back that is empty or cut short, and removes one that never was whole', () => {
    writeFileSync(at(`${DATABASE}/kept.sql`), SCHEMA);
    writeFileSync(
      at('metadata/winnow.sql'),
      "ATTACH DATABASE _ UUID 'def00000-0000-0000-0000-000000000000'\nENGINE = Atomic\n",
    );
    const backUp = (): void => {
      backUpSchemas(join(directory, 'engine'), join(directory, 'schema'));
    };
    backUp();
    for (const text of ['', SCHEMA.slice(0, 100), SCHEMA.slice(0, -1)]) {
      writeFileSync(at(`${DATABASE}/kept.sql`), text);
      writeFileSync(at('metadata/winnow.sql'), '');
      writeFileSync(at(`${DATABASE}/new.sql`), text);
      backUp(); // what is broken is not copied
      expect(repair().schemas).toEqual(['metadata/winnow.sql', `${DATABASE}/kept.sql`, `${DATABASE}/new.sql`]);
      expect(readFileSync(at(`${DATABASE}/kept.sql`), 'utf8')).toBe(SCHEMA);
      expect(existsSync(at(`${DATABASE}/new.sql`))).toBe(false);
    }
    const changed = SCHEMA.replace('8192', '4096');
    writeFileSync(at(`${DATABASE}/kept.sql`), changed);
    expect(repair().schemas).toEqual([]);
    expect(readFileSync(at(`${DATABASE}/kept.sql`), 'utf8')).toBe(changed);
  });

  it('knows a definition that was cut anywhere', () => {
    expect(isWholeSchema(SCHEMA)).toBe(true);
    const mayEnd = SCHEMA.indexOf('ENGINE = MergeTree\n'); // from there on a line's end may be the end of a shorter one
    for (let length = 0; length <= mayEnd; length++) expect(isWholeSchema(SCHEMA.slice(0, length))).toBe(false);
  });
});
