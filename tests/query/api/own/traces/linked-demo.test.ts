// The demo shop's orders: from a batch consumer to every trace that produced for it and back, also where one of the two was sampled out.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createShop } from '#deploy/demo/shop.ts';
import type { DependenciesResponse } from '#proto/api/services.ts';
import type { LinkedTrace, TraceResponse } from '#proto/api/trace.ts';
import { readSpans, type ReadSpan } from '#tests/support/read-spans.ts';
import { RunningWinnow } from '#tests/support/running-winnow.ts';
import { EVER } from '#tests/support/stored-traces.ts';

/** Half of the orders and one of the two groups of consumers are sampled out, and nothing comes back; what else the shop does is of no account here. */
const CONFIG = `sampling:
  wait: { quiet: 2s, after_root: 5s, max: 10s }
  rescue: { max_bytes: 0 }
  rules:
    - { name: orders, when: { any: { service: checkout, name: send orders } }, keep: 50% }
    - { name: fulfilment, when: { root: { service: fulfilment } }, keep: 100% }
    - { name: no accounting, when: { root: { service: accounting } }, keep: 0% }
    - { name: the rest, keep: 0% }
red: { flush_every: 1s }
`;
const ROUNDS = 12;
const HALF = '80000000000000';
const PRODUCER = 4;
const CONSUMER = 5;

let winnow: RunningWinnow;
let spans: ReadSpan[];
/** Of producing traces: the batches that read their message, by trace id; and the other way round. */
const readersOf = new Map<string, Set<string>>();
const producersOf = new Map<string, Set<string>>();
const rootOf = new Map<string, ReadSpan>();

const isKept = (order: string): boolean => order.slice(18) >= HALF;
const batchesOf = (service: string): ReadSpan[] =>
  spans.filter((span) => span.service === service && (span.links ?? []).length > 0);

beforeAll(async () => {
  winnow = await RunningWinnow.start(CONFIG);
  const shop = createShop({ seed: 3, spansPerBatch: 600 });
  const nowNs = BigInt(Date.now()) * 1_000_000n;
  const bodies = Array.from({ length: ROUNDS * 2 }, (_, i) => shop.next(nowNs + BigInt(i >> 1) * 250_000_000n).traces);
  spans = bodies.flatMap((body) => readSpans(body));
  for (const span of spans) {
    if (span.parentSpanId === undefined) rootOf.set(span.traceId, span);
    for (const { traceId } of span.links ?? []) {
      readersOf.set(traceId, (readersOf.get(traceId) ?? new Set()).add(span.traceId));
      producersOf.set(span.traceId, (producersOf.get(span.traceId) ?? new Set()).add(traceId));
    }
  }
  // Newest first: batches arrive before the orders they have read.
  for (const body of bodies.toReversed()) {
    const answer = await fetch(`http://${winnow.addresses['otlp_http']}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body: Buffer.from(body),
    });
    if (!answer.ok) throw new Error(`not taken: ${answer.status}`);
  }
  await winnow.settled();
  const [reader] = batchesOf('fulfilment');
  await winnow.until(async () =>
    (await traceOf(reader!.traceId)).linked_traces?.every(({ state }) => state !== 'unknown') === true
      ? true
      : undefined,
  );
}, 120_000);
afterAll(() => winnow.stop());

function traceOf(id: string): Promise<TraceResponse> {
  return winnow.api<TraceResponse>(`/api/traces/${id}`);
}

function told(linked: readonly LinkedTrace[], direction: LinkedTrace['direction']): Map<string, LinkedTrace> {
  return new Map(
    linked.filter((trace) => trace.direction === direction && trace.hops === 1).map((trace) => [trace.trace_id, trace]),
  );
}

it('leads from every batch to all traces that produced for it, those sampled out by name and with the reason', async () => {
  const batches = batchesOf('fulfilment');
  expect(batches.length).toBeGreaterThan(3);
  const states = { kept: 0, dropped: 0 };
  for (const batch of batches) {
    const upstream = told((await traceOf(batch.traceId)).linked_traces ?? [], 'upstream');
    expect(new Set(upstream.keys())).toEqual(producersOf.get(batch.traceId));
    for (const [id, order] of upstream) {
      states[isKept(id) ? 'kept' : 'dropped']++;
      expect(order).toMatchObject({
        state: isKept(id) ? 'kept' : 'dropped',
        root_service: rootOf.get(id)!.service,
        root_name: rootOf.get(id)!.name,
        rule: 'orders',
      });
      expect(order.reason).toContain(
        isKept(id) ? 'Kept by rule “orders”' : 'Sampled out: rule “orders”, threshold T = 80000000000000',
      );
    }
  }
  expect(states.kept).toBeGreaterThan(3);
  expect(states.dropped).toBeGreaterThan(3);
});

it('leads from every order that is kept to both its consumers, the one sampled out by name and with the reason', async () => {
  const orders = [...readersOf.keys()].filter(isKept);
  expect(orders.length).toBeGreaterThan(3);
  const groups = new Set<string>();
  for (const order of orders) {
    const trace = await traceOf(order);
    const downstream = told(trace.linked_traces ?? [], 'downstream');
    expect(new Set(downstream.keys())).toEqual(readersOf.get(order));
    for (const [id, batch] of downstream) {
      const { service } = rootOf.get(id)!;
      groups.add(service);
      expect(batch).toMatchObject({
        root_service: service,
        root_name: 'process orders',
        state: service === 'fulfilment' ? 'kept' : 'dropped',
        rule: service === 'fulfilment' ? 'fulfilment' : 'no accounting',
      });
      expect(batch.reason).toMatch(
        service === 'fulfilment' ? /^Kept by rule “fulfilment”/ : /^Sampled out: rule “no accounting”/,
      );
    }
    expect(new Set(trace.inbound_links.map(({ source_trace_id }) => source_trace_id))).toEqual(readersOf.get(order));
  }
  expect([...groups].toSorted()).toEqual(['accounting', 'fulfilment']);
});

it('counts an edge per message read, whichever trace came first, and what becomes of either', async () => {
  const links = (service: string): number => batchesOf(service).reduce((sum, span) => sum + span.links!.length, 0);
  const sent = spans.filter((span) => span.kind === PRODUCER).length;
  const mailed = spans.filter((span) => span.kind === CONSUMER && span.service === 'email').length;
  const edges = await winnow.until(async () => {
    const { edges: all } = await winnow.api<DependenciesResponse>(`/api/dependencies?${EVER}`);
    const queues = all.filter(({ kind }) => kind === 'queue');
    return queues.length < 7 ? undefined : queues;
  });
  expect(Object.fromEntries(edges.map(({ caller, callee, calls }) => [`${caller} > ${callee}`, calls]))).toEqual({
    'checkout > kafka:orders': sent,
    'kafka:orders > email': mailed,
    'kafka:orders > fulfilment': batchesOf('fulfilment').length,
    'kafka:orders > accounting': batchesOf('accounting').length,
    'checkout > email': mailed,
    'checkout > fulfilment': links('fulfilment'),
    'checkout > accounting': links('accounting'),
  });
  expect(edges.filter(({ lag_ms: lag }) => lag === null).map(({ callee }) => callee)).toEqual(['kafka:orders']);
});
