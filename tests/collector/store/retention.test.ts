// Retention against a real ClickHouse: what the tables say they do, and what becomes of rows that are too old.
import type { ClickHouseClient } from '@clickhouse/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStoreClient } from '#collector/store/client.ts';
import { DEFAULT_RETENTION as DEFAULTS, makeTables } from '#tests/support/make-tables.ts';
import { applyRetention, ttlSeconds } from '#collector/store/retention.ts';
import { ALL_TABLES } from '#proto/tables/all-tables.ts';
import type { TestClickHouse } from '#tests/support/embedded-clickhouse.ts';
import { startEmbeddedClickHouse } from '#tests/support/embedded-clickhouse.ts';

const DAY_MS = 86_400_000;

describe('retention', () => {
  let server: TestClickHouse;
  let client: ClickHouseClient;
  beforeAll(async () => {
    server = await startEmbeddedClickHouse();
    client = createStoreClient({ url: server.url });
    await makeTables(client);
  });
  afterAll(async () => {
    await client.close();
    await server.stop();
  });

  async function ttls(): Promise<Map<string, string>> {
    const result = await client.query({
      query:
        "SELECT name, extract(engine_full, 'TTL (.*?) SETTINGS') AS ttl FROM system.tables WHERE database = currentDatabase() AND ttl != ''",
      format: 'JSONEachRow',
    });
    return new Map((await result.json<{ name: string; ttl: string }>()).map((row) => [row.name, row.ttl]));
  }

  it('knows every table that has a TTL', async () => {
    expect(ALL_TABLES.map(({ name }) => name).toSorted()).toEqual([...(await ttls()).keys()].toSorted());
  });

  it('leaves the tables alone when the configuration is the one that they were made with', async () => {
    expect(await applyRetention(client, DEFAULTS)).toEqual([]);
  });

  it('alters exactly the tables of a changed setting, once, and back again', async () => {
    const shorter = { ...DEFAULTS, metrics: 2 * DAY_MS + 500 };
    expect((await applyRetention(client, shorter)).toSorted()).toEqual([
      'edges',
      'histograms',
      'propagation',
      'reconstruction',
      'red',
      'samples',
      'series',
    ]);
    expect((await ttls()).get('samples')).toBe('stored_at + toIntervalSecond(172801)');
    expect(await applyRetention(client, shorter)).toEqual([]);
    expect((await applyRetention(client, { ...DEFAULTS, decisions: DAY_MS })).toSorted()).toEqual([
      'decisions',
      'edges',
      'histograms',
      'propagation',
      'reconstruction',
      'red',
      'samples',
      'series',
    ]);
    expect((await ttls()).get('decisions')).toBe('toDateTime(decided_at) + toIntervalSecond(86400)');
    expect(await applyRetention(client, DEFAULTS)).toEqual(['decisions']);
  });

  it('keeps resources longer than all that points at them', async () => {
    await applyRetention(client, { ...DEFAULTS, logs: 90 * DAY_MS });
    expect((await ttls()).get('resources')).toBe(`stored_at + toIntervalSecond(${92 * 86_400})`);
    expect((await ttls()).get('traces')).toBe(`stored_at + toIntervalSecond(${7 * 86_400})`);
    await applyRetention(client, DEFAULTS);
  });

  it('never asks for a time that a DateTime cannot hold, nor for none at all', async () => {
    for (const ms of [0, 1000 * 365 * DAY_MS]) {
      for (const table of ALL_TABLES) {
        const seconds = ttlSeconds(table, { traces: ms, logs: ms, metrics: ms, decisions: ms });
        expect(seconds).toBeGreaterThanOrEqual(60);
        expect(Date.now() / 1000 + seconds).toBeLessThan(2 ** 32);
      }
    }
  });

  it('takes rows that were stored too long ago, and no others', async () => {
    const now = Math.floor(Date.now() / 1000);
    const rows = [now, now - 3 * 86_400].map((stored) => `(1, ${stored}, ${stored}, 1, 0)`).join(', ');
    await client.command({ query: `INSERT INTO samples (id, ts, stored_at, value, start) VALUES ${rows}` });
    await applyRetention(client, { ...DEFAULTS, metrics: DAY_MS });
    await client.command({ query: 'OPTIMIZE TABLE samples FINAL' });
    const left = async (): Promise<number> => {
      const result = await client.query({ query: 'SELECT count()::Float64 AS n FROM samples', format: 'JSONEachRow' });
      return (await result.json<{ n: number }>())[0]?.n ?? -1;
    };
    await expect.poll(left, { timeout: 20_000 }).toBe(1);
  });

  it('leaves a TTL alone that somebody wrote by hand', async () => {
    await client.command({
      query: 'ALTER TABLE exemplars MODIFY TTL stored_at + toIntervalDay(5) + toIntervalHour(1)',
    });
    expect(await applyRetention(client, { ...DEFAULTS, traces: 9 * DAY_MS })).not.toContain('exemplars');
  });
});
