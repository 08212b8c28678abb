// A collector whose ClickHouse is away from the start, goes in the middle of work, or is away when it stops: what was acknowledged is stored once.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createClient } from '@clickhouse/client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startEmbeddedClickHouse, type TestClickHouse } from '../support/embedded-clickhouse.ts';
import type { WireAnswer } from '../support/recorded-requests.ts';
import { ANY_PORTS, RunningRole } from '../support/running-role.ts';
import { conserved } from '../support/running-winnow.ts';
import { FAST, Sender, settled, until } from './role-traffic.ts';

const UNAVAILABLE = 14;

let dir: string;
let clickhouse: TestClickHouse;
/** Each test has tables of its own in the one server. */
let database = '';
let tests = 0;
beforeAll(async () => {
  clickhouse = await startEmbeddedClickHouse();
});
afterAll(() => clickhouse.stop());
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'winnow-faults-'));
  database = `faults_${++tests}`;
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const dataFlags = (): string[] => ['--data', path.join(dir, 'data'), ...ANY_PORTS];

describe('a collector whose ClickHouse is away', () => {
  let isDown = false;
  const goDown = async (): Promise<void> => {
    await clickhouse.kill9();
    isDown = true;
  };
  const comeBack = async (): Promise<void> => {
    await clickhouse.restart();
    isDown = false;
  };
  afterEach(async () => {
    if (isDown) await comeBack();
  });

  const startCollector = (...more: string[]): RunningRole =>
    new RunningRole('collector', [
      ...dataFlags(),
      ...FAST,
      `--clickhouse.url=${clickhouse.url}`,
      `--clickhouse.database=${database}`,
      ...more,
    ]);

  it('is there from the start: takes data, says why it is not ready, and stores everything once ClickHouse has come', async () => {
    await goDown();
    await using collector = startCollector();
    const sender = await Sender.to(collector);
    expect((await sender.post(100)).status).toBe(200);
    const ready = await collector.admin('/readyz');
    expect([ready.status, await ready.json()]).toEqual([
      503,
      { status: 'not ready', reasons: [expect.stringMatching(/^ClickHouse does not answer: .*check clickhouse\.url/)] },
    ]);
    const alive = await collector.admin('/healthz');
    expect([alive.status, await alive.json()]).toEqual([
      200,
      { status: 'degraded', reasons: [expect.stringMatching(/^ClickHouse does not answer: /)] },
    ]);
    expect(collector.stderr).toMatch(
      /ClickHouse is not ready \([^)]*ECONNREFUSED[^)]*\): data waits in the spool; check clickhouse\.url/,
    );
    expect(collector.stderr).not.toContain(clickhouse.password);
    await until(() => Promise.resolve(spoolFiles().length > 0));
    await comeBack();
    const { spans } = await settled(collector);
    expect(spans).toMatchObject({ received: 100, stored: 100, dropped: 0 });
    await until(async () => (await collector.admin('/readyz')).status === 200);
    expect(await stored()).toEqual({ rows: 100, distinct: 100 });
    expect(await collector.end()).toBe(0);
  });

  it('goes in the middle: the spool fills, replies are held, then refused as retryable; back again, everything arrives once', async () => {
    await using collector = startCollector('--spool.max_bytes=1MiB', '--receive.max_hold=300ms');
    const sender = await Sender.to(collector);
    let accepted = 0;
    const push = async (): Promise<WireAnswer> => {
      const answer = await sender.post(200, 2000);
      if (answer.status === 200) accepted += 200;
      return answer;
    };
    await push();
    await settled(collector);
    await goDown();
    let refused: WireAnswer | undefined;
    let heldMs = 0;
    await until(async () => {
      const since = performance.now();
      const answer = await push();
      heldMs = performance.now() - since;
      if (answer.status !== 200) refused = answer;
      return refused !== undefined;
    });
    expect(heldMs).toBeGreaterThanOrEqual(290);
    expect(refused).toMatchObject({
      status: 503,
      headers: { 'retry-after': expect.stringMatching(/^[1-9]\d*$/) as string },
    });
    const overGrpc = await sender.call(10);
    expect(overGrpc.status).toBe(UNAVAILABLE);
    const details = Buffer.from(String(overGrpc.headers['grpc-status-details-bin']), 'base64');
    expect(details.includes('google.rpc.RetryInfo')).toBe(true);
    expect(collector.stderr).toMatch(
      /ClickHouse does not take data \(.+\): \d+ blocks, [\d.]+ of 1\.0 MiB in the spool; trying again/,
    );
    expect(await (await collector.admin('/metrics')).text()).toMatch(
      /^winnow_requests_refused_total\{signal="traces",reason="busy"\} [2-9]/m,
    );
    const held = sender.post(50, 10); // held while ClickHouse comes back, or told to come again
    await comeBack();
    if ((await held).status === 200) accepted += 50;
    const { spans } = await settled(collector);
    expect(spans).toMatchObject({ received: accepted, stored: accepted, rejected: 0, dropped: 0 });
    expect(conserved(spans)).toBe(true);
    expect(await stored()).toEqual({ rows: accepted, distinct: accepted });
    expect((await push()).status).toBe(200);
    expect(collector.stderr).toMatch(/ClickHouse is back after \d+ s/);
    sender.close();
  });

  it('told to stop in the middle of a replay: every request gets its answer, every acknowledged span is stored', async () => {
    await using collector = startCollector(
      '--sampling.wait.quiet=30s',
      '--sampling.wait.after_root=30s',
      '--sampling.wait.max=30s',
    );
    const sender = await Sender.to(collector);
    await until(async () => (await collector.admin('/readyz')).status === 200); // the tables are there: it has where to store
    let acknowledged = 0;
    let gone = false;
    const sending = Array.from({ length: 4 }, async () => {
      while (!gone) {
        const answer = await sender.post(50, 100).catch(() => undefined);
        if (answer?.status === 200) acknowledged += 50;
        else gone = true;
      }
    });
    await until(() => Promise.resolve(acknowledged > 2000));
    const pending = (await collector.ledger()).spans.pending;
    expect(pending).toBeGreaterThan(2000); // nothing is decided yet
    expect(await collector.end()).toBe(0);
    await Promise.all(sending);
    expect(await stored()).toEqual({ rows: acknowledged, distinct: acknowledged });
    expect(spoolFiles()).toEqual([]);
  });

  it('ends with blocks in the spool; the next start stores them exactly once, and its ledger balances', async () => {
    await using first = startCollector();
    const sender = await Sender.to(first);
    await sender.post(100);
    await settled(first);
    await goDown();
    await sender.post(300);
    const since = performance.now();
    expect(await first.end()).toBe(0);
    expect(performance.now() - since).toBeLessThan(10_000); // it does not wait for what does not come
    expect(first.stderr).toMatch(/\d+ blocks \(\d+ bytes\) stay in the spool until the next start/);
    expect(spoolFiles().length).toBeGreaterThan(0);
    await comeBack();
    await using second = startCollector();
    const again = await Sender.to(second, 1000);
    await again.post(10);
    const { spans } = await settled(second);
    expect(spans).toMatchObject({ received: 410, stored: 410, dropped: 0, imbalance: 0 });
    expect(await stored()).toEqual({ rows: 410, distinct: 410 });
    expect(await traces()).toBe(410);
    await second.end('SIGKILL');
    await using third = startCollector();
    await until(async () => (await third.admin('/readyz')).status === 200);
    expect((await third.ledger()).spans).toMatchObject({ received: 410, stored: 410, imbalance: 0 });
    expect(await stored()).toEqual({ rows: 410, distinct: 410 });
  });

  it('a damaged file of the spool is set aside, said, and counted as dropped', async () => {
    await using first = startCollector();
    await goDown();
    const sender = await Sender.to(first);
    await sender.post(40);
    expect(await first.end()).toBe(0);
    const spans = spoolFiles().find((name) => name.includes('-spans-'));
    writeFileSync(path.join(dir, 'data', 'spool', spans ?? ''), 'torn');
    await comeBack();
    await using second = startCollector();
    const ledger = await settled(second);
    expect(ledger.spans).toMatchObject({ received: 40, stored: 0, dropped: 40, pending: 0 });
    expect(second.stderr).toContain(`${spans} is damaged`);
  });

  const spoolFiles = (): string[] =>
    readdirSync(path.join(dir, 'data', 'spool')).filter((name) => name.endsWith('.native'));

  async function ask<T>(query: string): Promise<T> {
    const client = createClient({ url: clickhouse.url, database });
    try {
      return (await (await client.query({ query, format: 'JSONEachRow' })).json<T>())[0] as T;
    } finally {
      await client.close();
    }
  }

  const stored = (): Promise<{ rows: number; distinct: number }> =>
    ask('SELECT count()::Float64 AS rows, uniqExact(trace_id, span_id)::Float64 AS distinct FROM spans');
  const traces = async (): Promise<number> =>
    (await ask<{ n: number }>('SELECT sum(span_count)::Float64 AS n FROM traces FINAL')).n;
});
