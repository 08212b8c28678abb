// Requests of an earlier life keep the numbers of their spans, also where some of them were decided then.
import { traceIdOf } from '#proto/model/ids.ts';
import { expect, test } from 'vitest';
import { compileRules } from '#collector/decide/rules/compile-rules.ts';
import { RuleDecider } from '#collector/decide/rules/rule-decider.ts';
import { createSpanMemory } from '#collector/model/span-memory.ts';
import { HostPairClock } from '#collector/reconstruct/clock/host-pair-clock.ts';
import { SignalLedger } from '#collector/self/ledger.ts';
import { TraceStage } from '#collector/shard/trace-stage.ts';
import { traceRequest } from '#tests/support/trace-builder.ts';
import { SHARD } from './stage-under-test.ts';

const TRACE = '5'.repeat(32);
const FIRST = { firstSpan: 0, leastHi: 0, countRed: true, isCounted: false, covers: () => false };

/** Spans that decisions cover, in their order: the number of the next one at each. */
function stageThatTells(spansPerTrace: number): { stage: TraceStage; covered: number[] } {
  const rules = compileRules({ rules: [{ name: 'all', keep: '100%' }] });
  if (!rules.ok) throw new Error(JSON.stringify(rules.error));
  const covered: number[] = [];
  const stage = new TraceStage({
    shard: { ...SHARD, spansPerTrace },
    memory: createSpanMemory(1000, 3),
    decisionMemoryBytes: 2 ** 20,
    red: { capacity: 100, boundsMs: [1] },
    decider: new RuleDecider(rules.value),
    clocks: new HostPairClock(),
    ledger: new SignalLedger(),
    sink: { keep: () => undefined, linked: () => undefined, decided: () => covered.push(stage.shard.nextSpan) },
    onFailure: (error) => {
      throw error;
    },
  });
  return { stage, covered };
}

function request(spans: number): Parameters<TraceStage['replay']>[0] {
  return {
    transport: 'wal',
    encoding: 'protobuf',
    body: traceRequest(
      TRACE,
      Array.from({ length: spans }, (_, i) => ({ id: String(i + 1), start: 0, end: 1 })),
    ),
  };
}

test('a decision in the middle of a request covers its spans by the numbers they had', () => {
  const { stage, covered } = stageThatTells(2);
  stage.replay(request(6), { ...FIRST, firstSpan: 100, covers: (_trace, span) => span < 102 }, 1000);
  expect(covered).toEqual([104, 106]);
  expect(stage.shard.nextSpan).toBe(106);
});

test('a request that was written later than it was taken takes nothing of the numbers of others', () => {
  const { stage } = stageThatTells(50);
  stage.replay(request(3), { ...FIRST, firstSpan: 200 }, 1000);
  stage.replay(request(3), { ...FIRST, firstSpan: 100 }, 1000);
  expect(stage.shard.nextSpan).toBe(203);
});

const NEXT_LIFE = { leastHi: 0, countRed: true, isCounted: false };
const body = (spans: readonly number[]): Parameters<TraceStage['replay']>[0] => ({
  ...request(1),
  body: traceRequest(
    TRACE,
    spans.map((span) => ({ id: String(span), name: 'op', start: 0, end: span })),
  ),
});

function callsOf(stage: TraceStage): number {
  let calls = 0;
  stage.red.flush(2000, (series) => (calls += series.newCalls));
  return calls;
}

test.each([
  ['all were decided', 8, []],
  ['none was decided', 0, [3]],
  ['the first request was decided, and in part the second, a copy among its spans', 4, [1]],
])('copies in the log count once: %s', (_what, coveredTo, kept) => {
  const { stage } = stageThatTells(50);
  const seen: number[] = [];
  const traces = new Map([[TRACE, coveredTo]]);
  const covers = (trace: string, span: number): boolean => span < (traces.get(trace) ?? 0);
  if (coveredTo > 0)
    stage.restore(
      {
        traceId: traceIdOf(TRACE),
        coveredTo,
        thresholdHi: 0,
        thresholdLo: 0,
        startHi: 0,
        startLo: 0,
        rule: 'all',
        keep: true,
        writesTh: true,
      },
      1000,
    );
  stage.replay(body([1, 2]), { ...NEXT_LIFE, firstSpan: 0, covers }, 1000);
  stage.replay(body([1, 2, 3]), { ...NEXT_LIFE, firstSpan: 2, covers }, 1000);
  stage.replay(body([3, 3, 1]), { ...NEXT_LIFE, firstSpan: 5, covers }, 1000);
  expect(callsOf(stage)).toBe(3);
  stage.accept(body([2, 3, 1]), 1000);
  stage.accept(body([4]), 1000);
  expect(callsOf(stage)).toBe(1);
  const { ledger } = stage.shard;
  for (let nowMs = 1000; nowMs < 5000; nowMs += 100) while (stage.shard.tick(nowMs, 1000));
  seen.push(ledger.kept - 1);
  expect(seen).toEqual(kept.length === 0 ? [0] : kept);
  expect(ledger.isBalanced()).toBe(true);
});

test('RED of an earlier life is not counted again, and copies are known all the same', () => {
  const { stage } = stageThatTells(50);
  stage.restore(
    {
      traceId: traceIdOf(TRACE),
      coveredTo: 2,
      thresholdHi: 0,
      thresholdLo: 0,
      startHi: 0,
      startLo: 0,
      rule: 'all',
      keep: false,
      writesTh: true,
    },
    1000,
  );
  stage.replay(body([1, 2]), { ...NEXT_LIFE, countRed: false, firstSpan: 0, covers: (_trace, span) => span < 2 }, 1000);
  stage.accept(body([1, 2, 3]), 1000);
  expect(callsOf(stage)).toBe(1);
});

test('what was carried over a crash is known also where the decision is not', () => {
  const first = stageThatTells(50).stage;
  first.accept(body([1, 2, 3]), 1000);
  for (let nowMs = 1000; nowMs < 5000; nowMs += 100) while (first.shard.tick(nowMs, 1000));
  const piece = first.decidedSpans.carry()!;
  const { stage } = stageThatTells(50);
  stage.decidedSpans.advanceTo(6000);
  expect(stage.decidedSpans.restore(piece)).toBe(3);
  stage.accept(body([4, 1, 2]), 6000);
  stage.accept(body([3]), 6000);
  expect([callsOf(stage), stage.shard.ledger.pending]).toEqual([1, 1]);
});
