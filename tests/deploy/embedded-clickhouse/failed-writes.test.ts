// Writes of the embedded engine that fail. chDB ignores them: it acknowledges the INSERT, and goes on with a merged part that
// is cut short. Here a limit on the size of files makes them fail as a full disk does, without needing one.
import { createClient, type ClickHouseClient } from '@clickhouse/client';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { superviseClickHouse, type SupervisedClickHouse } from '#deploy/supervised-clickhouse.ts';

const ROWS = 100;
const REMEMBERED = 'SETTINGS non_replicated_deduplication_window = 1000';
const lines: string[] = [];
let dataDir: string;
let store: SupervisedClickHouse;
let client: ClickHouseClient;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'winnow-failed-writes-'));
  store = await superviseClickHouse(dataDir, 1, (line) => {
    lines.push(line);
  });
  client = createClient({ url: store.url, log: { level: 127 } });
});
afterAll(async () => {
  await client.close();
  await store.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

/** No file of the engine that runs now grows above it. The one that is started next has no limit. */
function limitFileSize(bytes: number): void {
  execFileSync('prlimit', ['--pid', String(store.pid()), `--fsize=${bytes}:`]);
}

/** Runs what the engine cannot write; resolves when the one started after it answers. */
async function whileWritesFail(
  limitBytes: number,
  run: () => Promise<unknown>,
  onFailure = (): void => undefined,
): Promise<void> {
  const before = store.pid();
  limitFileSize(limitBytes);
  await expect(run()).rejects.toMatchObject({ code: '243' });
  onFailure();
  await expect
    .poll(async () => store.pid() !== before && (await client.ping()).success, { timeout: 30_000 })
    .toBe(true);
}

/** As the collector sends a block: the same rows under the same token. */
async function insert(table: string, from: number, rows = ROWS): Promise<void> {
  await client.insert({
    table,
    values: Array.from({ length: rows }, (_, i) => ({ id: from + i })),
    format: 'JSONEachRow',
    columns: ['id'],
    clickhouse_settings: { insert_deduplication_token: `block-${from}`, async_insert: 0 },
  });
}

async function makeTable(name: string): Promise<void> {
  // A kB a row on disk that is not in the request: the part is larger than the body that came.
  const columns = 'id UInt64, pad String MATERIALIZED randomString(1000)';
  await client.command({ query: `CREATE TABLE ${name} (${columns}) ENGINE = MergeTree ORDER BY id ${REMEMBERED}` });
}

async function counts(table: string): Promise<unknown> {
  const whole = 'toUInt32(countIf(length(pad) = 1000)) AS whole';
  const query = `SELECT toUInt32(count()) AS rows, toUInt32(uniqExact(id)) AS ids, ${whole} FROM ${table}`;
  const result = await client.query({ query, format: 'JSONEachRow' });
  return (await result.json())[0];
}

const exactly = (rows: number): unknown => ({ rows, ids: rows, whole: rows });

describe('a write of the embedded engine that fails', () => {
  it('is no acknowledged insert: the rows are stored when they come again, once', async () => {
    await makeTable('inserted');
    await insert('inserted', 0);
    await whileWritesFail(50_000, () => insert('inserted', 1000));
    expect(await counts('inserted')).toEqual(exactly(ROWS));
    await insert('inserted', 1000);
    await insert('inserted', 1000);
    await insert('inserted', 0);
    expect(await counts('inserted')).toEqual(exactly(2 * ROWS));
  });

  it('is none either when the process is killed before it has said so', async () => {
    await makeTable('killed');
    await whileWritesFail(
      50_000,
      () => insert('killed', 1000),
      () => {
        process.kill(store.pid(), 'SIGKILL');
      },
    );
    await insert('killed', 1000);
    await insert('killed', 1000);
    expect(await counts('killed')).toEqual(exactly(ROWS));
  });

  it.each(['MergeTree', 'SummingMergeTree(n)'])(
    'stores nothing twice in a %s when only its token was cut short',
    async (engine) => {
      const table = `remembered_by_${engine.split('(', 1)[0]}`;
      await client.command({
        query: `CREATE TABLE ${table} (id UInt64, n UInt64 DEFAULT 1) ENGINE = ${engine} ORDER BY id ${REMEMBERED}`,
      });
      for (let i = 0; i < 80; i++) await insert(table, i, 1);
      const size = statSync(deduplicationLog(table)).size;
      expect(size).toBeGreaterThan(4096); // the state of the engine is written in place below it
      await whileWritesFail(size + 30, () => insert(table, 1000, 1));
      for (let i = 0; i < 80; i++) await insert(table, i, 1);
      for (let i = 0; i < 3; i++) await insert(table, 1000, 1);
      const query = `SELECT toUInt32(sum(n)) AS sum, toUInt32(uniqExact(id)) AS ids FROM ${table}`;
      const result = await client.query({ query, format: 'JSONEachRow' });
      expect(await result.json()).toEqual([{ sum: 81, ids: 81 }]);
    },
  );

  it('loses no part to a merge that could not be written', async () => {
    await makeTable('merged');
    await insert('merged', 0, 60);
    await insert('merged', 1000, 60);
    await whileWritesFail(90_000, () => client.command({ query: 'OPTIMIZE TABLE merged FINAL' }));
    expect(await counts('merged')).toEqual(exactly(120));
    await client.command({ query: 'OPTIMIZE TABLE merged FINAL' });
    expect(await counts('merged')).toEqual(exactly(120));
  });

  it('costs no table: a definition that was cut short is put back, and one that never was whole is made again', async () => {
    await makeTable('altered');
    await insert('altered', 0);
    const long = 'x'.repeat(9000);
    await whileWritesFail(6000, () => client.command({ query: `ALTER TABLE altered MODIFY COMMENT '${long}'` }));
    expect(await counts('altered')).toEqual(exactly(ROWS));
    const made = `made (id UInt64) ENGINE = MergeTree ORDER BY id COMMENT '${long}'`;
    await whileWritesFail(6000, () => client.command({ query: `CREATE TABLE ${made}` }));
    await client.command({ query: `CREATE TABLE IF NOT EXISTS ${made}` });
    await insert('made', 0);
    expect(await counts('altered')).toEqual(exactly(ROWS));
  });

  it('is reported at /status, to those who have the secret', async () => {
    const { host, username, password } = new URL(store.url);
    const ask = (key: string): Promise<Response> => {
      const authorization = `Basic ${Buffer.from(`${username}:${key}`).toString('base64')}`;
      return fetch(`http://${host}/status`, { headers: { authorization } });
    };
    expect((await ask('guessed')).status).toBe(403);
    const well = { suspect: false, lostParts: 0, lostRows: 0, unreadableParts: [], mergesStopped: false };
    expect(await (await ask(password)).json()).toMatchObject({ ...well, startedAfter: 'suspect' });
  });

  it('leaves no part lost and none in doubt behind', async () => {
    expect(lines.filter((line) => /are lost|may be doubled|cannot be read back/.test(line))).toEqual([]);
    await store.stop();
    const state: unknown = JSON.parse(readFileSync(join(dataDir, 'engine-state.json'), 'utf8'));
    expect(state).toMatchObject({ kind: 'clean', lost: [], unreadable: [], setAside: [] });
  });
});

function deduplicationLog(table: string): string {
  return join(dataDir, 'engine', 'data', 'default', table, 'deduplication_logs', 'deduplication_log_1.txt');
}
