import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spanMessage } from '#tests/support/trace-requests.ts';
import type { SpanShape } from '#tests/support/trace-requests.ts';
import { sameness, ShardModel } from './shard-model.ts';
import type { Decided } from './shard-model.ts';
import { OPTIONS, ShardUnderTest } from './shard-under-test.ts';

const isOdd = (trace: number): boolean => trace % 2 === 1;
const always = (): boolean => true;
const never = (): boolean => false;

const spanOf = (traces: number): fc.Arbitrary<SpanShape> =>
  fc.record(
    {
      trace: fc.integer({ min: 1, max: traces }),
      span: fc.integer({ min: 1, max: 8 }),
      parent: fc.integer({ min: 1, max: 8 }),
      padding: fc.integer({ min: 0, max: 300 }),
    },
    { requiredKeys: ['trace', 'span', 'padding'] },
  );
const schedule = (traces: number): fc.Arbitrary<{ waitMs: number; spans: SpanShape[] }[]> =>
  fc.array(
    fc.record({
      waitMs: fc.oneof(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 7000 })),
      spans: fc.array(spanOf(traces), { maxLength: 6 }),
    }),
    { maxLength: 40 },
  );

const texts = (messages: readonly Buffer[]): string[] => messages.map((message) => message.toString('hex')).toSorted();
const byTrace = (decided: readonly Decided[]): Decided[] =>
  decided.toSorted((a, b) => a.trace - b.trace || a.spans.length - b.spans.length);

describe('a shard beside its slow model', () => {
  it('decides the same traces at the same ticks for the same reasons, whatever the schedule', () => {
    fc.assert(
      fc.property(schedule(6), (steps) => {
        const options = { ...OPTIONS, spansPerTrace: 7 };
        const real = new ShardUnderTest(options, isOdd);
        const model = new ShardModel(options, isOdd);
        let nowMs = 1_000_037;
        for (const { waitMs, spans } of [...steps, { waitMs: 40_000, spans: [] }]) {
          nowMs += waitMs;
          real.tick(nowMs);
          model.tick(nowMs);
          expect(byTrace(real.decided)).toEqual(byTrace(model.decided));
          real.accept(spans, nowMs);
          model.accept(spans, nowMs);
          expect([real.shard.ledger.pending, real.copies]).toEqual([model.pending, model.copies]);
          expect(real.shard.ledger.isBalanced()).toBe(true);
        }
        expect(real.shard.ledger.pending).toBe(0);
      }),
      { seed: 41, numRuns: 300 },
    );
  });

  it('does so with requests and traces of hundreds of spans, many of them copies, whose rows lie in runs and between others', () => {
    const manyOf = fc.record({
      from: fc.integer({ min: 1, max: 400 }),
      count: fc.integer({ min: 1, max: 300 }),
      step: fc.constantFrom(1, 3),
      trace: fc.integer({ min: 1, max: 4 }),
      others: fc.integer({ min: 0, max: 3 }),
    });
    fc.assert(
      fc.property(
        fc.array(fc.record({ waitMs: fc.constantFrom(0, 100, 1500, 7000), many: manyOf }), { maxLength: 25 }),
        fc.integer({ min: 150, max: 600 }),
        (steps, spansPerTrace) => {
          const options = { ...OPTIONS, spansPerTrace };
          const real = new ShardUnderTest(options, isOdd, 5000);
          const model = new ShardModel(options, isOdd);
          let nowMs = 1_000_037;
          for (const {
            waitMs,
            many: { from, count, step, trace, others },
          } of [...steps, { waitMs: 40_000, many: { from: 1, count: 0, step: 1, trace: 1, others: 0 } }]) {
            nowMs += waitMs;
            real.tick(nowMs);
            model.tick(nowMs);
            expect(byTrace(real.decided)).toEqual(byTrace(model.decided));
            const spans = Array.from({ length: count }, (_unused, at) => ({
              trace: at % (others + 1) === 0 ? trace : 5 + (at % 7),
              span: from + at * step,
              parent: 1,
            }));
            real.accept(spans, nowMs);
            model.accept(spans, nowMs);
            expect([real.shard.ledger.pending, real.copies]).toEqual([model.pending, model.copies]);
            expect(real.shard.ledger.isBalanced()).toBe(true);
          }
          const { spans, slabs } = real.memory;
          expect([real.shard.ledger.pending, spans.used, slabs.liveBytes]).toEqual([0, 0, 0]);
        },
      ),
      { seed: 44, numRuns: 60 },
    );
  });

  it('hands out every span once, byte for byte, under memory pressure, tiny budgets and compaction', () => {
    fc.assert(
      fc.property(
        schedule(40),
        fc.integer({ min: 2000, max: 20_000 }),
        fc.integer({ min: 1, max: 40 }),
        (steps, maxBytes, budget) => {
          const real = new ShardUnderTest({ maxBytes, traceCapacity: 16 }, always, 64);
          const sent = new Map<string, SpanShape>();
          let copies = 0;
          let nowMs = 0;
          for (const { waitMs, spans } of steps) {
            nowMs += waitMs;
            real.shard.tick(nowMs, budget);
            real.accept(spans, nowMs);
            for (const span of spans) {
              if (sent.has(sameness(span))) copies++;
              else sent.set(sameness(span), span);
            }
            expect(real.shard.ledger.isBalanced()).toBe(true);
          }
          while (real.shard.drain(budget));
          const { ledger } = real.shard;
          expect([ledger.received, ledger.kept, ledger.pending, real.copies]).toEqual([
            sent.size + copies,
            sent.size,
            0,
            copies,
          ]);
          expect(texts(real.messages.flat())).toEqual(texts([...sent.values()].map(spanMessage)));
          const { spans, slabs } = real.memory;
          expect([spans.used, slabs.liveBytes, real.shard.traces]).toEqual([0, 0, 0]);
        },
      ),
      { seed: 42, numRuns: 300 },
    );
  });

  it('describes a trace alike in whatever order its spans arrive', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(spanOf(1), { selector: (span) => span.span, minLength: 1 }),
        fc.array(fc.nat(), { minLength: 8, maxLength: 8 }),
        (spans, keys) => {
          const facts = [spans, spans.toSorted((a, b) => keys[a.span - 1]! - keys[b.span - 1]!)].map((ordered) => {
            const seen: unknown[] = [];
            const real = new ShardUnderTest({}, always, 100, (view) => {
              const root = view.memory.spans.spanIdLo[view.rootRow];
              seen.push([
                root,
                view.count,
                view.rootPresent,
                view.missingParents,
                view.startHi,
                view.startLo,
                view.durationNs,
                view.errorCount,
                view.payloadBytes,
              ]);
            });
            for (const span of ordered)
              real.accept(
                [
                  {
                    ...span,
                    startNs: 10n ** 18n + BigInt(span.span % 3),
                    endNs: 10n ** 18n + BigInt(span.padding ?? 0),
                    status: span.span % 4,
                  },
                ],
                5,
              );
            real.shard.drain(1000);
            return seen;
          });
          expect(facts[0]).toEqual(facts[1]);
        },
      ),
      { seed: 43 },
    );
  });
});

describe('a shard', () => {
  it('decides a whole trace one quiet second after its last span', () => {
    const real = new ShardUnderTest({}, always);
    real.accept([{ trace: 1, span: 2, parent: 1 }], 1000);
    real.accept([{ trace: 1, span: 1 }], 1200);
    real.tick(2100);
    expect(real.decided).toEqual([]);
    real.tick(2200);
    expect(real.decided).toEqual([
      { trace: 1, trigger: 'complete', spans: [2, 1], rootPresent: true, missingParents: 0 },
    ]);
  });

  it('waits for a missing parent five seconds after the root, and decides at once when it comes and all is quiet', () => {
    const real = new ShardUnderTest({}, always);
    real.accept(
      [
        { trace: 1, span: 1 },
        { trace: 1, span: 3, parent: 2 },
        { trace: 2, span: 1 },
        { trace: 2, span: 3, parent: 2 },
      ],
      1000,
    );
    real.tick(3000);
    real.accept([{ trace: 2, span: 2, parent: 1 }], 3000);
    real.tick(4000);
    expect(real.decided.map(({ trace, trigger }) => [trace, trigger])).toEqual([[2, 'complete']]);
    real.tick(6000);
    expect(real.decided.map(({ trace, trigger, missingParents }) => [trace, trigger, missingParents])).toEqual([
      [2, 'complete', 0],
      [1, 'after_root', 1],
    ]);
  });

  it('gives up on a root after thirty seconds', () => {
    const real = new ShardUnderTest({}, always);
    real.accept([{ trace: 1, span: 3, parent: 2 }], 1000);
    real.tick(30_900);
    expect(real.decided).toEqual([]);
    real.tick(31_000);
    expect(real.decided).toEqual([{ trace: 1, trigger: 'timeout', spans: [3], rootPresent: false, missingParents: 1 }]);
  });

  it('counts late spans of a dropped trace by the rule that dropped it, and buffers nothing', () => {
    const real = new ShardUnderTest({}, never);
    real.accept([{ trace: 1, span: 1 }], 0);
    real.tick(5000);
    real.accept(
      [
        { trace: 1, span: 2, parent: 1 },
        { trace: 1, span: 3, parent: 1 },
      ],
      5000,
    );
    expect(real.shard.ledger).toMatchObject({ received: 3, pending: 0, late: 2 });
    expect(real.shard.ledger.sampledOut[5]).toBe(3);
    expect(real.memory.spans.used).toBe(0);
  });

  it('hands the late spans of a kept trace over together, once they fall quiet', () => {
    const real = new ShardUnderTest({}, always);
    real.accept([{ trace: 1, span: 1 }], 0);
    real.tick(5000);
    real.accept([{ trace: 1, span: 2, parent: 1 }], 5000);
    real.accept([{ trace: 1, span: 3, parent: 1 }], 5500);
    real.tick(6400);
    expect(real.decided.length).toBe(1);
    real.tick(6500);
    expect(real.decided[1]).toMatchObject({ trigger: 'late', spans: [2, 3] });
    expect(real.shard.ledger).toMatchObject({ kept: 3, late: 2 });
  });

  it('decides a trace at its span limit, in the middle of a request, and lets the rest follow', () => {
    const real = new ShardUnderTest({ spansPerTrace: 3 }, never);
    real.accept(
      Array.from({ length: 10 }, (_unused, at) => ({ trace: at === 7 ? 2 : 1, span: at + 1 })),
      0,
    );
    expect(real.decided).toMatchObject([{ trace: 1, trigger: 'span_limit', spans: [1, 2, 3] }]);
    expect(real.shard.ledger).toMatchObject({ received: 10, pending: 1 });
    expect(real.shard.ledger.sampledOut[5]).toBe(9);
  });

  it('goes on when a decision fails, and counts its spans as dropped', () => {
    const real = new ShardUnderTest({}, always, 100, () => {
      throw new Error('a broken rule');
    });
    real.accept([{ trace: 1, span: 1 }], 0);
    real.tick(5000);
    expect(real.failures).toHaveLength(1);
    expect([...real.shard.ledger.dropped]).toEqual([0, 1, 0]);
    expect(real.shard.ledger.isBalanced()).toBe(true);
  });

  it('drops by name what does not fit even an empty table', () => {
    const real = new ShardUnderTest({}, always, 4);
    real.accept(
      Array.from({ length: 10 }, (_unused, at) => ({ trace: 1, span: at + 1 })),
      0,
    );
    expect([...real.shard.ledger.dropped]).toEqual([6, 0, 0]);
    expect(real.shard.ledger.isBalanced()).toBe(true);
  });

  it('decides the heaviest traces first when memory runs short, and stays within its bytes', () => {
    const real = new ShardUnderTest({ maxBytes: 100_000 }, always);
    real.accept([{ trace: 1, span: 1, padding: 20_000 }], 0);
    for (let trace = 2; trace < 600; trace++) {
      real.accept([{ trace, span: 1, padding: 200 }], trace);
      expect(real.shard.liveBytes).toBeLessThan(101_000);
    }
    expect(real.decided[0]).toMatchObject({ trace: 1, trigger: 'memory' });
  });

  it('moves the spans of slow traces together instead of holding slabs that are nearly empty', () => {
    const real = new ShardUnderTest({ maxMs: 600_000, maxBytes: 2 ** 40 }, never, 10_000);
    let nowMs = 0;
    for (let round = 0; round < 200; round++) {
      nowMs += 2000;
      const quick = Array.from({ length: 8 }, (_unused, at) => ({
        trace: 1000 + round * 8 + at,
        span: 1,
        padding: 250_000,
      }));
      real.accept([{ trace: 100 + round, span: 2, parent: 1, padding: 100 }, ...quick], nowMs);
      real.tick(nowMs, 1000);
    }
    expect(real.memory.slabs.heldBytes).toBeLessThan(7 * 16 * 2 ** 20);
    expect(real.shard.ledger.pending).toBeGreaterThanOrEqual(200);
    real.tick(nowMs + 600_000);
    const slow = real.messages.filter((_messages, at) => real.decided[at]!.trace < 1000);
    expect(slow.map((messages) => messages[0]!.length)).toEqual(
      slow.map(() => spanMessage({ trace: 1, span: 2, parent: 1, padding: 100 }).length),
    );
  });
});
