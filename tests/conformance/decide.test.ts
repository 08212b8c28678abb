// Decisions on real captures: the kept set equals, id by id, one computed apart with BigInt from decoded requests, and neither the
// order of spans nor their batching changes any decision.
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { compileRules } from '#collector/decide/rules/compile-rules.ts';
import { simulateOwn, type SimulatedTrace } from '#collector/simulate/simulate-own.ts';
import { WholeTraces } from '#collector/simulate/whole-traces.ts';
import { readCapture } from '#deploy/replay/read/read-capture.ts';
import { otlpType } from '#tests/support/otlp-proto.ts';
import { describeWithData, sharedData } from '#tests/support/shared-data.ts';

const SPAN_CAPACITY = 400_000;
const requestType = () => otlpType('opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest');

interface DecodedSpan {
  traceId: Uint8Array;
  status?: { code?: number };
}
interface Group {
  resource?: unknown;
  schemaUrl?: string;
  scopeSpans?: { scope?: unknown; spans?: DecodedSpan[] }[];
}

async function requestsOf(path: string): Promise<Buffer[]> {
  const bodies: Buffer[] = [];
  for await (const request of readCapture(sharedData(path)))
    if (request.signal === 'traces') bodies.push(Buffer.from(request.bytes));
  return bodies;
}

function simulate(bodies: readonly Buffer[], yaml: string): SimulatedTrace[] {
  const rules = compileRules({ rules: parse(yaml) as unknown[] });
  if (!rules.ok) throw new Error(JSON.stringify(rules.error));
  const traces = new WholeTraces(SPAN_CAPACITY);
  for (const body of bodies) traces.add(body);
  return simulateOwn(traces, rules.value);
}

function groupsOf(body: Buffer): Group[] {
  return (requestType().decode(body) as unknown as { resourceSpans: Group[] }).resourceSpans;
}

function encode(groups: readonly Group[]): Buffer {
  return Buffer.from(
    requestType()
      .encode(requestType().create({ resourceSpans: groups }))
      .finish(),
  );
}

/** A shuffle that repeats: Fisher-Yates over a linear congruential sequence. */
function shuffled<T>(items: readonly T[], seed: number): T[] {
  const result = [...items];
  let state = seed;
  for (let i = result.length - 1; i > 0; i--) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const j = state % (i + 1);
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
}

const ERRORS_AND_FIVE = '[{ name: errors, when: { any: { status: error } }, keep: 100% }, { name: rest, keep: 5% }]';
const FIVE_PERCENT = (1n << 56n) - ((1n << 56n) * 5n + 50n) / 100n;

/** Independent of everything in collector/decide. */
function reference(bodies: readonly Buffer[]): string[] {
  const errors = new Map<string, boolean>();
  for (const body of bodies) {
    for (const group of groupsOf(body)) {
      for (const { spans = [] } of group.scopeSpans ?? []) {
        for (const span of spans) {
          const id = Buffer.from(span.traceId).toString('hex');
          errors.set(id, (errors.get(id) ?? false) || span.status?.code === 2);
        }
      }
    }
  }
  const kept = [...errors].filter(([id, error]) => error || BigInt(`0x${id.slice(18)}`) >= FIVE_PERCENT);
  return kept.map(([id]) => id).sort();
}

describeWithData('decisions on captures', () => {
  test.each([
    ['otlp/online-boutique-9min.otlp.pb.frames', 4224, 165_050],
    ['otlp/train-ticket-12min.otlp.pb.frames', 644, 45_964],
    ['otlp/captures/robotframework-diverse_trace_full.jsonl', 1, 1632],
    ['otlp/captures/robotframework-otel-traces.jsonl', 168, 1066],
  ])(
    'errors whole, the rest at five in a hundred, over %s (%d traces, %d spans) keeps what R >= T says, id by id',
    async (path, traces, spans) => {
      const bodies = await requestsOf(path);
      const decided = simulate(bodies, ERRORS_AND_FIVE);
      expect(decided).toHaveLength(traces);
      expect(decided.reduce((sum, trace) => sum + trace.spans, 0)).toBe(spans);
      expect(decided.filter((trace) => trace.decision === 'keep').map((trace) => trace.trace_id)).toEqual(
        reference(bodies),
      );
    },
  );

  test('kept sets are nested: what 1 % keeps, 5 % keeps, and 50 % too', async () => {
    const bodies = await requestsOf('otlp/online-boutique-9min.otlp.pb.frames');
    const kept = ['1%', '5%', '50%'].map(
      (keep) =>
        new Set(
          simulate(bodies, `[{ name: all, keep: ${keep} }]`).flatMap((trace) =>
            trace.decision === 'keep' ? [trace.trace_id] : [],
          ),
        ),
    );
    expect(kept[0]!.size).toBeGreaterThan(0);
    expect([...kept[0]!].every((id) => kept[1]!.has(id))).toBe(true);
    expect([...kept[1]!].every((id) => kept[2]!.has(id))).toBe(true);
  });

  test.each(['otlp/synthetic-tail-sampling.otlp.pb.frames', 'otlp/hotel_load50.otlp.pb.frames'])(
    'shuffled and batched anew, %s is decided the same',
    async (path) => {
      const rules = `
      - { name: root, when: { root: { kind: [server, consumer] }, duration: '> 20ms' }, keep: 50% }
      - { name: some, when: { any: { attributes: { k.int: exists }, duration: '> 1ms' } }, keep: 30% }
      - { name: every, when: { all: { status: unset } }, keep: 70% }
      - { name: many, when: { spans: '> 3', services: '>= 1', orphans: '>= 0' }, keep: 20% }
      - { name: rest, keep: 10% }`;
      const bodies = await requestsOf(path);
      const single: Group[] = bodies
        .flatMap(groupsOf)
        .flatMap((group) =>
          (group.scopeSpans ?? []).flatMap((scope) =>
            (scope.spans ?? []).map((span) => ({ ...group, scopeSpans: [{ ...scope, spans: [span] }] })),
          ),
        );
      const expected = simulate(bodies, rules);
      for (const seed of [1, 2]) {
        const mixed = shuffled(single, seed);
        const batches: Buffer[] = [];
        for (let i = 0; i < mixed.length; i += 7 * seed) batches.push(encode(mixed.slice(i, i + 7 * seed)));
        expect(simulate(batches, rules)).toEqual(expected);
      }
    },
  );
});
