// The critical paths of many traces as one answer, against the real engine.
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createStoreClient } from '#collector/store/client.ts';
import { makeTables } from '#tests/support/make-tables.ts';
import { StoreTables } from '#collector/store/tables/store-tables.ts';
import type { TraceOperation } from '#collector/store/tables/traces-table.ts';
import { CriticalPathQuery, CriticalPathResponse } from '#proto/api/critical-path.ts';
import type { Store } from '#query/store/open-store.ts';
import { criticalPath } from '#query/api/own/traces/critical-path.ts';
import { startEmbeddedClickHouse, type TestClickHouse } from '#tests/support/embedded-clickhouse.ts';
import { storeAt } from '#tests/support/store-of.ts';

const NOW_MS = 1_700_000_100_000;
const START_NS = 1_700_000_000_000_000_000n;

let server: TestClickHouse;
let store: Store;

function append(
  tables: StoreTables,
  id: number,
  rootName: string,
  weight: number,
  durationNs: number,
  operations: TraceOperation[],
): void {
  const start = START_NS + BigInt(id);
  const halves = {
    startHi: Number(start >> 32n),
    startLo: Number(start & 0xffffffffn),
    endHi: Number(start >> 32n),
    endLo: Number(start & 0xffffffffn),
  };
  tables.traces.append({
    id0: 0,
    id1: 0,
    id2: 0,
    id3: id,
    ...halves,
    durationNs,
    rootService: 'shop',
    rootName,
    rootKind: 2,
    spanCount: 3,
    errorCount: 0,
    lateCount: 0,
    missingParents: 0,
    rootPresent: true,
    depth: 2,
    services: ['shop'],
    serviceSpans: new Map(),
    criticalPathNs: new Map(),
    rule: 'r',
    trigger: 'complete',
    thresholdHi: 0,
    thresholdLo: 0,
    weight,
    hosts: [],
    warnings: [],
    operations,
    repeats: [],
  });
}

const operation = (
  service: string,
  name: string,
  pathNs: number,
  selfNs: number,
  dragNs: number,
  slackNs: number,
): TraceOperation => ({ service, name, spans: 1, pathNs, selfNs, dragNs, slackNs });

beforeAll(async () => {
  server = await startEmbeddedClickHouse();
  const client = createStoreClient({ url: server.url });
  await makeTables(client);
  const tables = new StoreTables();
  append(tables, 1, 'checkout', 1, 1000, [
    operation('pay', 'charge', 900, 900, 800, 0),
    operation('shop', 'checkout', 100, 100, 1000, 0),
    operation('ads', 'list', 0, 50, 0, 400),
  ]);
  append(tables, 2, 'checkout', 9, 200, [
    operation('shop', 'checkout', 150, 150, 200, 0),
    operation('pay', 'charge', 50, 50, 50, 0),
  ]);
  append(tables, 3, 'home', 100, 5000, [operation('ads', 'list', 5000, 5000, 5000, 0)]);
  const block = tables.traces.cutBlock(Math.floor(Date.now() / 1000))!;
  const { stream } = await client.exec({
    query: `INSERT INTO traces (${block.columns.join(', ')}) FORMAT Native`,
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

it('tells which operations make checkout slow, over all traces, by what each stands for', async () => {
  const answer = CriticalPathResponse.parse(
    await criticalPath(store.traces, CriticalPathQuery.parse({ root_name: 'checkout' }), NOW_MS),
  );
  expect(answer.total).toEqual({ kept: 2, stands_for: 10, mean_duration_ns: 280, mean_path_ns: 280 });
  const [first, second, third] = answer.operations;
  expect(first).toMatchObject({
    service: 'shop',
    name: 'checkout',
    path_ns: 145,
    traces: 1,
    spans: 1,
    drag_ns: 280,
    slack_ns: null,
    example: '0'.repeat(31) + '2',
  });
  expect(second).toMatchObject({
    service: 'pay',
    name: 'charge',
    path_ns: 135,
    self_ns: 135,
    drag_ns: 125,
    traces: 1,
    example: '0'.repeat(31) + '1',
  });
  expect(third).toMatchObject({ service: 'ads', name: 'list', path_ns: 0, self_ns: 5, slack_ns: 400, traces: 0 });
  expect(first!.share + second!.share + third!.share).toBeCloseTo(1);
});

it('answers with no operations where no trace matches', async () => {
  const answer = await criticalPath(store.traces, CriticalPathQuery.parse({ root_name: 'none' }), NOW_MS);
  expect(answer).toEqual({
    total: { kept: 0, stands_for: 0, mean_duration_ns: null, mean_path_ns: null },
    operations: [],
  });
});
