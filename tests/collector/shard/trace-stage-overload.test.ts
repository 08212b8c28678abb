// T_min through the whole stage: who is taken in keeps an exact weight, who is turned away is accounted for, and steps up and down never bias a total.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HALF } from '#proto/model/threshold.ts';
import { judgeTotals } from './judge-totals.ts';
import { LATE, numbers, run, shapes, spansOf } from './stage-load.ts';
import { StageUnderTest } from './stage-under-test.ts';

const RULES =
  'rules: [{ name: half, when: { services: s1 }, keep: 50% }, { name: errors, when: { any: { status: error } }, keep: 100% }, { name: rest, keep: 100% }]\n';
const SECOND = 1000;
/** Halvings in force by second: up, down, up again. */
const STEPS = [0, 1, 2, 3, 2, 0, 1, 0];

const leastHiOf = (steps: number): number => HALF - HALF / 2 ** steps;
/** A trace id with the high half of its randomness given. */
const idOf = (randomHi: number, n: number): string =>
  `${n.toString(16).padStart(18, '0')}${randomHi.toString(16).padStart(7, '0')}0000000`;
const one = (service = 's', spans = 2): ReturnType<typeof spansOf> =>
  spansOf({ atMs: 0, service, spans, errors: 0, lateMs: 0 });

test.each([
  ['fixed rules', ''],
  ['a budget', 'budget: { spans_per_second: 120 }'],
  ['a floor', 'floor: { per: [service], traces: 2, every: 2s }'],
  ['a rate', 'rate'],
])(
  'totals from weights are unbiased over 200 seeds while T_min goes up and down: %s',
  { timeout: 120_000 },
  (name, sampling) => {
    const overload = { leastHi: 0 };
    const rules =
      sampling === 'rate'
        ? RULES.replace(
            '{ name: rest, keep: 100% }',
            '{ name: rest, keep: { throughput: { spans_per_second: 100, per: [service] } } }',
          )
        : `${RULES}${sampling}`;
    const under = new StageUnderTest(rules, {}, overload);
    const onStep = (atMs: number): void => {
      overload.leastHi = leastHiOf(STEPS[Math.min(STEPS.length - 1, Math.floor(atMs / SECOND))]!);
    };
    judgeTotals(under, 'none', name === 'a rate' ? 0.02 : 0.015, onStep);
    expect(under.stage.shedding.traces).toBeGreaterThan(200 * 50);
  },
);

test('what is kept at a higher T_min is part of what is kept at a lower, and weighs more', () => {
  const load = shapes().slice(0, 200);
  const keptAt = (steps: number, seed: number): Map<string, number> => {
    const under = new StageUnderTest(
      `${RULES}floor: { per: [service], traces: 1, every: 1s }`,
      {},
      { leastHi: leastHiOf(steps) },
    );
    run(under, load, seed);
    return new Map([...under.kept].map(([id, parts]) => [id, parts[0]!.weight]));
  };
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 4 }),
      fc.integer({ min: 0, max: 4 }),
      fc.integer({ min: 1, max: 1e6 }),
      (a, b, seed) => {
        const lower = keptAt(Math.min(a, b), seed);
        for (const [id, weight] of keptAt(Math.max(a, b), seed)) {
          expect(lower.get(id)).toBeDefined();
          expect(weight).toBeGreaterThanOrEqual(2 ** Math.max(a, b));
        }
      },
    ),
    { seed: 11, numRuns: 25 },
  );
});

test('spans of traces turned away are sampled out by the rule "overload", those that come later too; traces in the buffer stay', () => {
  const overload = { leastHi: 0 };
  const under = new StageUnderTest(RULES, {}, overload);
  under.send(idOf(0, 1), one());
  overload.leastHi = leastHiOf(1);
  under.send(idOf(0, 1), [{ ...LATE, service: 's' }]);
  under.send(idOf(HALF / 2 - 1, 2), one());
  under.send(idOf(HALF / 2, 3), one());
  overload.leastHi = 0;
  under.pass(1000);
  under.send(idOf(HALF / 2 - 1, 2), [{ ...LATE, service: 's' }]);
  under.send(idOf(HALF / 2, 3), [{ ...LATE, service: 's' }]);
  under.pass(1000);
  const ids = [...under.kept.keys()].toSorted();
  expect(ids.map((id) => [id, under.kept.get(id)!.map(({ spans, weight }) => [spans, weight])])).toEqual([
    [idOf(0, 1), [[3, 1]]],
    [
      idOf(HALF / 2, 3),
      [
        [2, 2],
        [1, 2],
      ],
    ],
  ]);
  under.stage.syncLedger();
  expect(under.ledger.traces.sampledOutByRule()).toEqual([['overload', 3]]);
  expect(under.stage.decided.traces(false, 'overload', 'arrival')).toBe(1);
  expect(under.isBalanced).toBe(true);
});

test('an explicit rv decides instead of the trace id', () => {
  const under = new StageUnderTest(RULES, {}, { leastHi: leastHiOf(1) });
  under.send(
    idOf(0, 1),
    one().map((span) => ({ ...span, traceState: 'ot=rv:80000000000000' })),
  );
  under.send(
    idOf(HALF - 1, 2),
    one().map((span) => ({ ...span, traceState: 'ot=rv:7fffffffffffff' })),
  );
  under.send(
    idOf(HALF - 1, 3),
    one().map((span) => ({ ...span, traceState: 'ot=rv:nonsense' })),
  );
  under.pass(1000);
  expect([...under.kept.keys()].toSorted()).toEqual([idOf(0, 1), idOf(HALF - 1, 3)]);
  expect(under.stage.shedding.traces).toBe(1);
});

test('RED counts every span, and edges are estimated from the traces taken in', () => {
  const under = new StageUnderTest(RULES, {}, { leastHi: leastHiOf(2) });
  const random = numbers(9);
  const traces = 4000;
  for (let i = 0; i < traces; i++) {
    under.send(idOf(random() & (HALF - 1), i + 1), [
      { id: '1', service: 'a', kind: 3, start: 0, end: 9 },
      { id: '2', parent: '1', service: 'b', kind: 2, start: 1, end: 8 },
    ]);
  }
  under.pass(1000);
  let calls = 0;
  under.stage.red.flush(under.nowMs, (row) => (calls += row.calls));
  expect(calls).toBe(traces * 2);
  const taken = traces - under.stage.shedding.traces;
  expect(under.edges().map((edge) => [edge.caller, edge.callee, edge.calls])).toEqual([['a', 'b', taken * 4]]);
  expect(Math.abs(taken * 4 - traces)).toBeLessThan(4 * 4 * Math.sqrt(traces * 0.25 * 0.75));
});

test('new rules change neither what was turned away nor whom it is credited to', () => {
  const overload = { leastHi: leastHiOf(1) };
  const under = new StageUnderTest(RULES, {}, overload);
  under.send(idOf(0, 1), one());
  const other = new StageUnderTest('rules: [{ name: overload too, keep: 100% }]');
  under.stage.reconfigure(under.shard, other.decider, under.nowMs);
  under.send(idOf(0, 1), [{ ...LATE, service: 's' }]);
  under.send(idOf(0, 2), one());
  under.stage.syncLedger();
  expect(under.ledger.traces.sampledOutByRule()).toEqual([['overload', 5]]);
});
