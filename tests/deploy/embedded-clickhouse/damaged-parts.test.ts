// Parts of the embedded engine that are damaged while it runs: an alarm, and a restart that brings back what can be brought back.
import { createClient, type ClickHouseClient } from '@clickhouse/client';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { superviseClickHouse, type SupervisedClickHouse } from '#deploy/supervised-clickhouse.ts';

const ALARM_WITHIN = { timeout: 40_000, interval: 200 };
let dataDir: string;
let store: SupervisedClickHouse;
let client: ClickHouseClient;
let lines: string[];

beforeEach(async () => {
  lines = [];
  dataDir = mkdtempSync(join(tmpdir(), 'winnow-damaged-'));
  store = await superviseClickHouse(dataDir, 1, (line) => {
    lines.push(line);
  });
  client = createClient({ url: store.url, log: { level: 127 } });
  const settings = 'SETTINGS non_replicated_deduplication_window = 100';
  await client.command({ query: `CREATE TABLE t (id UInt64) ENGINE = MergeTree ORDER BY id ${settings}` });
  for (const from of [0, 1000]) {
    const values = Array.from({ length: 100 }, (_, i) => ({ id: from + i }));
    await client.insert({ table: 't', values, format: 'JSONEachRow', clickhouse_settings: { async_insert: 0 } });
  }
});
afterEach(async () => {
  await client.close();
  await store.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

function fileOf(part: string, name: string): string {
  return join(dataDir, 'engine', 'data', 'default', 't', part, name);
}
async function rows(where = '1'): Promise<number> {
  const query = `SELECT toUInt32(count()) AS rows FROM t WHERE ${where} AND NOT ignore(id)`;
  const result = await client.query({ query, format: 'JSONEachRow' });
  return (await result.json<{ rows: number }>())[0]!.rows;
}
async function status(): Promise<unknown> {
  const { host, password } = new URL(store.url);
  return (await fetch(`http://${host}/status`, { headers: { 'x-clickhouse-key': password } })).json();
}

describe('a damaged part', () => {
  it('that was merged is set aside, and what it was merged from comes back', async () => {
    const before = store.pid();
    await client.command({ query: 'OPTIMIZE TABLE t FINAL' });
    const merged = readdirSync(join(dataDir, 'engine', 'data', 'default', 't')).find((name) => name === 'all_1_2_1')!;
    truncateSync(fileOf(merged, 'data.cmrk4'), 0);
    await expect(rows()).rejects.toThrow(/Empty marks file/);
    await expect.poll(async () => (store.pid() === before ? 0 : rows().catch(() => 0)), ALARM_WITHIN).toBe(200);
    expect(lines.join('\n')).toMatch(/a part could not be read: Empty marks file/);
    expect(await status()).toMatchObject({ lostParts: 0, unreadableParts: [] });
  });

  it('that is all there is of its rows stays, is named, and does not restart the engine for ever', async () => {
    const before = store.pid();
    flipByte(fileOf('all_2_2_0', 'data.bin'));
    await expect(rows()).rejects.toThrow(/Checksum doesn't match/);
    const restarted = async (): Promise<unknown> =>
      store.pid() === before ? undefined : status().catch(() => undefined);
    await expect
      .poll(restarted, ALARM_WITHIN)
      .toMatchObject({ unreadableParts: [expect.stringMatching(/^store\/.*\/all_2_2_0$/)] });
    expect(await rows("_part = 'all_1_1_0'")).toBe(100);
    const after = store.pid();
    await expect(rows()).rejects.toThrow(/Checksum doesn't match/);
    await expect
      .poll(async () => ((await status()) as { readErrors: number }).readErrors, ALARM_WITHIN)
      .toBeGreaterThan(0);
    expect(store.pid()).toBe(after);
  });
});

function flipByte(path: string): void {
  const file = openSync(path, 'r+');
  const byte = Buffer.alloc(1);
  const at = statSync(path).size - 20;
  readSync(file, byte, 0, 1, at);
  byte[0]! ^= 64;
  writeSync(file, byte, 0, 1, at);
  closeSync(file);
}
