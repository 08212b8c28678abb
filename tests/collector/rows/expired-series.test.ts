// Series that end and begin anew, from spans through the real pipeline and the real engine to PromQL: what is counted there is what was sent.
import type { ClickHouseClient } from '@clickhouse/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStoreClient } from '#collector/store/client.ts';
import { insertBlock } from '#collector/store/insert-block.ts';
import { makeTables } from '#tests/support/make-tables.ts';
import { DEFAULT_ENGINE_OPTIONS, prepare, queryInstant } from '#query/promql/engine.ts';
import type { Store } from '#query/store/open-store.ts';
import { CollectorLives } from '#tests/support/collector-lives.ts';
import { startEmbeddedClickHouse, type TestClickHouse } from '#tests/support/embedded-clickhouse.ts';
import { storeAt } from '#tests/support/store-of.ts';
import { traceRequest, type PlainSpan } from '#tests/support/trace-builder.ts';
import { ALL_FEATURES } from '#query/promql/features.ts';

const SIGNAL = new AbortController().signal;
const FLUSH_MS = 10_000;
const MINUTE = 60_000;
const CLIENT = 3;
const SERVER = 2;

let server: TestClickHouse;
let client: ClickHouseClient;
let store: Store;

beforeAll(async () => {
  server = await startEmbeddedClickHouse();
  client = createStoreClient({ url: server.url });
  store = storeAt(server.url);
});

afterAll(async () => {
  await store.close();
  await client.close();
  await server.stop();
});

async function rows(query: string): Promise<Record<string, unknown>[]> {
  return (
    await client.query({
      query,
      format: 'JSONEachRow',
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
    })
  ).json();
}

/** A collector whose clock stands where the test puts it, and what PromQL says of what it stored. */
class Shop {
  readonly lives: CollectorLives;
  readonly startMs: number;
  sent = 0;
  #traces = 0;

  constructor(yaml: string) {
    this.lives = new CollectorLives({ yaml, maxBlockRows: 50_000 });
    this.startMs = Math.floor(Date.now() / MINUTE) * MINUTE - 120 * MINUTE;
    this.lives.nowMs = this.startMs;
  }

  static async open(yaml = '{}'): Promise<Shop> {
    const shop = new Shop(yaml);
    await shop.lives.start();
    return shop;
  }

  /** Spans of one trace each, over two services on two hosts where `calls`. */
  send(traces: number, calls = false, name = 'GET /'): void {
    for (let i = 0; i < traces; i++) {
      const ask: PlainSpan = {
        id: '1',
        service: 'front',
        host: 'h1',
        name,
        kind: calls ? CLIENT : SERVER,
        start: 0,
        end: 100_000_000,
      };
      const answer: PlainSpan = {
        id: '2',
        parent: '1',
        service: 'back',
        host: 'h2',
        name,
        kind: SERVER,
        start: 150_000_000,
        end: 180_000_000,
      };
      const orphan: PlainSpan = {
        id: '3',
        parent: '99',
        service: 'back',
        host: 'h2',
        name,
        kind: SERVER,
        start: 150_000_000,
        end: 180_000_000,
      };
      this.lives.send(
        'traces',
        traceRequest(
          (++this.#traces).toString(16),
          calls ? [ask, answer, orphan] : [ask],
          BigInt(this.lives.nowMs) * 1_000_000n,
        ),
      );
      this.sent++;
    }
  }

  /** Time passes with a flush every ten seconds. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= FLUSH_MS) {
      // What was sent is answered before the clock jumps: clients would ask again after the window otherwise.
      const answeringMs = this.lives.unanswered > 0 ? 250 : 0;
      await this.lives.pass(answeringMs);
      this.lives.nowMs += FLUSH_MS - 1000 - answeringMs;
      await this.lives.pass(1000, 3);
      this.lives.pipeline.flushDerived(true);
    }
    await this.lives.pass(2000);
  }

  async store(): Promise<void> {
    for (const table of ['series', 'samples', 'red']) await client.command({ query: `DROP TABLE IF EXISTS ${table}` });
    await makeTables(client);
    for (const [token, block] of this.lives.blocks) {
      if (['series', 'samples', 'red'].includes(block.table))
        await insertBlock(client, block.table, block.columns, block.bytes, token);
    }
  }

  /** Values of an instant query, by labels. @param atMs after the start */
  async at(query: string, atMs: number): Promise<Record<string, number>> {
    const result = await queryInstant(
      store.series,
      prepare(query, ALL_FEATURES),
      this.startMs + atMs,
      DEFAULT_ENGINE_OPTIONS,
      SIGNAL,
    );
    return result.data.type === 'vector'
      ? Object.fromEntries(result.data.series.map((one) => [one.labels.toString(), one.values[0] ?? NaN]))
      : {};
  }

  /** The one value of a query over everything from the start to the last sample of the series, where nothing is extrapolated. */
  async over(query: (range: string) => string, selector: string): Promise<number[]> {
    const last = Object.values(await this.at(`ts_of_last_over_time(${selector}[200m])`, 200 * MINUTE))[0] ?? NaN;
    return Object.values(await this.at(query('[200m]'), last * 1000 - this.startMs));
  }
}

describe('RED and service graph series that end', () => {
  it('count every span, though they end, begin anew lower and higher than they ended, and are lost in a crash', async () => {
    const shop = await Shop.open();
    shop.send(37);
    await shop.pass(15 * MINUTE);
    shop.send(40);
    await shop.pass(MINUTE);
    shop.send(3);
    await shop.pass(15 * MINUTE);
    shop.send(5);
    await shop.pass(MINUTE);
    await shop.lives.crash();
    await shop.pass(MINUTE);
    shop.send(11);
    await shop.pass(MINUTE);
    await shop.store();
    const selector = 'traces_span_metrics_calls_total{service_name="front"}';
    expect(await shop.over((range) => `increase(${selector}${range})`, selector)).toEqual([96]);
    expect(
      await shop.over(
        (range) => `increase(traces_span_metrics_duration_seconds_count${range})`,
        'traces_span_metrics_duration_seconds_count',
      ),
    ).toEqual([96]);
    expect(
      await shop.over(
        (range) => `increase(traces_span_metrics_duration_seconds_bucket{le="0.1"}${range})`,
        'traces_span_metrics_duration_seconds_bucket',
      ),
    ).toEqual([96]);
    expect(
      await shop.over(
        (range) => `increase(traces_span_metrics_duration_seconds_bucket{le="0.05"}${range})`,
        'traces_span_metrics_duration_seconds_bucket',
      ),
    ).toEqual([0]);
    const [sum] = await shop.over(
      (range) => `increase(traces_span_metrics_duration_seconds_sum${range})`,
      'traces_span_metrics_duration_seconds_sum',
    );
    expect(sum).toBeCloseTo(9.6, 9);
    expect(await rows('SELECT sum(calls) AS calls FROM red')).toEqual([{ calls: 96 }]);
  });

  it('are found at every moment while they live, though nothing changes, and at none when they have ended', async () => {
    const shop = await Shop.open('red: { expire_after: 8m }');
    shop.send(4);
    await shop.pass(20 * MINUTE);
    await shop.store();
    const calls = 'traces_span_metrics_calls_total';
    for (let second = 10; second <= 480; second += 10)
      expect(Object.values(await shop.at(calls, second * 1000 + 5)), `at ${second} s`).toEqual([4]);
    for (let second = 500; second <= 1200; second += 50)
      expect(await shop.at(calls, second * 1000), `at ${second} s`).toEqual({});
    // 20 series: 0, 4 at the first flush, again 10, 20, 40, 80 s later and then every minute, the end; and nothing more.
    expect(
      await rows('SELECT count() AS rows, uniqExact(id) AS series, countIf(isNaN(value)) AS ends FROM samples'),
    ).toEqual([{ rows: 20 * (2 + 4 + 6 + 1), series: 20, ends: 20 }]);
  });

  it('rise from 0 where they begin, so that the rate of the first minute is there', async () => {
    const shop = await Shop.open();
    await shop.pass(MINUTE);
    shop.send(60);
    await shop.pass(MINUTE);
    await shop.store();
    const [row] = await rows('SELECT toUnixTimestamp64Milli(min(ts)) AS first FROM samples WHERE value > 0');
    const firstMs = Number(row!['first']) - shop.startMs;
    expect(Object.values(await shop.at('increase(traces_span_metrics_calls_total[1m])', firstMs))).toEqual([60]);
    // Extrapolated to the end of the range, as Prometheus does with a series that seems to have ended: by half a distance of its samples.
    for (const second of [15, 25, 45]) {
      const [found] = Object.values(
        await shop.at('increase(traces_span_metrics_calls_total[2m])', firstMs + second * 1000),
      );
      expect(found, `${second} s later`).toBeGreaterThanOrEqual(60);
      expect(found, `${second} s later`).toBeLessThanOrEqual(60 * 1.35);
    }
  });

  it('never end with expire_after: 0', async () => {
    const shop = await Shop.open('red: { expire_after: 0s }');
    shop.send(1);
    await shop.pass(90 * MINUTE);
    expect(shop.lives.pipeline.facts.red.table.size).toBe(2);
    expect(shop.lives.pipeline.derived.openSeries).toBe(20);
  });

  it('of edges, clocks, propagation and repairs end and begin anew like those of RED, and leave memory', async () => {
    const shop = await Shop.open();
    shop.send(6, true);
    await shop.pass(MINUTE);
    const { derived } = shop.lives.pipeline;
    const { graph, red } = shop.lives.pipeline.facts;
    const alive = derived.openSeries;
    expect([alive, graph.counters.seriesHeld]).toEqual([20 + 20 + 21 + 2 + 2, 1]);
    await shop.pass(15 * MINUTE);
    expect([derived.openSeries, graph.counters.seriesHeld, red.table.size]).toEqual([0, 0, 1]);
    const rows = shop.lives.rows('samples');
    await shop.pass(20 * MINUTE);
    expect(shop.lives.rows('samples')).toBe(rows);
    shop.send(9, true);
    await shop.pass(MINUTE);
    expect(derived.openSeries).toBe(alive);
    await shop.store();
    const requests = 'traces_service_graph_request_total{client="front"}';
    expect(await shop.over((range) => `increase(${requests}${range})`, requests)).toEqual([15]);
    expect(
      await shop.over(
        (range) => `increase(traces_service_graph_request_server_seconds_count${range})`,
        'traces_service_graph_request_server_seconds_count',
      ),
    ).toEqual([15]);
    expect(
      await shop.over(
        (range) => `increase(winnow_reconstruction_warnings_total{kind="missing_parent"}${range})`,
        'winnow_reconstruction_warnings_total{kind="missing_parent"}',
      ),
    ).toEqual([15]);
    for (const minute of [14, 25]) {
      for (const name of [
        'winnow_clock_offset_seconds',
        'traces_service_graph_request_total',
        'winnow_reconstruction_warnings_total',
      ])
        expect(await shop.at(name, minute * MINUTE), `${name} after ${minute} min`).toEqual({});
    }
    expect(Object.keys(await shop.at('winnow_clock_offset_seconds', 37 * MINUTE))).toHaveLength(1);
  });
});

describe('names made up', () => {
  it('by one service leave room for the names of others: unused names are forgotten', async () => {
    const shop = await Shop.open();
    for (let batch = 0; batch < 40; batch++) {
      const spans = Array.from({ length: 4000 }, (_, at) => ({
        id: (at + 1).toString(16),
        service: 'flood',
        name: `order ${batch * 4000 + at}`,
        start: 0,
        end: 1,
      }));
      shop.lives.send(
        'traces',
        traceRequest(`f${batch.toString(16).padStart(3, '0')}`, spans, BigInt(shop.lives.nowMs) * 1_000_000n),
      );
    }
    await shop.pass(MINUTE);
    shop.send(1, false, 'a new name');
    await shop.pass(10_000);
    expect(shop.lives.pipeline.shardCounts().names).toBeLessThan(60_000);
    await shop.store();
    const found = await shop.at(
      'traces_span_metrics_calls_total{service_name="front"}',
      shop.lives.nowMs - shop.startMs,
    );
    expect(Object.entries(found)).toEqual([[expect.stringContaining('span_name="a new name"') as string, 1]]);
    expect(await rows("SELECT sum(calls) AS calls FROM red WHERE service = 'flood'")).toEqual([{ calls: 160_000 }]);
  }, 120_000);
});
