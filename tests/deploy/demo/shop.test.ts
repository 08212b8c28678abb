// What holds for every batch of the shop, whatever the seed: whole traces, resolvable links, two clocks, bounded errors.

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createShop, type ShopBatch, type ShopOptions } from '#deploy/demo/shop.ts';
import { shopHosts, shopServices } from '#deploy/demo/shop-services.ts';
import { decodeRequest } from '#deploy/replay/decode-request.ts';
import { readSpans, type ReadSpan } from '#tests/support/read-spans.ts';

const startNs = 1_800_000_000_000_000_000n;
const stepNs = 250_000_000n;

/** `rounds` pairs of batches, a quarter second of virtual time apart. */
function batchesOf(options: ShopOptions, rounds = 20): ShopBatch[] {
  const shop = createShop({ spansPerBatch: 300, ...options });
  return Array.from({ length: rounds * 2 }, (_, i) => shop.next(startNs + BigInt(i >> 1) * stepNs));
}

function spansOf(options: ShopOptions, rounds?: number): ReadSpan[] {
  return batchesOf(options, rounds).flatMap(({ traces }) => readSpans(traces));
}

describe('the shop', () => {
  const spans = spansOf({ seed: 1 }, 60);
  const byId = new Map(spans.map((span) => [`${span.traceId}/${span.spanId}`, span]));

  test('is the same for the same seed and times, and another for another seed', () => {
    const bytes = (seed: number): string[] =>
      batchesOf({ seed }, 3).map(({ traces }) => Buffer.from(traces).toString('base64'));
    expect(bytes(5)).toEqual(bytes(5));
    expect(bytes(5)).not.toEqual(bytes(6));
  });

  test('has every service speak, on two hosts', () => {
    expect(new Set(spans.map(({ service }) => service))).toEqual(new Set(shopServices.map(({ name }) => name)));
    expect(new Set(spans.map(({ host }) => host))).toEqual(new Set(shopHosts.map(({ name }) => name)));
    expect(shopServices.length).toBeGreaterThanOrEqual(12);
  });

  test('tells how many spans and traces a batch holds', () => {
    const batches = batchesOf({ seed: 2 });
    for (const batch of batches) expect(readSpans(batch.traces)).toHaveLength(batch.spans);
    const traces = new Set(batches.flatMap(({ traces }) => readSpans(traces).map(({ traceId }) => traceId)));
    expect(batches.reduce((sum, { startedTraces }) => sum + startedTraces, 0)).toBe(traces.size);
  });

  test('leaves no child without its parent and gives every trace one root, for any seed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1 }), (seed) => {
        const drawn = spansOf({ seed }, 4);
        const ids = new Set(drawn.map((span) => `${span.traceId}/${span.spanId}`));
        const roots = drawn.filter((span) => span.parentSpanId === undefined);
        expect(ids.size).toBe(drawn.length);
        expect(roots.length).toBe(new Set(drawn.map(({ traceId }) => traceId)).size);
        expect(
          drawn.filter((span) => span.parentSpanId !== undefined && !ids.has(`${span.traceId}/${span.parentSpanId}`)),
        ).toEqual([]);
      }),
      { seed: 11, numRuns: 15 },
    );
  });

  test('links every consumed message to a span that was sent before, many to many', () => {
    const inbound = new Map<string, Set<string>>();
    let links = 0;
    for (const span of spans) {
      for (const link of span.links ?? []) {
        const producer = byId.get(`${link.traceId}/${link.spanId}`);
        expect(producer).toMatchObject({ kind: 4, service: 'checkout' });
        expect(BigInt(span.startTimeUnixNano)).toBeGreaterThan(BigInt(producer?.endTimeUnixNano ?? 0));
        inbound.set(link.spanId, (inbound.get(link.spanId) ?? new Set()).add(span.service));
        links++;
      }
    }
    expect(links).toBeGreaterThan(50);
    expect(Math.max(...[...inbound.values()].map((services) => services.size))).toBe(2);
    expect(Math.max(...spans.map((span) => span.links?.length ?? 0))).toBeGreaterThan(2);
  });

  test('keeps children within their parents where the clock is the same, and shows the skew where it is not', () => {
    const edges = spans.flatMap((span) => {
      const parent = byId.get(`${span.traceId}/${span.parentSpanId ?? ''}`);
      if (parent === undefined || span.kind === 5) return [];
      const aheadNs = BigInt(span.startTimeUnixNano) - BigInt(parent.startTimeUnixNano);
      const overNs = BigInt(span.endTimeUnixNano) - BigInt(parent.endTimeUnixNano);
      return [{ sameHost: span.host === parent.host, within: aheadNs >= 0n && overNs <= 0n, early: aheadNs < 0n }];
    });
    expect(edges.filter(({ sameHost, within }) => sameHost && !within)).toEqual([]);
    // node-b is ahead: its calls to node-a seem to start before their callers.
    expect(edges.filter(({ sameHost, early }) => !sameHost && early).length).toBeGreaterThan(0);
  });

  test('never lies in the future, and ends after it starts', () => {
    const skewNs = BigInt(Math.max(...shopHosts.map((host) => host.skewNs)));
    for (const [i, { traces }] of batchesOf({ seed: 9 }).entries()) {
      const nowNs = startNs + BigInt(i >> 1) * stepNs;
      for (const span of readSpans(traces)) {
        expect(BigInt(span.endTimeUnixNano)).toBeGreaterThan(BigInt(span.startTimeUnixNano));
        expect(BigInt(span.endTimeUnixNano)).toBeLessThanOrEqual(nowNs + skewNs);
      }
    }
  });

  test('has some errors, some slow traces and retries, but mostly neither', () => {
    const roots = spans.filter((span) => span.parentSpanId === undefined);
    const failed = roots.filter((span) => span.status?.code === 2).length / roots.length;
    expect(failed).toBeGreaterThan(0.001);
    expect(failed).toBeLessThan(0.03);
    expect(
      spans.some((span) =>
        span.attributes?.some(({ key, value }) => key === 'rpc.attempt' && value['intValue'] === '2'),
      ),
    ).toBe(true);
    expect(roots.some((span) => BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano) > 300_000_000n)).toBe(
      true,
    );
  });

  test('writes logs with the trace and span they belong to', () => {
    const batches = batchesOf({ seed: 3 });
    const known = new Set(
      batches.flatMap(({ traces }) => readSpans(traces).map((span) => `${span.traceId}/${span.spanId}`)),
    );
    interface Logs {
      resourceLogs?: { scopeLogs: { logRecords: { traceId: string; spanId: string; severityText: string }[] }[] }[];
    }
    const records = batches.flatMap(({ logs }) =>
      logs === undefined
        ? []
        : ((decodeRequest('logs', logs) as Logs).resourceLogs ?? []).flatMap((group) =>
            group.scopeLogs.flatMap((scope) => scope.logRecords),
          ),
    );
    expect(records.length).toBeGreaterThan(5);
    for (const record of records) expect(known).toContain(`${record.traceId}/${record.spanId}`);
  });

  test('exports gauges, sums and histograms every ten seconds of its own time', () => {
    const metrics = batchesOf({ seed: 3 }, 90).flatMap((batch) =>
      batch.metrics === undefined ? [] : [JSON.stringify(decodeRequest('metrics', batch.metrics))],
    );
    expect(metrics).toHaveLength(3);
    for (const text of metrics) for (const kind of ['"gauge"', '"sum"', '"histogram"']) expect(text).toContain(kind);
  });
});

describe('a broken shop', () => {
  const errorShare = (spans: ReadSpan[]): number =>
    spans.filter((span) => span.status?.code === 2).length / spans.length;
  const healthy = spansOf({ seed: 4 });

  test.each(['payment', 'database'] as const)('%s: more errors', (broken) => {
    expect(errorShare(spansOf({ seed: 4, broken }))).toBeGreaterThan(2 * errorShare(healthy));
  });

  test('n-plus-one: many more statements in a trace', () => {
    const statements = (spans: ReadSpan[]): number => spans.filter(({ name }) => name === 'SELECT order_lines').length;
    expect(statements(spansOf({ seed: 4, broken: 'n-plus-one' }))).toBeGreaterThan(2 * statements(healthy));
  });

  test('queue: messages wait', () => {
    const batches = (spans: ReadSpan[]): number => spans.filter(({ links }) => links !== undefined).length;
    expect(batches(spansOf({ seed: 4, broken: 'queue' }))).toBeLessThan(batches(healthy));
  });

  test('lost-spans: parents are missing', () => {
    const spans = spansOf({ seed: 4, broken: 'lost-spans' });
    const ids = new Set(spans.map(({ spanId }) => spanId));
    expect(spans.some(({ parentSpanId }) => parentSpanId !== undefined && !ids.has(parentSpanId))).toBe(true);
  });
});
