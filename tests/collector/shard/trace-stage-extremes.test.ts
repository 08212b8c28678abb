// What one sender does to the others: a trace of a million spans, and more traces at once than memory holds, change no other trace's decision.
import { expect, test } from 'vitest';
import { traceIdWords, traceRequest as manySpans } from '#tests/support/trace-requests.ts';
import { numbers } from './stage-load.ts';
import { StageUnderTest } from './stage-under-test.ts';

const RULES =
  'rules: [{ name: errors, when: { any: { status: error } }, keep: 100% }, { name: slow, when: { duration: "> 1ms" }, keep: 50% }, { name: rest, keep: 20% }]';
const MAX_BYTES = 32 * 2 ** 20;
const LIMITS = { spansPerTrace: 250_000, traceCapacity: 200_000, quietMs: 1000, afterRootMs: 5000, maxMs: 30_000 };
const SPANS = 400_000;
const STEP_MS = 100;
const STEPS = 100;
const ORDINARY_PER_STEP = 10;
/** Ordinary traces send their root, which may be the error, after so many steps. */
const ROOT_AFTER = 6;
const REQUEST_SPANS = 10_000;

interface Outcome {
  /** Ordinary traces that were kept, with their threshold and spans. */
  readonly kept: ReadonlyMap<string, string>;
  readonly mostLiveBytes: number;
  readonly mostSlabBytes: number;
  readonly under: StageUnderTest;
}

/** Ten seconds of ordinary traces, half of each sent later, and what else is sent at each step. */
function run(others: (under: StageUnderTest, step: number) => void, maxBytes = MAX_BYTES): Outcome {
  const under = new StageUnderTest(RULES, { ...LIMITS, maxBytes, bytesPerTrace: maxBytes / 4 }, { leastHi: 0 }, SPANS);
  const random = numbers(77);
  const ids = Array.from({ length: STEPS * ORDINARY_PER_STEP }, () =>
    Array.from({ length: 4 }, () => random().toString(16).padStart(8, '0')).join(''),
  );
  let mostLiveBytes = 0;
  let mostSlabBytes = 0;
  for (let step = 0; step < STEPS + ROOT_AFTER; step++) {
    const began = ids.slice(step * ORDINARY_PER_STEP, (step + 1) * ORDINARY_PER_STEP);
    const ends =
      step < ROOT_AFTER
        ? []
        : ids.slice((step - ROOT_AFTER) * ORDINARY_PER_STEP, (step - ROOT_AFTER + 1) * ORDINARY_PER_STEP);
    for (const id of began)
      under.send(id, [
        { id: '2', parent: '1', start: 1, end: 9 },
        { id: '3', parent: '2', start: 2, end: 8 },
      ]);
    others(under, step);
    for (const [i, id] of ends.entries())
      under.send(id, [{ id: '1', start: 0, end: i % 3 === 0 ? 2e6 : 10, ...(i % 4 === 0 && { status: 2 }) }]);
    under.pass(STEP_MS);
    mostLiveBytes = Math.max(mostLiveBytes, under.stage.shard.liveBytes);
    mostSlabBytes = Math.max(mostSlabBytes, under.stage.memory.slabs.heldBytes);
  }
  under.pass(40_000);
  const kept = new Map<string, string>();
  for (const id of ids) {
    const parts = under.kept.get(id);
    if (parts !== undefined)
      kept.set(id, parts.map((part) => `${part.spans} ${part.threshold} ${part.weight}`).join('; '));
  }
  return { kept, mostLiveBytes, mostSlabBytes, under };
}

const alone = run(() => {});

function expectUnchanged({ kept, mostLiveBytes, mostSlabBytes, under }: Outcome, maxBytes = MAX_BYTES): void {
  expect(kept).toEqual(alone.kept);
  expect(mostLiveBytes).toBeLessThanOrEqual(maxBytes);
  // Slabs may hold twice what is alive, and a few that are being filled or emptied.
  expect(mostSlabBytes).toBeLessThanOrEqual(2 * maxBytes + 5 * 2 ** 24);
  expect(under.stage.shard.ledger.pending).toBe(0);
  expect(under.isBalanced).toBe(true);
}

test('alone, ordinary traces are kept whole by their rules', () => {
  expect(alone.kept.size).toBeGreaterThan(350);
  expect(new Set([...alone.kept.values()].map((text) => text.split(' ')[0]))).toEqual(new Set(['3']));
});

/** The first trace number whose randomness begins with more, or less, than that. */
function numberWhere(wanted: (randomHi: number) => boolean): number {
  let number = 1;
  while (!wanted(traceIdWords(number)[2] & 0xffffff)) number++;
  return number;
}

test.each([
  ['kept', numberWhere((random) => random > 0xf00000)],
  ['dropped', numberWhere((random) => random < 0x100000)],
])('a trace of 1,000,000 spans that is %s leaves the others alone', { timeout: 240_000 }, (fate, number) => {
  const requests = 100;
  const outcome = run((under, step) => {
    if (step >= requests) return;
    const spans = Array.from({ length: REQUEST_SPANS }, (_, i) => {
      const span = step * REQUEST_SPANS + i + 1;
      return { trace: number, span, ...(span > 1 && { parent: 1 + Math.floor(span / 1000) }) };
    });
    under.sendBody(manySpans(spans));
  });
  expectUnchanged(outcome);
  const { ledger } = outcome.under.stage.shard;
  expect(ledger.received).toBe(STEPS * ORDINARY_PER_STEP * 3 + requests * REQUEST_SPANS);
  const big = [...outcome.under.kept].find(([id]) => id.endsWith(number.toString(16).padStart(8, '0')))?.[1] ?? [];
  expect(big.reduce((sum, part) => sum + part.spans, 0)).toBe(fate === 'kept' ? requests * REQUEST_SPANS : 0);
  expect(new Set(big.map((part) => part.threshold)).size).toBeLessThanOrEqual(1);
});

test.each([
  ['heavy', 4, 100, MAX_BYTES],
  ['lighter than any other', 1, 0, MAX_BYTES / 4],
])(
  '100,000 traces at once, three times what memory holds, leave the others alone: %s ones',
  { timeout: 240_000 },
  (_kind, spansEach, padding, maxBytes) => {
    const traces = 100_000;
    const perRequest = 1000;
    const outcome = run((under, step) => {
      if (step !== 40) return;
      for (let first = 1; first <= traces; first += perRequest) {
        under.sendBody(
          manySpans(
            Array.from({ length: perRequest * spansEach }, (_, i) => {
              const span = (i % spansEach) + 1;
              return { trace: first + Math.floor(i / spansEach), span, padding, ...(span > 1 && { parent: 1 }) };
            }),
          ),
        );
      }
    }, maxBytes);
    expect(outcome.under.stage.decided.traces(false, 'rest', 'memory')).toBeGreaterThan(20_000);
    expectUnchanged(outcome, maxBytes);
    expect(outcome.under.stage.shard.ledger.received).toBe(STEPS * ORDINARY_PER_STEP * 3 + traces * spansEach);
  },
);
