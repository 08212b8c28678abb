// The list of services with its numbers and small curves, against the real engine; what it says is counted again from the rows, one by one.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createStoreClient } from '#collector/store/client.ts';
import { makeTables } from '#tests/support/make-tables.ts';
import { operations, services } from '#query/api/own/services/red.ts';
import type { Store } from '#query/store/open-store.ts';
import { startEmbeddedClickHouse, type TestClickHouse } from '#tests/support/embedded-clickhouse.ts';
import { storeAt } from '#tests/support/store-of.ts';
import { Random } from '#tests/simulation/random.ts';

const START_S = 1_800_000_000;
const SECONDS = 600;
const POINTS = 30;
const RANGE = { startNs: BigInt(START_S) * 1_000_000_000n, endNs: BigInt(START_S + SECONDS) * 1_000_000_000n };
const SERVER = 2;
const CLIENT = 3;
const ERROR = 2;

interface RedRow {
  readonly time: number;
  readonly service: string;
  readonly name: string;
  readonly kind: number;
  readonly status: number;
  readonly calls: number;
}

let server: TestClickHouse;
let store: Store;
const rows: RedRow[] = [];

beforeAll(async () => {
  const random = new Random(20, 'services');
  // The last of them only call others; some rows lie before and behind the range.
  for (let i = 0; i < 4000; i++) {
    const number = random.whole(0, 39);
    rows.push({
      time: START_S + random.whole(-30, SECONDS + 30),
      service: `service ${number}`,
      name: `GET /${random.whole(0, 5)}`,
      kind: number >= 35 || random.chance(0.3) ? CLIENT : SERVER,
      status: random.chance(0.1) ? ERROR : 0,
      calls: random.whole(1, 50),
    });
  }
  server = await startEmbeddedClickHouse();
  const client = createStoreClient({ url: server.url });
  await makeTables(client);
  await client.insert({
    table: 'red',
    format: 'JSONEachRow',
    values: rows.map((row) => ({
      ...row,
      stored_at: Math.floor(Date.now() / 1000),
      duration_sum_ns: row.calls * 2e6,
      duration_buckets: { 5000: row.calls },
    })),
  });
  await client.close();
  store = storeAt(server.url);
});
afterAll(async () => {
  await store?.close();
  await server?.stop();
});

const sum = (of: readonly RedRow[]): number => of.reduce((calls, row) => calls + row.calls, 0);

it('counts what each service serves, and what it calls where it serves nothing', async () => {
  const inRange = rows.filter(({ time }) => time >= START_S && time < START_S + SECONDS);
  const times = inRange.map(({ time }) => time);
  const dataSeconds = Math.max(...times) - Math.min(...times) + 1;
  const expected = [...new Set(inRange.map(({ service }) => service))].map((service) => {
    const ofService = inRange.filter((row) => row.service === service);
    const served = ofService.filter(({ kind }) => kind === SERVER);
    const counted = served.length > 0 ? served : ofService;
    const width = SECONDS / POINTS;
    const curve = (of: readonly RedRow[]): number[] =>
      Array.from(
        { length: POINTS },
        (_, point) => sum(of.filter(({ time }) => Math.floor((time - START_S) / width) === point)) / width,
      );
    const errors = counted.filter(({ status }) => status === ERROR);
    return {
      service,
      calls: sum(counted),
      errors: sum(errors),
      per_second: sum(counted) / dataSeconds,
      mean_ms: 2,
      operations: new Set(counted.map(({ name }) => name)).size,
      trend: curve(counted),
      error_trend: curve(errors),
    };
  });
  const { services: found, data_seconds } = await services(store.services, RANGE);
  expect(data_seconds).toBe(dataSeconds);
  expect(found.map(({ calls }) => calls)).toEqual(expected.map(({ calls }) => calls).toSorted((a, b) => b - a));
  const byName = new Map(found.map((one) => [one.service, one]));
  for (const one of expected) expect(byName.get(one.service)).toMatchObject(one);
});

it('lists the operations of one service, the busiest first', async () => {
  const { operations: found } = await operations(store.services, { service: 'service 3' }, RANGE);
  const inRange = rows.filter(
    ({ time, service }) => service === 'service 3' && time >= START_S && time < START_S + SECONDS,
  );
  expect(found.reduce((calls, one) => calls + one.calls, 0)).toBe(sum(inRange));
  expect(found.map(({ calls }) => calls)).toEqual(found.map(({ calls }) => calls).toSorted((a, b) => b - a));
});
