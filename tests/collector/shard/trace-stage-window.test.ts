// Budget and floor through the whole stage: spans of held traces stay in the ledger, what is kept stays within the budget, every part
// of a trace has one threshold, and totals from weights are unbiased, late spans included.
import { traceIdOf } from '#proto/model/ids.ts';
import { expect, test } from 'vitest';
import { compileRules } from '#collector/decide/rules/compile-rules.ts';
import { RuleDecider } from '#collector/decide/rules/rule-decider.ts';
import { judgeTotals } from './judge-totals.ts';
import { LATE, numbers, spansOf } from './stage-load.ts';
import { MS_PER_STEP, SHARD, StageUnderTest } from './stage-under-test.ts';

const RULES =
  'rules: [{ name: health, when: { root: { service: s0 } }, keep: 0% }, { name: half, when: { services: s1 }, keep: 50% }, { name: rest, keep: 100% }]\n';
const EXEMPT = RULES.replace(
  '{ name: rest',
  '{ name: errors, when: { any: { status: error } }, keep: 100%, budget: false }, { name: rest',
);

/** The others: sampling-statistics.test.ts. */
const SAMPLERS: [string, string, string?][] = [
  ['budget in bytes', 'budget: { bytes_per_second: 6KiB }'],
  ['budget that saves up', 'budget: { spans_per_second: 80, burst: 2s }'],
  [
    'budget that saves up, floor, rule outside the budget',
    'budget: { spans_per_second: 60, burst: 2s }\nfloor: { per: [service], traces: 1, every: 2s }',
    EXEMPT,
  ],
];

test.each(SAMPLERS)(
  '%s: totals from weights are unbiased over 200 seeds, with late spans',
  { timeout: 120_000 },
  (_name, sampling, rules = RULES) => {
    const under = new StageUnderTest(`${rules}${sampling}`);
    judgeTotals(under, 's0', 0.01);
    expect(under.stage.shard.ledger.late).toBeGreaterThan(0);
  },
);

test('held traces are pending, take their late spans along, and no window keeps more than its budget', () => {
  const under = new StageUnderTest('budget: { spans_per_second: 10 }');
  const random = numbers(5);
  const ids = Array.from({ length: 20 }, () =>
    Array.from({ length: 4 }, () => random().toString(16).padStart(8, '0')).join(''),
  );
  under.pass(1000);
  for (const id of ids) under.send(id, spansOf({ atMs: 0, service: 's', spans: 2, errors: 0, lateMs: 0 }));
  under.pass(800);
  expect(under.stage.shard.ledger.pending).toBe(40);
  expect(under.stage.waiting(traceIdOf(ids[0]!))?.count).toBe(2);
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
    for (let i = 0; i < traces; i++)
      under.send(Array.from({ length: 4 }, () => random().toString(16).padStart(8, '0')).join(''), [
        { id: '1', service: 's1', start: 0, end: 1 },
      ]);
    under.pass(200);
  };
  sendMany(90);
  expect(under.keptSpans, 'within the saved-up allowance').toBe(90);
  sendMany(200);
  expect(
    under.keptSpans,
    'the allowance is at its reserve: the others wait for the end of their window',
  ).toBeLessThanOrEqual(100);
  under.pass(1500);
  expect(under.keptSpans).toBeLessThanOrEqual(115);
  under.pass(20_000);
  const before = under.keptSpans;
  sendMany(90);
  expect(under.keptSpans - before, 'saved up again').toBe(90);
  expect(under.isBalanced).toBe(true);
});

test('a rule outside the budget is neither cut by it nor counted', () => {
  const under = new StageUnderTest(
    'rules: [{ name: errors, when: { any: { status: error } }, keep: 100%, budget: false }, { name: rest, keep: 100% }]\nbudget: { spans_per_second: 5 }',
  );
  const random = numbers(6);
  for (let i = 0; i < 100; i++) {
    const id = Array.from({ length: 4 }, () => random().toString(16).padStart(8, '0')).join('');
    under.send(id, [{ id: '1', service: 's1', start: 0, end: 1, ...(i < 50 && { status: 2 }) }]);
  }
  under.pass(4000);
  const parts = [...under.kept.values()].flat();
  expect(parts.filter((part) => part.errors > 0).map((part) => part.weight)).toEqual(
    Array.from({ length: 50 }, () => 1),
  );
  const rest = parts.filter((part) => part.errors === 0);
  expect(rest.length, 'one window of 5 spans').toBe(5);
  expect(rest.every((part) => part.weight > 1)).toBe(true);
});
