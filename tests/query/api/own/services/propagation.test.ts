// The propagation report over the rows of many flushes, against the real engine.
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createStoreClient } from '#collector/store/client.ts';
import { makeTables } from '#tests/support/make-tables.ts';
import { StoreTables } from '#collector/store/tables/store-tables.ts';
import { PROPAGATION_CAUSES } from '#collector/derive/propagation/causes.ts';
import { PropagationCause, PropagationResponse } from '#proto/api/propagation.ts';
import { propagation } from '#query/api/own/services/propagation.ts';
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
  const { propagation: table } = new StoreTables();
  const lost = { cause: 'lost', caller: 'a', callee: 'b' };
  table.append({ minuteSeconds: MINUTE_S, ...lost, count: 2, of: 10, example: [0, 0, 0, 9], exampleKept: false });
  table.append({ minuteSeconds: MINUTE_S + 60, ...lost, count: 1, of: 20, example: [0, 0, 0, 5], exampleKept: true });
  table.append({ minuteSeconds: MINUTE_S + 60, ...lost, count: 0, of: 30, example: [0, 0, 0, 0], exampleKept: false });
  table.append({
    minuteSeconds: MINUTE_S + 60,
    cause: 'no_host',
    caller: '',
    callee: 'b',
    count: 7,
    of: 7,
    example: [0, 0, 0, 3],
    exampleKept: false,
  });
  table.append({
    minuteSeconds: MINUTE_S + 60,
    cause: 'leaked',
    caller: 'c',
    callee: 'c',
    count: 0,
    of: 7,
    example: [0, 0, 0, 0],
    exampleKept: false,
  });
  table.append({
    minuteSeconds: MINUTE_S + 3600,
    ...lost,
    count: 99,
    of: 99,
    example: [0, 0, 0, 1],
    exampleKept: true,
  });
  const block = table.cutBlock(Math.floor(Date.now() / 1000))!;
  const { stream } = await client.exec({
    query: `INSERT INTO propagation (${block.columns.join(', ')}) FORMAT Native`,
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

it('adds up by cause and pair, with the share, a stored example where there is one, and what to change', async () => {
  const { problems } = PropagationResponse.parse(await propagation(store.services, RANGE));
  expect(problems).toHaveLength(2);
  expect(problems[0]).toMatchObject({
    cause: 'no_host',
    caller: '',
    callee: 'b',
    count: 7,
    share: 1,
    example: `${'0'.repeat(31)}3`,
    example_kept: false,
  });
  expect(problems[1]).toMatchObject({
    cause: 'lost',
    caller: 'a',
    callee: 'b',
    count: 3,
    of: 60,
    share: 0.05,
    example: `${'0'.repeat(31)}5`,
    example_kept: true,
  });
  expect(problems[1]!.advice).toContain('traceparent');
});

it('knows every cause that the collector counts', () => {
  expect(PropagationCause.options).toEqual([...PROPAGATION_CAUSES]);
});
