// With late errors and error logs rescued, the totals that weights tell stay unbiased: while everything dropped is still there, while the
// ring takes only a part of it, with overload and with thresholds from upstream.
import { expect, test } from 'vitest';
import type { PlainSpan } from '#tests/support/trace-builder.ts';
import { RescueStage, type RingSettings } from './rescue-stage.ts';
import { numbers } from './stage-load.ts';

const SEEDS = 150;
const TRACES = 400;
const STEP_MS = 100;
const RULES = 'rules: [{ name: slow, when: { any: { name: slow } }, keep: 40% }, { name: rest, keep: 10% }]';
const EARLY_ERRORS =
  'rules: [{ name: errors, when: { any: { status: error } }, keep: 100% }, { name: rest, keep: 10% }]';

interface Shape {
  spans: number;
  slow: boolean;
  error: boolean;
  /** ms after it was sent; 0 = none. */
  lateErrorMs: number;
  lateMs: number;
  logMs: number;
}

/** The same for every seed. */
function shapes(): Shape[] {
  const random = numbers(5);
  const oneOf = (...values: number[]): number => values[random() % values.length]!;
  return Array.from({ length: TRACES }, () => ({
    spans: 1 + (random() % 5),
    slow: random() % 4 === 0,
    error: random() % 12 === 0,
    lateErrorMs: random() % 3 === 0 ? oneOf(700, 1500, 4000) : 0,
    lateMs: random() % 2 === 0 ? oneOf(800, 2500) : 0,
    logMs: random() % 8 === 0 ? oneOf(50, 900, 3000) : 0,
  }));
}

function spansOf(shape: Shape, more: Partial<PlainSpan>): PlainSpan[] {
  return Array.from({ length: shape.spans }, (_, i) => ({
    id: String(i + 1),
    ...(i > 0 && { parent: '1' }),
    start: i,
    end: i + 10,
    name: shape.slow && i === 0 ? 'slow' : 'fast',
    ...(shape.error && i === 0 && { status: 2 }),
    attributes: { pad: 'x'.repeat(100) },
    ...more,
  }));
}

function run(
  under: RescueStage,
  load: readonly Shape[],
  seed: number,
  more: Partial<PlainSpan>,
  comes: (id: string) => boolean,
): void {
  const random = numbers(seed + 1);
  const events: { atMs: number; send: () => void }[] = [];
  for (const [n, shape] of load.entries()) {
    const id = Array.from({ length: 4 }, () => random().toString(16).padStart(8, '0')).join('');
    if (!comes(id)) continue;
    const atMs = n * 10;
    const late = (spanId: string, status: number): PlainSpan => ({
      id: spanId,
      parent: '1',
      start: 5,
      end: 6,
      status,
      ...more,
    });
    events.push({ atMs, send: () => under.send(id, spansOf(shape, more)) });
    if (shape.lateMs > 0) events.push({ atMs: atMs + shape.lateMs, send: () => under.send(id, [late('98', 0)]) });
    if (shape.lateErrorMs > 0)
      events.push({ atMs: atMs + shape.lateErrorMs, send: () => under.send(id, [late('99', 2)]) });
    if (shape.logMs > 0) events.push({ atMs: atMs + shape.logMs, send: () => under.logError(id) });
  }
  events.sort((a, b) => a.atMs - b.atMs);
  const began = under.nowMs;
  for (const { atMs, send } of events) {
    while (began + atMs > under.nowMs) under.pass(STEP_MS);
    send();
  }
  under.pass(4000);
}

const CASES: [string, string, RingSettings, { overload?: number; upstream?: string }][] = [
  ['everything is still there', RULES, {}, {}],
  ['errors in time are kept, too', EARLY_ERRORS, {}, {}],
  ['the ring takes a part', RULES, { maxBytes: 65_536, leastHorizonMs: 6000 }, {}],
  ['overload turns traces away', RULES, {}, { overload: 2 ** 27 }],
  ['half was sampled upstream', RULES, {}, { upstream: 'ot=th:8' }],
];

test.each(CASES)(
  'totals from weights are unbiased over 150 seeds: %s',
  { timeout: 180_000 },
  (_name, rules, ring, { overload = 0, upstream }) => {
    const load = shapes();
    const more: Partial<PlainSpan> = upstream === undefined ? {} : { traceState: upstream };
    const truth = { traces: load.length, spans: 0, errors: 0 };
    for (const shape of load) {
      truth.spans += shape.spans + (shape.lateMs > 0 ? 1 : 0) + (shape.lateErrorMs > 0 ? 1 : 0);
      truth.errors += (shape.error ? 1 : 0) + (shape.lateErrorMs > 0 ? 1 : 0);
    }
    const errors = { traces: new Array<number>(), spans: new Array<number>(), errors: new Array<number>() };
    let rescued = 0;
    const under = new RescueStage(rules, ring, { leastHi: overload }, 20_000);
    for (let seed = 0; seed < SEEDS; seed++) {
      under.stored.clear();
      // Upstream keeps by the same randomness: the low 56 bits of the id, of which half is at or above its threshold.
      run(under, load, seed, more, (id) => upstream === undefined || Number.parseInt(id.slice(18, 19), 16) >= 8);
      const estimate = { traces: 0, spans: 0, errors: 0 };
      for (const trace of under.stored.values()) {
        estimate.traces += trace.weight;
        estimate.spans += trace.spans.length * trace.weight;
        estimate.errors += trace.errors * trace.weight;
      }
      for (const key of ['traces', 'spans', 'errors'] as const) errors[key].push(estimate[key] / truth[key] - 1);
    }
    rescued = Object.values(under.rescued()).reduce((sum, traces) => sum + traces, 0);
    expect(rescued).toBeGreaterThan(SEEDS * 10);
    expect(under.leastShare < 0.9).toBe(ring.leastHorizonMs !== undefined);
    expect(under.unaccounted).toBe(0);
    for (const key of ['traces', 'spans', 'errors'] as const) {
      const of = errors[key];
      const mean = of.reduce((sum, error) => sum + error, 0) / SEEDS;
      const standardError = Math.sqrt(of.reduce((sum, error) => sum + (error - mean) ** 2, 0) / (SEEDS - 1) / SEEDS);
      expect({ key, unbiased: Math.abs(mean) <= 3 * standardError + 1e-9, mean, standardError }).toMatchObject({
        unbiased: true,
      });
    }
  },
);
