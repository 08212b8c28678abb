// A start on the data directory of an older version: rows in ClickHouse, blocks in the spool, a write-ahead log of the old format with undecided traces.
// Everything is there afterwards, once, and can be read; a second start finds the same. old-data/make.ts made the directory, with the version its name says.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createStoreClient } from '#collector/store/client.ts';
import { GAUGE, POINT_BASE } from '#tests/support/exact-load.ts';
import { ANY_PORTS, RunningRole } from '#tests/support/running-role.ts';
import { ITEMS_FILE, newLoad, OLD_FLAGS, type OldItems } from './old-data/old-items.ts';

const ARCHIVE = fileURLToPath(new URL('old-data/version-0.1.0-f4929fc.tgz', import.meta.url));
/** 2026-11-30, 18:00 UTC: the traces are of the hour from then on. */
const MADE_NS = BigInt(Date.UTC(2026, 10, 30, 18)) * 1_000_000n;
const HOUR_NS = 3_600_000_000_000n;
const TIMEOUT_MS = 180_000;
const QUIET_MS = 90_000;

let home: string;
let winnow: RunningRole | undefined;

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'winnow-old-data-'));
  execFileSync('tar', ['-xzf', ARCHIVE, '-C', home]);
});

afterEach(async () => {
  await winnow?.end();
  rmSync(home, { recursive: true, force: true });
});

async function start(): Promise<RunningRole> {
  winnow = new RunningRole('all-in-one', ['--data', path.join(home, 'data'), ...ANY_PORTS, ...OLD_FLAGS]);
  await winnow.addresses();
  return winnow;
}

/** Resolves when nothing is buffered or on its way. */
async function quiet(role: RunningRole): Promise<void> {
  const pending = async (): Promise<number> => {
    const { spans, log_records: logs, metric_points: points } = await role.ledger();
    return spans.pending + logs.pending + points.pending;
  };
  await expect.poll(pending, { timeout: QUIET_MS, interval: 200 }).toBe(0);
}

/** What ClickHouse has of the items. */
async function stored(role: RunningRole): Promise<Record<string, number>> {
  const { clickhouse } = await role.addresses();
  const client = createStoreClient({ url: clickhouse!, database: 'winnow' });
  const load = newLoad();
  const run = load.runIdHex.toUpperCase();
  try {
    const answer = await client.query({
      query: `SELECT
          (SELECT count() FROM spans WHERE startsWith(hex(trace_id), {run:String})) AS spans,
          (SELECT uniqExact(span_id) FROM spans WHERE startsWith(hex(trace_id), {run:String})) AS differentSpans,
          (SELECT sum(span_count) FROM traces WHERE startsWith(hex(trace_id), {run:String})) AS spansOfTraces,
          (SELECT count() FROM logs WHERE startsWith(body, {prefix:String})) AS logs,
          (SELECT uniqExact(body) FROM logs WHERE startsWith(body, {prefix:String})) AS differentLogs,
          (SELECT count() FROM samples WHERE value >= {base:Float64} AND id IN (SELECT id FROM series WHERE name = {gauge:String})) AS points,
          (SELECT uniqExact(value) FROM samples WHERE value >= {base:Float64} AND id IN (SELECT id FROM series WHERE name = {gauge:String})) AS differentPoints,
          (SELECT sum(calls) FROM red WHERE startsWith(service, 'exact-')) AS redCalls,
          (SELECT sum(calls) FROM edges WHERE startsWith(caller, 'exact-') AND startsWith(callee, 'exact-')) AS edgeCalls`,
      query_params: { run, prefix: load.logPrefix, base: POINT_BASE, gauge: GAUGE },
      format: 'JSONEachRow',
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
    });
    return (await answer.json<Record<string, number>>())[0]!;
  } finally {
    await client.close();
  }
}

it(
  'has everything that was acknowledged, once, and reads it; a second start finds the same',
  async () => {
    const items = JSON.parse(readFileSync(path.join(home, ITEMS_FILE), 'utf8')) as OldItems;
    const all = {
      spans: items.spans,
      differentSpans: items.spans,
      spansOfTraces: items.spans,
      logs: items.logs,
      differentLogs: items.logs,
      points: items.points,
      differentPoints: items.points,
      redCalls: items.spans,
      edgeCalls: items.wholeTraces,
    };
    const first = await start();
    await quiet(first);
    await expect.poll(() => stored(first), { timeout: QUIET_MS, interval: 500 }).toEqual(all); // RED and edges every 10 s
    const { http } = await first.addresses();
    const search = await fetch(`http://${http}/api/search?limit=1&start=${MADE_NS}&end=${MADE_NS + HOUR_NS}`);
    const { traces } = (await search.json()) as { traces: { trace_id: string }[] };
    const trace = await fetch(`http://${http}/api/traces/${traces[0]!.trace_id}`);
    expect([search.status, trace.status]).toEqual([200, 200]);
    const { spans, log_records: logs, metric_points: points } = await first.ledger();
    expect([spans.imbalance, logs.imbalance, points.imbalance]).toEqual([0, 0, 0]);
    expect(await (await first.admin('/healthz')).text()).not.toMatch(/audit|ledger|log/);
    expect(await first.end()).toBe(0);
    const second = await start();
    await quiet(second);
    expect(await stored(second)).toEqual(all);
  },
  TIMEOUT_MS,
);
