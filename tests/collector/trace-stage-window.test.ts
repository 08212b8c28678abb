// Budget and floor through the whole stage: spans of held traces stay in the ledger, what is kept stays within the budget, every part
// of a trace has one threshold, and totals from weights are unbiased, late spans included.
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { compileRules, type RulesConfig } from '#collector/decide/compile-rules.ts';
import { RuleDecider } from '#collector/decide/rule-decider.ts';
import { createSpanMemory } from '#collector/model/span-memory.ts';
import { HostPairClock } from '#collector/reconstruct/clock/host-pair-clock.ts';
import { Ledger } from '#collector/self/ledger.ts';
import { TraceStage } from '#collector/trace-stage.ts';
import { traceRequest, type PlainSpan } from '#tests/support/trace-builder.ts';

const WAIT = { quietMs: 100, afterRootMs: 200, maxMs: 400 };
const SHARD = { ...WAIT, maxBytes: 2 ** 28, spansPerTrace: 50_000, bytesPerTrace: 2 ** 26, traceCapacity: 20_000, seed: 7 };
const MS_PER_STEP = 100;
const RULES = 'rules: [{ name: health, when: { root: { service: s0 } }, keep: 0% }, { name: half, when: { services: s1 }, keep: 50% }, { name: rest, keep: 100% }]\n';

interface KeptPart {
  spans: number;
  errors: number;
  service: string;
  weight: number;
  threshold: string;
}

/** A stage on a virtual clock that notes what it keeps, by trace. */
class StageUnderTest {
  readonly ledger = new Ledger();
  readonly kept = new Map<string, KeptPart[]>();
  readonly stage: TraceStage;
  nowMs = 1_000_000;

  constructor(yaml: string, shard: Partial<typeof SHARD> = {}) {
    const rules = compileRules(parse(yaml) as RulesConfig);
    if (!rules.ok) throw new Error(JSON.stringify(rules.error));
    const failures: unknown[] = [];
    this.stage = new TraceStage({
      shard: { ...SHARD, ...shard },
      memory: createSpanMemory(100_000, 3),
      decisionMemoryBytes: 2 ** 25,
      red: { capacity: 1000, boundsMs: [1, 10] },
      decider: new RuleDecider(rules.value),
      clocks: new HostPairClock(),
      sink: {
        keep: (view, _rebuilt, decision) => {
          const { spans, resources, services } = view.memory;
          const id = [view.id0, view.id1, view.id2, view.id3].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
          const parts = this.kept.get(id) ?? [];
          parts.push({
            spans: view.count, errors: view.errorCount, weight: decision.weight, threshold: `${decision.thresholdHi} ${decision.thresholdLo}`,
            service: services.text(resources.service[spans.resource[view.rows[0]!]!]!),
          });
          this.kept.set(id, parts);
        },
        linked: () => undefined,
        decided: () => {},
      },
      ledger: this.ledger.traces,
      onFailure: (error) => failures.push(error),
    });
  }

  send(traceId: string, spans: readonly PlainSpan[]): void {
    const body = traceRequest(traceId, spans);
    const answer = this.stage.accept({ signal: 'traces', body, transport: 'grpc', encoding: 'protobuf', deadlineMs: Infinity }, this.nowMs);
    if (answer.kind !== 'accepted' || answer.rejected > 0) throw new Error(answer.message);
  }

  pass(ms: number): void {
    for (let passed = 0; passed < ms; passed += MS_PER_STEP) {
      this.nowMs += MS_PER_STEP;
      while (this.stage.shard.tick(this.nowMs, 500));
    }
  }

  get keptSpans(): number {
    return [...this.kept.values()].flat().reduce((sum, part) => sum + part.spans, 0);
  }

  /** Whether the ledger accounts for every span, and for those kept as they were handed on. */
  get isBalanced(): boolean {
    const { ledger } = this.stage.shard;
    return ledger.isBalanced() && ledger.kept === this.keptSpans;
  }
}

/** A repeatable stream of numbers below 2^32 (splitmix32). */
function numbers(seed: number): () => number {
  // Streams of neighbouring seeds must not be the same stream a few steps apart.
  let state = Math.imul(seed ^ 0x2545f491, 0x85ebca6b) ^ Math.imul(seed, seed);
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
}

const SERVICES = 6;
const TRACES_PER_SECOND = 60;
const SECONDS = 8;

interface Shape {
  atMs: number;
  service: string;
  spans: number;
  errors: number;
  /** ms after the trace's last span when one more comes; 0 = none. */
  lateMs: number;
}

/** What is sent is the same for every seed; only ids, and so randomness, differ. */
function shapes(): Shape[] {
  const random = numbers(42);
  return Array.from({ length: TRACES_PER_SECOND * SECONDS }, (_, i) => ({
    atMs: Math.floor((i * 1000) / TRACES_PER_SECOND / MS_PER_STEP) * MS_PER_STEP,
    service: `s${Math.floor(Math.sqrt(random() % (SERVICES * SERVICES)))}`,
    spans: random() % 40 === 0 ? 20 : 1 + (random() % 5),
    errors: random() % 10 === 0 ? 1 : 0,
    lateMs: [0, 0, 0, 500, 3000][random() % 5]!,
  }));
}

function spansOf(shape: Shape): PlainSpan[] {
  return Array.from({ length: shape.spans }, (_, i) => ({
    id: String(i + 1), ...(i > 0 && { parent: '1' }), service: shape.service, start: i, end: i + 10, ...(i < shape.errors && { status: 2 }),
  }));
}

const LATE: PlainSpan = { id: '99', parent: '1', start: 5, end: 6 };

function run(under: StageUnderTest, load: readonly Shape[], seed: number): void {
  const random = numbers(seed + 1);
  const events: { atMs: number; send: () => void }[] = [];
  for (const shape of load) {
    const id = Array.from({ length: 4 }, () => random().toString(16).padStart(8, '0')).join('');
    events.push({ atMs: shape.atMs, send: () => under.send(id, spansOf(shape)) });
    if (shape.lateMs > 0) events.push({ atMs: shape.atMs + shape.lateMs, send: () => under.send(id, [{ ...LATE, service: shape.service }]) });
  }
  events.sort((a, b) => a.atMs - b.atMs);
  const began = under.nowMs;
  for (const { atMs, send } of events) {
    while (began + atMs > under.nowMs) under.pass(MS_PER_STEP);
    send();
  }
  under.pass(4000);
}

const EXEMPT = RULES.replace('{ name: rest', '{ name: errors, when: { any: { status: error } }, keep: 100%, budget: false }, { name: rest');

const SAMPLERS: [string, string, string?][] = [
  ['budget', 'budget: { spans_per_second: 80 }'],
  ['budget in bytes', 'budget: { bytes_per_second: 6KiB }'],
  ['floor', 'floor: { per: [service], traces: 3, every: 2s }'],
  ['budget that saves up', 'budget: { spans_per_second: 80, burst: 2s }'],
  ['budget that saves up, floor, rule outside the budget', 'budget: { spans_per_second: 60, burst: 2s }\nfloor: { per: [service], traces: 1, every: 2s }', EXEMPT],
  ['budget and floor', 'budget: { spans_per_second: 100, window: 500ms }\nfloor: { per: [service, status], traces: 2, every: 3s }'],
];

test.each(SAMPLERS)('%s: totals from weights are unbiased over 200 seeds, with late spans', { timeout: 120_000 }, (_name, sampling, rules = RULES) => {
  const seeds = 200;
  const load = shapes();
  const under = new StageUnderTest(`${rules}${sampling}`);
  const keys = ['spans', 'errors', ...Array.from({ length: SERVICES - 1 }, (_, i) => `s${i + 1}`)];
  const truth = new Map<string, number>();
  for (const shape of load) {
    if (shape.service === 's0') continue; // keep: 0% is final: nothing stands for it
    const spans = shape.spans + (shape.lateMs > 0 ? 1 : 0);
    for (const [key, value] of [['spans', spans], ['errors', shape.errors], [shape.service, spans]] as const) truth.set(key, (truth.get(key) ?? 0) + value);
  }
  const errors = new Map<string, number[]>(keys.map((key) => [key, []]));
  let keptParts = 0;
  let divided = 0;
  for (let seed = 0; seed < seeds; seed++) {
    under.kept.clear();
    run(under, load, seed);
    const estimate = new Map<string, number>();
    for (const parts of under.kept.values()) {
      if (parts.some((part) => part.threshold !== parts[0]!.threshold)) divided++;
      keptParts += parts.length;
      for (const part of parts) {
        for (const [key, value] of [['spans', part.spans], ['errors', part.errors], [part.service, part.spans]] as const) {
          estimate.set(key, (estimate.get(key) ?? 0) + value * part.weight);
        }
      }
    }
    for (const key of keys) errors.get(key)!.push((estimate.get(key) ?? 0) / truth.get(key)! - 1);
  }
  expect(divided).toBe(0);
  expect(keptParts).toBeGreaterThan(seeds * 50);
  expect(under.stage.shard.ledger.isBalanced()).toBe(true);
  expect(under.stage.shard.ledger.pending).toBe(0);
  expect(under.stage.shard.ledger.late).toBeGreaterThan(0);
  for (const key of keys) {
    const of = errors.get(key)!;
    const mean = of.reduce((sum, error) => sum + error, 0) / seeds;
    const standardError = Math.sqrt(of.reduce((sum, error) => sum + (error - mean) ** 2, 0) / (seeds - 1) / seeds);
    // 7 estimates of 4 samplers are looked at, so a single one may reach a little beyond three standard errors.
    expect({ key, unbiased: Math.abs(mean) <= (key === 'spans' ? 3 : 3.5) * standardError + 1e-9, mean, standardError }).toMatchObject({ unbiased: true });
    expect(key !== 'spans' || standardError < 0.01).toBe(true);
  }
});

test('held traces are pending, take their late spans along, and no window keeps more than its budget', () => {
  const under = new StageUnderTest('budget: { spans_per_second: 10 }');
  const random = numbers(5);
  const ids = Array.from({ length: 20 }, () => Array.from({ length: 4 }, () => random().toString(16).padStart(8, '0')).join(''));
  under.pass(1000);
  for (const id of ids) under.send(id, spansOf({ atMs: 0, service: 's', spans: 2, errors: 0, lateMs: 0 }));
  under.pass(800);
  expect(under.stage.shard.ledger.pending).toBe(40);
  expect(under.stage.isPending(ids[0]!)).toBe(true);
  for (const id of ids) under.send(id, [{ ...LATE, service: 's' }]);
  under.pass(1000);
  expect(under.stage.shard.ledger).toMatchObject({ pending: 0, late: 0, kept: 15 });
  const byRandomness = ids.toSorted((a, b) => (a.slice(18) < b.slice(18) ? 1 : -1));
  expect([...under.kept.keys()].toSorted()).toEqual(byRandomness.slice(0, 5).toSorted());
  expect(under.isBalanced).toBe(true);
});

test('a trace larger than the budget can be kept, and the windows after it pay', () => {
  const under = new StageUnderTest('budget: { spans_per_second: 10 }');
  under.pass(1000);
  under.send('f'.repeat(32), spansOf({ atMs: 0, service: 's', spans: 100, errors: 0, lateMs: 0 }));
  const random = numbers(6);
  for (let second = 0; second < 30; second++) {
    for (let i = 0; i < 20; i++) {
      const id = Array.from({ length: 4 }, () => (random() & 0x7fffffff).toString(16).padStart(8, '0')).join('');
      under.send(id, spansOf({ atMs: 0, service: 's', spans: 2, errors: 0, lateMs: 0 }));
    }
    under.pass(1000);
  }
  under.pass(3000);
  expect(under.kept.has('f'.repeat(32))).toBe(true);
  expect(under.keptSpans).toBeGreaterThan(200);
  expect(under.keptSpans).toBeLessThanOrEqual(340);
  expect(under.isBalanced).toBe(true);
});

test('without room windows end early, at shutdown at once: every span is accounted for', () => {
  const under = new StageUnderTest('budget: { spans_per_second: 100, window: 60s }', { maxBytes: 300_000 });
  const random = numbers(7);
  for (let i = 0; i < 4000; i++) {
    const id = Array.from({ length: 4 }, () => random().toString(16).padStart(8, '0')).join('');
    under.send(id, spansOf({ atMs: 0, service: 's', spans: 3, errors: 0, lateMs: 0 }));
    if (i % 50 === 0) under.pass(MS_PER_STEP);
    expect(under.stage.shard.liveBytes).toBeLessThanOrEqual(330_000);
  }
  expect(under.stage.shard.ledger.pending).toBeGreaterThan(0);
  while (under.stage.shard.drain(100));
  expect(under.stage.shard.ledger).toMatchObject({ received: 12_000, pending: 0 });
  expect(under.keptSpans).toBeGreaterThan(100);
  expect(under.isBalanced).toBe(true);
});

test('new rules end the window first: what was held is decided by those that held it', () => {
  const under = new StageUnderTest('budget: { spans_per_second: 1000 }');
  under.pass(500);
  under.send('e'.repeat(32), spansOf({ atMs: 0, service: 's', spans: 2, errors: 0, lateMs: 0 }));
  under.pass(300);
  expect(under.stage.shard.ledger.pending).toBe(2);
  const next = compileRules({ rules: [{ name: 'none', keep: '0%' }] });
  if (!next.ok) throw new Error('does not compile');
  under.stage.reconfigure(SHARD, new RuleDecider(next.value), under.nowMs);
  expect(under.stage.shard.ledger).toMatchObject({ pending: 0, kept: 2 });
  under.send('d'.repeat(32), spansOf({ atMs: 0, service: 's', spans: 2, errors: 0, lateMs: 0 }));
  under.pass(1000);
  expect(under.stage.shard.ledger).toMatchObject({ pending: 0, kept: 2 });
  under.stage.syncLedger();
  expect(under.ledger.traces.sampledOutByRule()).toEqual([['none', 2]]);
});

test('a budget with a burst decides at once while that lasts, then holds traces for their window and saves up again', () => {
  const under = new StageUnderTest('rules: [{ name: all, keep: 100% }]\nbudget: { spans_per_second: 10, burst: 10s }');
  const random = numbers(5);
  const sendMany = (traces: number): void => {
    for (let i = 0; i < traces; i++) under.send(Array.from({ length: 4 }, () => random().toString(16).padStart(8, '0')).join(''), [{ id: '1', service: 's1', start: 0, end: 1 }]);
    under.pass(200);
  };
  sendMany(90);
  expect(under.keptSpans, 'within the saved-up allowance').toBe(90);
  sendMany(200);
  expect(under.keptSpans, 'the allowance is at its reserve: the others wait for the end of their window').toBeLessThanOrEqual(100);
  under.pass(1500);
  expect(under.keptSpans).toBeLessThanOrEqual(115);
  under.pass(20_000);
  const before = under.keptSpans;
  sendMany(90);
  expect(under.keptSpans - before, 'saved up again').toBe(90);
  expect(under.isBalanced).toBe(true);
});

test('a rule outside the budget is neither cut by it nor counted', () => {
  const under = new StageUnderTest('rules: [{ name: errors, when: { any: { status: error } }, keep: 100%, budget: false }, { name: rest, keep: 100% }]\nbudget: { spans_per_second: 5 }');
  const random = numbers(6);
  for (let i = 0; i < 100; i++) {
    const id = Array.from({ length: 4 }, () => random().toString(16).padStart(8, '0')).join('');
    under.send(id, [{ id: '1', service: 's1', start: 0, end: 1, ...(i < 50 && { status: 2 }) }]);
  }
  under.pass(4000);
  const parts = [...under.kept.values()].flat();
  expect(parts.filter((part) => part.errors > 0).map((part) => part.weight)).toEqual(Array.from({ length: 50 }, () => 1));
  const rest = parts.filter((part) => part.errors === 0);
  expect(rest.length, 'one window of 5 spans').toBe(5);
  expect(rest.every((part) => part.weight > 1)).toBe(true);
});
