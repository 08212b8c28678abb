// Decisions are remembered within fixed memory, exactly as long as the horizon says, and never claimed for a trace that had none.
import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import { ageMs, DECIDED_DROPPED, UNDECIDED, type PastDecision } from '#collector/assemble/decision-lookup.ts';
import { DecisionMemory } from '#collector/decide/memory/decision-memory.ts';
import type { Decision, TraceView } from '#collector/model/trace.ts';
import { writtenTrace } from '#tests/support/written-trace.ts';

const template = writtenTrace([{}]);

function trace(n: number, firstSeenMs = n): TraceView {
  return {
    ...template,
    id0: Math.imul(n, 0x9e3779b1) | 0,
    id1: n,
    id2: ~n,
    id3: Math.imul(n, 31),
    startHi: 400_000_000,
    startLo: n,
    firstSeenMs,
  };
}

function decision(keep: boolean, rule: number): Decision {
  return {
    keep,
    rule,
    thresholdHi: keep ? 0xe666666 : 2 ** 28,
    thresholdLo: keep ? 0x6666666 : 0,
    weight: keep ? 10 : 0,
  };
}

/** What the look-up before found. */
const past: PastDecision = { rule: 0, seenSeconds: 0 };

function lookup(memory: DecisionMemory, view: TraceView): number {
  return memory.lookup(view.id0, view.id1, view.id2, view.id3, past);
}

describe('decision memory', () => {
  test('a kept trace is found with threshold, rule and start; a dropped one with its rule; an unknown one not at all', () => {
    const memory = new DecisionMemory(1 << 20, 7);
    memory.remember(trace(1), decision(true, 3));
    memory.remember(trace(2), decision(false, 65_000));
    const entry = lookup(memory, trace(1));
    expect(entry).toBeGreaterThan(0);
    expect(past.rule).toBe(3);
    expect([memory.thresholdHi(entry), memory.thresholdLo(entry), memory.ruleOf(entry)]).toEqual([
      0xe666666, 0x6666666, 3,
    ]);
    expect([memory.startHi(entry), memory.startLo(entry)]).toEqual([400_000_000, 1]);
    expect(memory.weight(entry)).toBeCloseTo(10, 6);
    expect(lookup(memory, trace(2))).toBe(DECIDED_DROPPED);
    expect(past.rule).toBe(65_000);
    expect(lookup(memory, trace(3))).toBe(UNDECIDED);
  });

  test('a threshold that is not written as th is still the weight; without any the weight is unknown', () => {
    const memory = new DecisionMemory(1 << 20, 7);
    memory.remember(trace(1), { ...decision(true, 3), writesTh: false });
    memory.remember(trace(2), {
      keep: true,
      rule: 4,
      thresholdHi: 2 ** 28,
      thresholdLo: 0,
      weight: 0,
      writesTh: false,
    });
    memory.remember(trace(3), decision(true, 5));
    const [hashed, unknown, plain] = [lookup(memory, trace(1)), lookup(memory, trace(2)), lookup(memory, trace(3))];
    expect([memory.thresholdHi(hashed), memory.writesTh(hashed)]).toEqual([0xe666666, false]);
    expect(memory.weight(hashed)).toBeCloseTo(10, 6);
    expect([memory.thresholdHi(unknown), memory.weight(unknown), memory.writesTh(unknown)]).toEqual([
      2 ** 28,
      0,
      false,
    ]);
    expect(memory.writesTh(plain)).toBe(true);
  });

  test('ids are the same whether their words come signed or unsigned', () => {
    const memory = new DecisionMemory(1 << 20, 7);
    const view = trace(123_456_789);
    for (const keep of [false, true]) {
      memory.remember(view, decision(keep, 1));
      const signed = memory.lookup(view.id0 | 0, view.id1 | 0, view.id2 | 0, view.id3 | 0);
      expect(memory.lookup(view.id0 >>> 0, view.id1 >>> 0, view.id2 >>> 0, view.id3 >>> 0)).toBe(signed);
      expect(signed !== UNDECIDED).toBe(true);
    }
  });

  test('a dropped trace that is later kept is kept', () => {
    const memory = new DecisionMemory(1 << 20, 7);
    memory.remember(trace(1), decision(false, 0));
    memory.remember(trace(1), decision(true, 2));
    expect(lookup(memory, trace(1))).toBeGreaterThan(0);
    expect(past.rule).toBe(2);
  });

  test('within its memory it knows a full generation, forgets the oldest first, and says since when it remembers all', () => {
    const bytes = 1 << 16;
    const memory = new DecisionMemory(bytes, 7);
    const many = 20_000;
    for (let n = 1; n <= many; n++) memory.remember(trace(n), decision(n % 4 === 0, n % 5));
    const since = memory.rememberedSinceMs();
    expect(since).toBeGreaterThan(1);
    expect(since).toBeLessThan(many);
    for (let n = since; n <= many; n++) {
      const found = lookup(memory, trace(n));
      expect({ n, right: n % 4 === 0 ? found > 0 : found === DECIDED_DROPPED }).toEqual({ n, right: true });
      expect(past.rule).toBe(n % 5);
    }
    expect(lookup(memory, trace(1))).toBe(UNDECIDED);
    expect(lookup(memory, trace(4))).toBe(UNDECIDED);
  });

  test('bytes a trace: at most 16 when dropped, at most 100 when kept, at the load that it allows itself', () => {
    const bytes = 1 << 20;
    const memory = new DecisionMemory(bytes, 7);
    expect(bytes / 2 / (memory.droppedSlots * 2 * 0.75)).toBeLessThanOrEqual(16);
    expect(bytes / 2 / (memory.keptSlots * 2 * 0.75)).toBeLessThanOrEqual(100);
  });

  test('no new trace is taken for a dropped one', () => {
    const memory = new DecisionMemory(1 << 22, 99);
    for (let n = 1; n <= 100_000; n++) memory.remember(trace(n), decision(false, 0));
    let wrong = 0;
    for (let n = 100_001; n <= 400_000; n++) if (lookup(memory, trace(n)) !== UNDECIDED) wrong++;
    expect(wrong).toBe(0);
  });

  test('a reload renumbers what is remembered', () => {
    const memory = new DecisionMemory(1 << 20, 7);
    memory.remember(trace(1), decision(true, 0));
    memory.remember(trace(2), decision(false, 1));
    memory.renumberRules(Uint16Array.of(4, 5));
    lookup(memory, trace(1));
    expect(past.rule).toBe(4);
    lookup(memory, trace(2));
    expect(past.rule).toBe(5);
  });
});

describe('against a plain map', () => {
  test('what was remembered since the horizon is found as it was last decided, kept beating dropped', () => {
    const step = fc.record({
      n: fc.integer({ min: 1, max: 300 }),
      keep: fc.boolean(),
      rule: fc.integer({ min: 0, max: 65_000 }),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 400 }), fc.integer(), (steps, seed) => {
        const memory = new DecisionMemory(1 << 13, seed);
        const known = new Map<number, { keep: boolean; rule: number; at: number }>();
        for (const [at, { n, keep, rule }] of steps.entries()) {
          memory.remember(trace(n, at), decision(keep, rule));
          const before = known.get(n);
          // Who was kept once stays kept; a drop after it is remembered beside it.
          if (keep || before?.keep !== true) known.set(n, { keep, rule, at });
        }
        const since = memory.rememberedSinceMs();
        for (const [n, { keep, rule, at }] of known) {
          if (at < since) continue;
          const found = lookup(memory, trace(n));
          expect([n, keep ? found > 0 : found === DECIDED_DROPPED, past.rule]).toEqual([n, true, rule]);
        }
      }),
      { seed: 851, numRuns: 60 },
    );
  });

  test('traces turned away at their arrival are dropped like any other', () => {
    const memory = new DecisionMemory(1 << 16, 7);
    const view = trace(5);
    memory.drop(view.id0, view.id1, view.id2, view.id3, 9, 77_000);
    expect([lookup(memory, view), past.rule]).toEqual([DECIDED_DROPPED, 9]);
    expect(ageMs(past, 80_000)).toBe(3000);
  });

  test('a kept trace can get another threshold', () => {
    const memory = new DecisionMemory(1 << 16, 7);
    memory.remember(trace(5), decision(true, 1));
    const entry = lookup(memory, trace(5));
    memory.revise(entry, { ...decision(true, 1), thresholdHi: 2 ** 27, thresholdLo: 3, writesTh: false });
    expect([memory.thresholdHi(entry), memory.thresholdLo(entry), memory.writesTh(entry)]).toEqual([2 ** 27, 3, false]);
    expect(memory.weight(entry)).toBeCloseTo(2, 6);
    expect(memory.ruleOf(entry)).toBe(1);
  });

  test('ages are those of the first span, to the second, for 18 hours', () => {
    const memory = new DecisionMemory(1 << 16, 7);
    memory.remember(trace(5, 1_700_000_000_900), decision(true, 1));
    lookup(memory, trace(5));
    expect(ageMs(past, 1_700_000_000_950)).toBe(0);
    expect(ageMs(past, 1_700_000_065_000)).toBe(65_000);
    expect(ageMs(past, 1_700_000_000_900 + 64_000_000)).toBe(64_000_000);
  });
});
