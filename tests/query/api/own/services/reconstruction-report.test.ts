// The reconstruction report over the rows of many flushes, against the real engine.
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createStoreClient } from '#collector/store/client.ts';
import { makeTables } from '#tests/support/make-tables.ts';
import { StoreTables } from '#collector/store/tables/store-tables.ts';
import { ReconstructionReportResponse } from '#proto/api/reconstruction-report.ts';
import { reconstructionReport } from '#query/api/own/services/reconstruction-report.ts';
import type { Store } from '#query/store/open-store.ts';
import { startEmbeddedClickHouse, type TestClickHouse } from '#tests/support/embedded-clickhouse.ts';
import { storeAt } from '#tests/support/store-of.ts';

const MINUTE_S = 1_800_000_000;
const RANGE = { startNs: BigInt(MINUTE_S) * 1_000_000_000n, endNs: BigInt(MINUTE_S + 600) * 1_000_000_000n };

let server: TestClickHouse;
let store: Store;

beforeAll(async () => {
  server = await startEmbeddedClickHouse();
  const client = createStoreClient({ url: server.url });
  await makeTables(client);
  const { reconstruction: table } = new StoreTables();
  const orphans = { service: 'shop', kind: 'missing_parent' };
  table.append({
    minuteSeconds: MINUTE_S,
    ...orphans,
    traces: 2,
    spans: 10,
    example: [0, 0, 0, 9],
    exampleKept: false,
  });
  table.append({
    minuteSeconds: MINUTE_S + 60,
    ...orphans,
    traces: 1,
    spans: 5,
    example: [0, 0, 0, 5],
    exampleKept: true,
  });
  table.append({
    minuteSeconds: MINUTE_S + 60,
    service: 'shop',
    kind: 'cycle',
    traces: 1,
    spans: 1,
    example: [0, 0, 0, 3],
    exampleKept: false,
  });
  table.append({
    minuteSeconds: MINUTE_S + 60,
    service: 'web',
    kind: 'some_day',
    traces: 1,
    spans: 99,
    example: [0, 0, 0, 3],
    exampleKept: false,
  });
  table.append({
    minuteSeconds: MINUTE_S + 3600,
    ...orphans,
    traces: 99,
    spans: 99,
    example: [0, 0, 0, 1],
    exampleKept: true,
  });
  const block = table.cutBlock(Math.floor(Date.now() / 1000))!;
  const { stream } = await client.exec({
    query: `INSERT INTO reconstruction (${block.columns.join(', ')}) FORMAT Native`,
    values: Readable.from([block.bytes], { objectMode: false }),
  });
  for await (const _ of stream) {
    /* drained */
  }
  await client.close();
  store = storeAt(server.url);
});
afterAll(async () => {
  await store.close();
  await server.stop();
});

it('adds up by service and kind, with a stored example where there is one, and what the kind means', async () => {
  const { rows } = ReconstructionReportResponse.parse(await reconstructionReport(store.services, RANGE));
  expect(rows).toHaveLength(2);
  expect(rows[0]).toMatchObject({
    service: 'shop',
    kind: 'missing_parent',
    traces: 3,
    spans: 15,
    example_trace_id: `${'0'.repeat(31)}5`,
    example_kept: true,
  });
  expect(rows[1]).toMatchObject({
    service: 'shop',
    kind: 'cycle',
    traces: 1,
    spans: 1,
    example_trace_id: `${'0'.repeat(31)}3`,
    example_kept: false,
  });
  expect(rows[1]!.meaning).toContain('circle');
});

it('takes all of time for a range', async () => {
  const { rows } = await reconstructionReport(store.services, { startNs: 0n, endNs: 9_223_372_036_854_775_807n });
  expect(rows[0]).toMatchObject({ kind: 'missing_parent', spans: 114, traces: 102 });
});
