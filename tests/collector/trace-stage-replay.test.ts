// Requests of an earlier life keep the numbers of their spans, also where some of them were decided then.
import { expect, test } from 'vitest';
import { compileRules } from '#collector/decide/compile-rules.ts';
import { RuleDecider } from '#collector/decide/rule-decider.ts';
import { createSpanMemory } from '#collector/model/span-memory.ts';
import { HostPairClock } from '#collector/reconstruct/clock/host-pair-clock.ts';
import { SignalLedger } from '#collector/self/ledger.ts';
import { TraceStage } from '#collector/trace-stage.ts';
import { traceRequest } from '#tests/support/trace-builder.ts';
import { SHARD } from './stage-under-test.ts';

const TRACE = '5'.repeat(32);
const FIRST = { firstSpan: 0, leastHi: 0, countRed: true, covers: () => false };

/** Spans that decisions cover, in their order: the number of the next one at each. */
function stageThatTells(spansPerTrace: number): { stage: TraceStage; covered: number[] } {
  const rules = compileRules({ rules: [{ name: 'all', keep: '100%' }] });
  if (!rules.ok) throw new Error(JSON.stringify(rules.error));
  const covered: number[] = [];
  const stage = new TraceStage({
    shard: { ...SHARD, spansPerTrace }, memory: createSpanMemory(1000, 3), decisionMemoryBytes: 2 ** 20, red: { capacity: 100, boundsMs: [1] },
    decider: new RuleDecider(rules.value), clocks: new HostPairClock(), ledger: new SignalLedger(),
    sink: { keep: () => undefined, linked: () => undefined, decided: () => covered.push(stage.shard.taken) },
    onFailure: (error) => {
      throw error;
    },
  });
  return { stage, covered };
}

function request(spans: number): Parameters<TraceStage['replay']>[0] {
  return { signal: 'traces', transport: 'wal', encoding: 'protobuf', deadlineMs: Infinity, body: traceRequest(TRACE, Array.from({ length: spans }, (_, i) => ({ id: String(i + 1), start: 0, end: 1 }))) };
}

test('a decision in the middle of a request covers its spans by the numbers they had', () => {
  const { stage, covered } = stageThatTells(2);
  stage.replay(request(6), { ...FIRST, firstSpan: 100, covers: (_trace, span) => span < 102 }, 1000);
  expect(covered).toEqual([104, 106]);
  expect(stage.shard.taken).toBe(106);
});

test('a request that was written later than it was taken takes nothing of the numbers of others', () => {
  const { stage } = stageThatTells(50);
  stage.replay(request(3), { ...FIRST, firstSpan: 200 }, 1000);
  stage.replay(request(3), { ...FIRST, firstSpan: 100 }, 1000);
  expect(stage.shard.taken).toBe(203);
});
