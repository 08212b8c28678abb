// What PromQL costs over an embedded ClickHouse: CPU time of both processes for each query, and the resident memory of the one that evaluates.
// Run: node tests/bench/promql-store.bench.ts
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createHash } from 'node:crypto';
import { loadavg } from 'node:os';
import path from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import { createStoreClient } from '#collector/store/client.ts';
import { insertBlock } from '#collector/store/insert-block.ts';
import { StoreTables } from '#collector/store/tables/store-tables.ts';
import type { AnyBlockTable } from '#collector/store/tables/block-table.ts';
import { METRIC_NAME } from '#query/promql/labels.ts';
import { startEmbeddedClickHouse } from '#tests/support/embedded-clickhouse.ts';
import { makeTables } from '#tests/support/make-tables.ts';
import { floatSeries, SCRAPES, timesMs } from './promql-data.ts';

/** A collector sends what comes within some seconds at once; merges put it together to about such parts soon. */
const SCRAPES_PER_INSERT = 60;
/** Longest wait for merges. */
const MERGES_MS = 60_000;

let tokens = 0;

async function send(client: ClickHouseClient, table: AnyBlockTable): Promise<void> {
  const block = table.cutBlock(Math.floor(Date.now() / 1000));
  if (block !== undefined) await insertBlock(client, block.table, block.columns, block.bytes, `bench-${tokens++}`);
}

async function load(client: ClickHouseClient): Promise<void> {
  const tables = new StoreTables();
  const all = [...floatSeries()].map(({ labels, values }) => {
    const digest = createHash('sha256').update(labels.key).digest();
    return { labels, values, idHi: digest.readUInt32BE(0), idLo: digest.readUInt32BE(4) };
  });
  for (const { labels, idHi, idLo } of all)
    tables.series.append({
      name: labels.get(METRIC_NAME),
      idHi,
      idLo,
      labels: new Map([...labels.entries()].filter(([name]) => name !== METRIC_NAME)),
      kind: 'counter',
      unit: '',
      help: '',
      firstSeenMs: timesMs[0]!,
      lastSeenMs: timesMs.at(-1)!,
    });
  await send(client, tables.series);
  for (let from = 0; from < SCRAPES; from += SCRAPES_PER_INSERT) {
    for (let at = from; at < Math.min(SCRAPES, from + SCRAPES_PER_INSERT); at++)
      for (const { idHi, idLo, values } of all) tables.samples.append(idHi, idLo, timesMs[at]!, values[at]!, 0);
    await send(client, tables.samples);
  }
}

async function count(client: ClickHouseClient, from: string): Promise<number> {
  const answer = await client.query({ query: `SELECT toString(count()) AS n FROM ${from}`, format: 'JSONEachRow' });
  const [row] = await answer.json<{ n: string }>();
  return Number(row?.n);
}

const server = await startEmbeddedClickHouse();
const client = createStoreClient({ url: server.url });
try {
  await makeTables(client);
  await load(client);
  const began = performance.now();
  while ((await count(client, 'system.merges')) > 0 && performance.now() - began < MERGES_MS)
    await new Promise((resolve) => setTimeout(resolve, 1000));
  const parts = await count(client, "system.parts WHERE table = 'samples' AND active");
  console.log(`${await count(client, 'samples')} samples in ${parts} parts, load average ${loadavg()[0]!.toFixed(1)}`);
  const child = fork(path.join(import.meta.dirname, 'promql-store-queries.ts'), [server.url, String(server.pid)]);
  await once(child, 'exit');
  process.exitCode = child.exitCode ?? 1;
} finally {
  await client.close();
  await server.stop();
}
