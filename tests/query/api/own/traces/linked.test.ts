// Linked traces of a running Winnow: reached both ways, also when one of the two was sampled out, and the time over all of them.
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LinkedTrace, TraceResponse } from '#proto/api/trace.ts';
import { RunningWinnow } from '#tests/support/running-winnow.ts';
import { traceRequest, type PlainSpan } from '#tests/support/trace-builder.ts';

const RULES = `sampling:
  wait: { quiet: 200ms, after_root: 400ms, max: 1s }
  rules:
    - { name: no mail, when: { root: { service: mail } }, keep: 0% }
    - { name: no quiet, when: { root: { service: quiet } }, keep: 0% }
    - { name: the rest, keep: 100% }
`;
const MS = 1e6;
const CONSUMER = 5;
const PRODUCER = 4;
const idOf = (trace: string): string => trace.padStart(32, '0');

/** Trace by trace: two producers, two batches that read both, a report that follows on one batch. */
const traces: Record<string, PlainSpan[]> = {
  a1: [{ id: '1', service: 'shop', name: 'send', kind: PRODUCER, start: 0, end: 10 * MS }],
  a2: [{ id: '2', service: 'quiet', name: 'send quietly', kind: PRODUCER, start: 5 * MS, end: 10 * MS }],
  b1: [
    {
      id: '3',
      service: 'audit',
      name: 'audit batch',
      kind: CONSUMER,
      start: 100 * MS,
      end: 120 * MS,
      links: [
        { trace: 'a1', span: '1' },
        { trace: 'a2', span: '2' },
        { trace: 'ffff', span: '9' },
      ],
    },
  ],
  b2: [
    {
      id: '4',
      service: 'mail',
      name: 'mail batch',
      kind: CONSUMER,
      start: 200 * MS,
      end: 230 * MS,
      links: [
        { trace: 'a1', span: '1' },
        { trace: 'a2', span: '2' },
      ],
    },
  ],
  c1: [
    {
      id: '5',
      service: 'report',
      name: 'report',
      kind: CONSUMER,
      start: 300 * MS,
      end: 350 * MS,
      links: [{ trace: 'b1', span: '3' }],
    },
  ],
  d1: Array.from({ length: 5 }, (_, i) => ({
    id: `1${i + 1}`,
    parent: 'e',
    host: 'h',
    name: 'SELECT',
    start: i * 2 * MS,
    end: (i * 2 + 1) * MS,
  })),
};

let winnow: RunningWinnow;

beforeAll(async () => {
  winnow = await RunningWinnow.start(RULES);
  const baseNs = BigInt(Date.now() - 1000) * 1_000_000n;
  const body = Buffer.concat(Object.entries(traces).map(([id, spans]) => traceRequest(id, spans, baseNs)));
  const answer = await fetch(`http://${winnow.addresses['otlp_http']}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body,
  });
  if (!answer.ok) throw new Error(`not taken: ${answer.status}`);
  await winnow.settled();
  await winnow.until(async () =>
    (await linkedOf('a1')).linked.filter(({ state }) => state !== 'unknown').length === 3 ? true : undefined,
  );
}, 90_000);
afterAll(() => winnow.stop());

async function linkedOf(trace: string): Promise<{ linked: LinkedTrace[]; endToEndNs: number }> {
  const answer = await winnow.api<TraceResponse>(`/api/traces/${idOf(trace)}`);
  return { linked: answer.linked_traces ?? [], endToEndNs: answer.summary.end_to_end_ns };
}

it('leads from a producer to every consumer and what followed, kept or not, with names and reasons', async () => {
  const { linked, endToEndNs } = await linkedOf('a1');
  const byId = new Map(linked.map((trace) => [trace.trace_id, trace]));
  expect(linked).toHaveLength(3);
  expect(byId.get(idOf('b1'))).toMatchObject({
    direction: 'downstream',
    hops: 1,
    state: 'kept',
    root_service: 'audit',
    root_name: 'audit batch',
    reason: 'Kept by rule “the rest”.',
  });
  expect(byId.get(idOf('b2'))).toMatchObject({
    direction: 'downstream',
    hops: 1,
    state: 'dropped',
    root_service: 'mail',
    root_name: 'mail batch',
    duration_ns: 30 * MS,
    rule: 'no mail',
  });
  expect(byId.get(idOf('b2'))!.reason).toMatch(/^Sampled out: rule “no mail”/);
  expect(byId.get(idOf('c1'))).toMatchObject({
    direction: 'downstream',
    hops: 2,
    state: 'kept',
    root_service: 'report',
  });
  expect(endToEndNs).toBe(350 * MS);
});

it('leads from a consumer to all producing traces, kept or not, and says when one was never seen', async () => {
  const { linked, endToEndNs } = await linkedOf('b1');
  const upstream = new Map(
    linked.filter(({ direction }) => direction === 'upstream').map((trace) => [trace.trace_id, trace]),
  );
  expect([...upstream.keys()]).toEqual(['a1', 'a2', 'ffff'].map(idOf));
  expect(upstream.get(idOf('a1'))).toMatchObject({ state: 'kept', root_name: 'send' });
  expect(upstream.get(idOf('a2'))).toMatchObject({
    state: 'dropped',
    root_service: 'quiet',
    root_name: 'send quietly',
    rule: 'no quiet',
  });
  expect(upstream.get(idOf('ffff'))).toMatchObject({ state: 'unknown', start: '0' });
  expect(endToEndNs).toBe(350 * MS);
});

it('counts the time from the start of what a trace points at, where nobody follows', async () => {
  const { linked, endToEndNs } = await linkedOf('c1');
  expect(linked.map(({ trace_id }) => trace_id)).toEqual([idOf('b1')]);
  expect(endToEndNs).toBe(250 * MS);
});

it('comes with the hosts, warnings and repeats of the trace by name', async () => {
  const { summary } = await winnow.api<TraceResponse>(`/api/traces/${idOf('d1')}`);
  expect(summary.hosts).toEqual([{ host: 'h', offset_ns: 0, error_ns: 0 }]);
  expect(summary.warning_spans).toContainEqual({ kind: 'missing_parent', span_id: '0000000000000011' });
  expect(summary.repeats).toEqual([
    { first_span_id: '0000000000000011', service: 's', name: 'SELECT', spans: 5, total_ns: 5 * MS, span_ns: 9 * MS },
  ]);
});

it('leads to a consumer that came after its own trace was dropped', async () => {
  const send = async (id: string, spans: PlainSpan[]): Promise<void> => {
    const body = traceRequest(id, spans, BigInt(Date.now() - 1000) * 1_000_000n);
    const answer = await fetch(`http://${winnow.addresses['otlp_http']}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body,
    });
    if (!answer.ok) throw new Error(`not taken: ${answer.status}`);
  };
  await send('e1', [{ id: '21', service: 'shop', name: 'send', kind: PRODUCER, start: 0, end: 10 * MS }]);
  await send('f1', [{ id: '22', service: 'mail', name: 'first', kind: CONSUMER, start: 20 * MS, end: 30 * MS }]);
  await winnow.settled();
  await send('f1', [
    {
      id: '23',
      parent: '22',
      service: 'mail',
      name: 'late batch',
      kind: CONSUMER,
      start: 25 * MS,
      end: 30 * MS,
      links: [{ trace: 'e1', span: '21' }],
    },
  ]);
  const linked = await winnow.until(async () => {
    const found = (await linkedOf('e1')).linked;
    return found.length === 0 ? undefined : found;
  });
  expect(linked).toMatchObject([
    {
      trace_id: idOf('f1'),
      direction: 'downstream',
      state: 'dropped',
      root_service: 'mail',
      root_name: 'first',
      rule: 'no mail',
    },
  ]);
});
