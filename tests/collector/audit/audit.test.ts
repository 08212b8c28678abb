// The audit against the real engine: behind its back rows are deleted, parts detached and spoiled, blocks inserted again. It finds each of them within two
// checks, and is silent about everything that happens in regular operation.
import { truncateSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createStoreClient } from '#collector/store/client.ts';
import { insertBlock } from '#collector/store/insert-block.ts';
import { makeTables } from '#tests/support/make-tables.ts';
import { AuditedStore } from '#tests/support/audited-store.ts';
import { startEmbeddedClickHouse, type TestClickHouse } from '#tests/support/embedded-clickhouse.ts';

const NONE = { traces: 0, logs: 0, metrics: 0 };
/** A busy machine needs so long for a restart of the engine. */
const RESTARTING_MS = 60_000;
const WELL = { missing: NONE, doubled: NONE, failure: null };

let server: TestClickHouse;
const databases = new Map<string, Database>();

beforeAll(async () => {
  server = await startEmbeddedClickHouse();
});

afterAll(async () => {
  for (const { client } of databases.values()) await client.close();
  await server.stop();
});

type Database = Awaited<ReturnType<typeof makeDatabase>>;

async function makeDatabase(name: string, url = server.url) {
  const admin = createStoreClient({ url });
  await admin.command({ query: `CREATE DATABASE ${name}` });
  await admin.close();
  const client = createStoreClient({ url, database: name });
  await makeTables(client);
  const command = async (query: string, params: Record<string, unknown> = {}): Promise<void> => {
    await client.command({ query, query_params: params, clickhouse_settings: { mutations_sync: '1' } });
  };
  const rows = async <Row>(query: string): Promise<Row[]> =>
    (
      await client.query({
        query,
        format: 'JSONEachRow',
        clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
      })
    ).json<Row>();
  return {
    client,
    command,
    /** Names and paths of the parts of a table, newest last. */
    parts: (table: string) =>
      rows<{ name: string; rows: number; path: string }>(
        `SELECT name, rows, path FROM system.parts WHERE database = '${name}' AND table = '${table}' AND active ORDER BY max_block_number`,
      ),
    audited: (): Promise<AuditedStore> => AuditedStore.open(client),
  };
}

/** Tests share them: every collector has a number of its own. The parts of `still` stay as they are inserted. */
async function database(name: 'still' | 'merging' | 'own'): Promise<Database> {
  let known = databases.get(name);
  if (known === undefined) {
    known = await makeDatabase(name);
    databases.set(name, known);
    for (const table of name === 'still' ? ['spans', 'logs', 'samples'] : []) {
      await known.command(
        `ALTER TABLE ${table} MODIFY SETTING max_bytes_to_merge_at_max_space_in_pool = 1, max_bytes_to_merge_at_min_space_in_pool = 1`,
      );
    }
  }
  return known;
}

describe('the audit finds', () => {
  it('a part that is lost, names its blocks, and sees it come back', async () => {
    const { command, parts, audited } = await database('still');
    const store = await audited();
    for (const spans of [30, 40, 50]) {
      await store.store(spans, 5, 5);
      store.pass(3);
    }
    expect(await store.check()).toEqual(WELL);
    const { name } = (await parts('spans')).at(-2)!;
    await command(`ALTER TABLE spans DETACH PART '${name}'`);
    expect(await store.check()).toEqual({ ...WELL, missing: { ...NONE, traces: 40 } });
    expect(store.lines).toEqual([
      expect.stringMatching(/^audit: 40 spans are missing in the store: stored \S+Z to \S+Z, blocks \d+ \(40 rows\)$/),
    ]);
    expect(store.audit.reasons()).toEqual([
      {
        reason: '40 spans that ClickHouse acknowledged are missing there',
        remedy: expect.stringContaining('POST /audit/accept') as string,
      },
    ]);
    await command(`ALTER TABLE spans ATTACH PART '${name}'`);
    expect(await store.check()).toEqual(WELL);
    expect(store.lines.at(-1)).toBe('audit: all spans are there again');
    expect(store.audit.reasons()).toEqual([]);
  });

  it('single rows that are missing, of each table, hours after they were stored and over a restart of the collector', async () => {
    const { command, audited } = await database('merging');
    const store = await audited();
    await store.store(100, 100, 100);
    store.pass(5 * 3600);
    await store.store(10, 10, 10);
    expect(await store.check()).toEqual(WELL);
    await store.restart();
    await command('ALTER TABLE spans DELETE WHERE span_id IN (SELECT span_id FROM spans ORDER BY span_id LIMIT 1)');
    await command('DELETE FROM logs WHERE ts IN (SELECT ts FROM logs ORDER BY ts LIMIT 20, 3)');
    await command('ALTER TABLE samples DELETE WHERE value IN (77, 78)');
    expect(await store.check()).toEqual({ ...WELL, missing: { traces: 1, logs: 3, metrics: 2 } });
    store.pass(3600);
    expect(await store.check()).toEqual({ ...WELL, missing: { traces: 1, logs: 3, metrics: 2 } });
    store.pass(15 * 3600);
    await store.restart();
    expect(await store.check()).toEqual({ ...WELL, missing: { traces: 1, logs: 3, metrics: 2 } });
    store.pass(4 * 3600);
    expect(await store.check(), 'a day later').toEqual(WELL);
  });

  it('many blocks that are not there at all, however long ago', async () => {
    const { audited } = await database('still');
    const store = await audited();
    for (let block = 0; block < 150; block++) {
      await store.audit.acknowledged({
        table: 'spans',
        seq: block,
        storedAt: Math.floor(store.nowMs / 1000),
        rows: 2,
        digest: block,
      });
      store.pass(560);
    }
    expect(await store.check()).toEqual({ ...WELL, missing: { ...NONE, traces: 300 } });
    expect(store.lines[0]).toMatch(/blocks 0 \(2 rows\), .* and \d+ more$/);
  });

  it('a block that is inserted again under another token', async () => {
    const { client, audited } = await database('still');
    const store = await audited();
    const { entry, bytes } = await store.storeAndKeep(25);
    expect(await store.check()).toEqual(WELL);
    await insertBlock(client, 'spans', entry.columns, bytes, `${entry.token}-again`);
    expect(await store.check()).toEqual({ ...WELL, doubled: { ...NONE, traces: 25 } });
    expect(store.lines[0]).toMatch(
      /^audit: 25 spans are there more often than they were acknowledged: .* blocks \d+ \(25 rows\)$/,
    );
    expect(store.audit.reasons()[0]).toMatchObject({ reason: '25 spans are stored twice' });
  });

  it('a block that a crash lets be sent again where ClickHouse does not know it again', async () => {
    const { audited } = await database('still');
    const store = await audited();
    store.losesAnswers = true;
    await store.send(33);
    store.losesAnswers = false;
    store.forgetTokens = 'x';
    await store.crash();
    await store.acknowledgeAll();
    expect(await store.check()).toEqual({ ...WELL, doubled: { ...NONE, traces: 33 } });
  });

  it('a block that is lost beside one of as many rows that is there twice', async () => {
    const { client, command, parts, audited } = await database('still');
    const store = await audited();
    const { entry, bytes } = await store.storeAndKeep(20);
    await store.store(20); // the same second
    await insertBlock(client, 'spans', entry.columns, bytes, 'again');
    await command(`ALTER TABLE spans DETACH PART '${(await parts('spans')).at(-2)!.name}'`);
    expect(await store.check()).toEqual({ ...WELL, missing: { ...NONE, traces: 1 }, doubled: { ...NONE, traces: 1 } });
  });

  it('spans that are stored twice in blocks that were stored once each, of whatever trace', async () => {
    const { audited } = await database('merging');
    const store = await audited();
    for (let trace = 1; trace <= 40; trace++)
      for (let span = 1; span <= 3; span++) store.append({ trace, span: trace * 10 + span });
    await store.acknowledgeAll();
    store.pass(20);
    for (let trace = 1; trace <= 40; trace += 4) store.append({ trace, span: trace * 10 + 2 });
    await store.acknowledgeAll();
    await store.crash(); // before anything was looked at
    expect(await store.checkAll()).toEqual({ ...WELL, doubled: { ...NONE, traces: 10 } });
    expect(store.audit.reasons()[0]).toMatchObject({ reason: '10 spans are stored twice' });
    await store.restart();
    expect(await store.checkAll(), 'after a restart').toEqual({ ...WELL, doubled: { ...NONE, traces: 10 } });
    await store.audit.accept();
    expect(await store.checkAll()).toEqual(WELL);
    await store.restart();
    expect(await store.checkAll(), 'accepted once, accepted for good').toEqual(WELL);
  });
});

describe('the audit is silent', () => {
  it('over merges, restarts and crashes of collector and engine, other collectors, old rows and late blocks', async () => {
    const { command, audited } = await database('merging');
    await command(
      "INSERT INTO spans (trace_id, stored_at, span_id) SELECT unhex('aa'), now(), unhex('bb') FROM numbers(1000)",
    );
    const [one, other] = [await audited(), await audited()];
    for (let round = 0; round < 8; round++) {
      for (const store of [one, other]) {
        await store.store(10 + round, 3, 50);
        await store.store(1, 1, 1);
        store.pass(round % 3 === 0 ? 400 : 2);
        await store.audit.run();
      }
      if (round === 2) await one.crash();
      if (round === 3) await command('OPTIMIZE TABLE spans FINAL');
      if (round === 4) await other.restart();
      if (round === 5) {
        await server.kill9();
        await server.restart();
      }
      if (round === 6) one.bootedS += 1000;
      if (round === 7) await one.crash();
    }
    expect(await one.checkAll()).toEqual(WELL);
    expect(await other.checkAll()).toEqual(WELL);
    expect([...one.lines, ...other.lines]).toEqual([]);
  });

  it('while a block is on its way, stored and not acknowledged', async () => {
    const { audited } = await database('still');
    const store = await audited();
    await store.store(5);
    store.losesAnswers = true;
    await store.send(40);
    expect(await store.check()).toEqual(WELL);
    store.losesAnswers = false;
    await store.crash();
    expect(await store.check(), 'its file says its second').toEqual(WELL);
    await store.acknowledgeAll();
    expect(await store.check()).toEqual(WELL);
    expect(store.audit.status().missing).toEqual(NONE);
  });

  it('about a block that is acknowledged in two lives, its file having outlived the first', async () => {
    const { command, parts, audited } = await database('still');
    const store = await audited();
    await store.store(3);
    store.keepsFiles = true;
    await store.store(21);
    await store.crash();
    store.keepsFiles = false;
    await store.acknowledgeAll();
    expect(store.spool.entries.size).toBe(0);
    expect(await store.check()).toEqual(WELL);
    await command(`ALTER TABLE spans DETACH PART '${(await parts('spans')).at(-1)!.name}'`);
    expect(await store.check(), 'and counts it once when it is lost').toEqual({
      ...WELL,
      missing: { ...NONE, traces: 21 },
    });
  });

  it('about a note that the disk refused: the block is acknowledged again in the next life', async () => {
    const { audited } = await database('still');
    const store = await audited();
    store.auditFiles.failure = { error: new Error('no space left'), after: 7 };
    await store.store(12);
    expect(await store.check()).toEqual(WELL);
    store.auditFiles.failure = undefined;
    await store.crash();
    await store.acknowledgeAll();
    expect(await store.check()).toEqual(WELL);
  });

  it('about copies of a span that come long after, and about spans that only share their id', async () => {
    const { audited } = await database('still');
    const store = await audited();
    store.append({ trace: 1, span: 1, kind: 3 });
    store.append({ trace: 1, span: 1, kind: 2 });
    store.append({ trace: 2, span: 5 });
    await store.acknowledgeAll();
    store.pass(60);
    store.append({ trace: 2, span: 5 });
    await store.acknowledgeAll();
    expect(await store.checkAll()).toEqual(WELL);
  });

  it('about rows that its files know nothing of: they were lost, or the machine failed', async () => {
    const { audited } = await database('still');
    const store = await audited();
    await store.store(10);
    store.pass(1);
    await store.store(15);
    store.auditFiles.files.clear();
    await store.crash();
    await store.store(7);
    expect(await store.check()).toEqual(WELL);
    store.pass(100);
    await store.store(5);
    const [name, bytes] = [...store.auditFiles.files].at(-1)!;
    await store.store(6); // the same second
    store.auditFiles.files.set(name, bytes);
    store.bootedS += 1000;
    await store.crash();
    expect(await store.check()).toEqual(WELL);
  });

  it('when differences are accepted, and finds what comes later', async () => {
    const { command, audited } = await database('still');
    const store = await audited();
    await store.store(10, 0, 10);
    await command('TRUNCATE TABLE spans');
    expect((await store.check()).missing).toEqual({ ...NONE, traces: 10 });
    await store.audit.accept();
    expect(await store.check()).toEqual(WELL);
    await store.restart();
    await store.store(4);
    expect(await store.check()).toEqual(WELL);
    await command('TRUNCATE TABLE spans');
    expect((await store.check()).missing).toEqual({ ...NONE, traces: 4 });
  });
});

describe('the audit', () => {
  it('says why it could not look, keeps what it knew, and is no alarm before five minutes', async () => {
    const { audited } = await database('merging');
    const store = await audited();
    await store.store(10);
    expect(await store.check()).toEqual(WELL);
    await server.kill9();
    expect(await store.check()).toMatchObject({
      missing: NONE,
      failure: expect.stringMatching(/connect|socket|ECONN/) as string,
    });
    expect(store.audit.reasons()).toEqual([]);
    store.pass(300);
    expect(store.audit.reasons()).toEqual([
      {
        reason: expect.stringContaining('the store cannot be audited') as string,
        remedy: expect.stringContaining('system.parts') as string,
      },
    ]);
    await server.restart();
    expect(await store.check()).toEqual(WELL);
    expect(store.audit.reasons()).toEqual([]);
    expect(store.lines).toEqual([]);
  });

  it('compares what the table keeps, no more', async () => {
    const { command, audited } = await database('own');
    const store = await audited();
    await command('ALTER TABLE spans MODIFY TTL stored_at + toIntervalHour(1)');
    await command('ALTER TABLE logs MODIFY TTL stored_at + toIntervalDay(1) WHERE severity < 9');
    await store.store(10, 10);
    await command('TRUNCATE TABLE spans');
    await command('TRUNCATE TABLE logs');
    store.pass(1800);
    expect((await store.check()).missing).toEqual({ ...NONE, traces: 10 });
    store.pass(1800);
    expect((await store.check()).missing).toEqual(NONE);
  });
});

// The engine may notice the part, too, set it aside and restart: it is not that of the other tests.
describe('the audit of an engine with a spoiled part', () => {
  it(
    'finds the part that cannot be read, at once and over its restarts, also while the engine restarts for it',
    { timeout: RESTARTING_MS * 3 },
    async () => {
      const engine = await startEmbeddedClickHouse();
      const { client, parts, audited } = await makeDatabase('still', engine.url);
      try {
        const store = await audited();
        await store.store(0, 77);
        const part = (await parts('logs')).at(-1)!;
        truncateSync(path.join(part.path, 'data.cmrk4'), 0);
        const found = { ...WELL, missing: { ...NONE, logs: 77 } };
        expect(await store.check()).toEqual(found);
        expect(store.lines[0]).toMatch(new RegExp(`^audit: part ${part.name} of logs with 77 rows cannot be read`));
        expect(store.audit.reasons()).toEqual([
          {
            reason: `77 log records cannot be read: ${part.name}`,
            remedy: expect.stringContaining('restart ClickHouse') as string,
          },
        ]);
        for (let life = 0; life < 2; life++) {
          await store.restart();
          const answered = async (): Promise<unknown> => {
            const status = await store.check();
            return status.failure === null ? status : undefined;
          };
          expect(await vi.waitUntil(answered, { timeout: RESTARTING_MS, interval: 500 })).toEqual(found);
        }
      } finally {
        await client.close();
        await engine.stop();
      }
    },
  );
});
