// A Collector's policies through the trace stage: when they decide, what becomes of limits, and what weight and threshold are told.
import { expect, test } from 'vitest';
import { PolicyStage } from '#tests/support/policy-stage.ts';
import type { PlainSpan } from '#tests/support/trace-builder.ts';

const ROOT: PlainSpan = { id: '1', start: 0, end: 5 };
const CHILD: PlainSpan = { id: '2', parent: '1', start: 1, end: 2 };
const ERROR: PlainSpan = { ...ROOT, status: 2 };
const id = (n: number): string => n.toString(16).padStart(32, '0');
/** Its randomness is the number. */
const withRandomness = (randomness: number): string => `${'1'.repeat(18)}${randomness.toString(16).padStart(14, '0')}`;
const block = (policies: string, ...settings: string[]): string =>
  `tail_sampling:\n  decision_wait: 2s\n${settings.map((line) => `  ${line}\n`).join('')}  policies: ${policies}\n`;
const ALL = '[{ name: all, type: always_sample }]';
const ERRORS = '{ name: errors, type: status_code, status_code: { status_codes: [ERROR] } }';
const PART = '{ name: part, type: probabilistic, probabilistic: { sampling_percentage: 25 } }';
const GATE = '--feature-gates=processor.tailsamplingprocessor.usetracestate';

test('what is due in one second is decided together at its end, a whole trace no sooner', () => {
  const stage = new PolicyStage(block(ALL)); // now is 100 ms after a full second
  stage.send(id(1), ROOT);
  stage.pass(500);
  stage.send(id(2), ROOT);
  stage.pass(500);
  stage.send(id(3), ROOT);
  stage.pass(1800);
  expect(stage.decisions).toEqual([]);
  stage.pass(3000);
  expect(
    stage.decisions.map(({ id: trace, atMs, trigger }) => [trace, atMs % 1000, Math.floor(atMs / 1000), trigger]),
  ).toEqual([
    [id(1), 0, 1003, 'timeout'],
    [id(2), 0, 1003, 'timeout'],
    [id(3), 0, 1004, 'timeout'],
  ]);
});

test('decision_wait counts in whole seconds, at least one', () => {
  for (const wait of ['300ms', '1900ms']) {
    const stage = new PolicyStage(`tail_sampling: { decision_wait: ${wait}, policies: ${ALL} }`);
    stage.send(id(1), ROOT);
    stage.settle();
    expect(stage.decisions[0]!.atMs).toBe(1_002_000);
  }
});

test('a root shortens the wait where decision_wait_after_root_received says so, and never lengthens it', () => {
  const settings = ['decision_wait_after_root_received: 1s'];
  const stage = new PolicyStage(block(ALL, ...settings));
  stage.send(id(1), ROOT);
  stage.send(id(2), CHILD);
  stage.pass(1500);
  stage.send(id(2), ROOT);
  stage.settle();
  expect(stage.decisions.map(({ id: trace, atMs, trigger }) => [trace, atMs, trigger])).toEqual([
    [id(1), 1_002_000, 'after_root'],
    [id(2), 1_003_000, 'timeout'],
  ]);
});

test('late spans follow the decision that was made', () => {
  const stage = new PolicyStage(block(`[${ERRORS}]`));
  stage.send(id(1), ERROR);
  stage.send(id(2), ROOT);
  stage.settle();
  stage.send(id(1), CHILD);
  stage.send(id(2), { ...CHILD, status: 0 });
  stage.settle();
  expect(stage.decisions.map(({ kept, trigger }) => `${kept} ${trigger}`)).toEqual(
    expect.arrayContaining(['true timeout', 'false timeout', 'true late']),
  );
  expect(stage.decisions[2]).toMatchObject({ rule: 'errors', weight: 1 });
  expect(stage.stage.shard.ledger).toMatchObject({ kept: 2, pending: 0 });
});

test('beyond num_traces the oldest are decided early instead of being forgotten', () => {
  const stage = new PolicyStage(block(ALL, 'num_traces: 2'));
  for (let n = 1; n <= 5; n++) stage.send(id(n), ROOT);
  stage.pass(900);
  expect(stage.decisions.map(({ id: trace, kept, trigger }) => [trace, kept, trigger])).toEqual(
    [1, 2, 3].map((n) => [id(n), true, 'memory']),
  );
  stage.settle();
  expect(stage.decisions.slice(3).map(({ trigger }) => trigger)).toEqual(['timeout', 'timeout']);
});

test('with block_on_overflow, or without num_traces, only the memory of the buffer bounds them', () => {
  for (const settings of [['num_traces: 2', 'block_on_overflow: true'], []]) {
    const stage = new PolicyStage(block(ALL, ...settings));
    for (let n = 1; n <= 5; n++) stage.send(id(n), ROOT);
    stage.settle();
    expect(stage.decisions.every(({ trigger }) => trigger === 'timeout')).toBe(true);
  }
});

test('a trace above maximum_trace_size_bytes is not sampled, at once, nor is what comes after', () => {
  const stage = new PolicyStage(block(ALL, 'maximum_trace_size_bytes: 400'));
  const big = Array.from({ length: 10 }, (_, i): PlainSpan => ({ ...CHILD, id: `b${i}` }));
  stage.send(id(1), ROOT);
  stage.send(id(2), ...big);
  expect(stage.decisions).toMatchObject([{ id: id(2), kept: false, rule: 'no rule', trigger: 'span_limit' }]);
  stage.settle();
  expect(stage.decisions[1]).toMatchObject({ id: id(1), kept: true });
  expect(stage.stage.shard.ledger).toMatchObject({ kept: 1, pending: 0 });
});

test('span-ingest asks each batch alone: a condition that no batch meets alone is not met', () => {
  const both =
    '{ name: both, type: and, and: { and_sub_policy: [{ name: e, type: status_code, status_code: { status_codes: [ERROR] } }, { name: o, type: status_code, status_code: { status_codes: [OK] } }] } }';
  const stage = new PolicyStage(block(`[${both}]`, 'sampling_strategy: span-ingest'));
  stage.send(id(1), { ...ROOT, status: 2 }, { ...CHILD, status: 1 }); // a ResourceSpans for each
  stage.settle();
  expect(stage.decisions[0]).toMatchObject({ kept: false });
  const whole = new PolicyStage(block(`[${both}]`));
  whole.send(id(1), { ...ROOT, status: 2 }, { ...CHILD, status: 1 });
  whole.settle();
  expect(whole.decisions[0]).toMatchObject({ kept: true });
});

test('a limit refills by the clock between ticks', () => {
  const stage = new PolicyStage(
    block('[{ name: l, type: rate_limiting, rate_limiting: { spans_per_second: 1, burst_capacity: 2 } }]'),
  );
  for (let n = 1; n <= 4; n++) stage.send(id(n), ROOT);
  stage.settle();
  stage.pass(1000);
  for (let n = 5; n <= 9; n++) stage.send(id(n), ROOT);
  stage.settle();
  expect(stage.decisions.filter(({ kept }) => kept).length).toBe(4);
  expect(stage.decisions.find(({ kept }) => kept)).toMatchObject({ weight: 0, th: undefined });
});

test('with the gate usetracestate a limit is a budget over the whole tick, highest randomness first', () => {
  const limit = '{ name: l, type: rate_limiting, rate_limiting: { spans_per_second: 1, burst_capacity: 3 } }';
  const stage = new PolicyStage(block(`[${limit}]`), [GATE]);
  for (const randomness of [1, 9, 7, 5, 3]) stage.send(withRandomness(randomness), ROOT);
  stage.settle();
  const kept = stage.decisions.filter((decision) => decision.kept);
  expect(kept.map(({ id: trace }) => trace).toSorted()).toEqual([5, 7, 9].map(withRandomness));
  expect(kept.map(({ th }) => th)).toEqual(['00000000000004', '00000000000004', '00000000000004']);
});

test('without the gate the weight is what the hash makes it, and no th is written that R did not meet', () => {
  const stage = new PolicyStage(block(`[${ERRORS}, ${PART}]`));
  for (let n = 1; n <= 400; n++)
    stage.send(`${(n * 2_654_435_761).toString(16).padStart(16, '0')}${'0'.repeat(15)}1`, n <= 100 ? ERROR : ROOT);
  stage.settle();
  const kept = stage.decisions.filter((decision) => decision.kept);
  expect(kept.filter(({ rule }) => rule === 'errors')).toHaveLength(100);
  expect(
    kept.every(({ rule, weight, th }) =>
      rule === 'errors' ? weight === 1 && th === '0' : weight === 4 && th === undefined,
    ),
  ).toBe(true);
  const estimate = kept.reduce((sum, { weight }) => sum + weight, 0);
  expect(Math.abs(estimate - 400)).toBeLessThan(100);
  const late = kept.find(({ rule }) => rule === 'part')!;
  stage.send(late.id, CHILD);
  stage.settle();
  expect(stage.decisions.at(-1)).toMatchObject({ trigger: 'late', rule: 'part', weight: 4, th: undefined });
});

test('a th from before stands where the policy keeps all, and makes the weight unknown where a hash decides', () => {
  const before = { ...ERROR, traceState: 'ot=th:8' };
  const sampled = 'f'.repeat(32);
  const filters = new PolicyStage(block(`[${ERRORS}]`));
  filters.send(sampled, before);
  filters.settle();
  expect(filters.decisions[0]).toMatchObject({ kept: true, weight: 2, th: '8' });
  const hashed = new PolicyStage(
    block('[{ name: part, type: probabilistic, probabilistic: { sampling_percentage: 99.99 } }]'),
  );
  hashed.send(sampled, before);
  hashed.settle();
  expect(hashed.decisions[0]).toMatchObject({ kept: true, weight: 0, th: undefined });
});

test('weights are unknown with two salts, with a composite policy, and with a drop policy that casts dice', () => {
  const other = '{ name: other, type: probabilistic, probabilistic: { sampling_percentage: 100, hash_salt: x } }';
  const composite =
    '{ name: c, type: composite, composite: { max_total_spans_per_second: 100, composite_sub_policy: [{ name: s, type: always_sample }] } }';
  const dice =
    '{ name: d, type: drop, drop: { drop_sub_policy: [{ name: p, type: probabilistic, probabilistic: { sampling_percentage: 0 } }] } }';
  for (const [policies, rule] of [
    [`[${other}, ${PART}]`, 'other'],
    [`[${composite}]`, 'c/s'],
    [`[{ name: all, type: always_sample }, ${dice}, ${other}]`, 'all'],
  ] as const) {
    const stage = new PolicyStage(block(policies));
    stage.send(id(5), ROOT);
    stage.settle();
    expect(stage.decisions[0]).toMatchObject({ kept: true, rule, weight: 0 });
  }
});

test('at the end what waits is decided as it is, or let go where the block says so', () => {
  for (const [setting, kept] of [
    ['false', true],
    ['true', false],
  ] as const) {
    const stage = new PolicyStage(block(ALL, `drop_pending_traces_on_shutdown: ${setting}`));
    stage.send(id(1), ROOT);
    while (stage.stage.shard.drain(1000));
    expect(stage.decisions).toMatchObject([{ kept, trigger: 'shutdown' }]);
  }
});

test('a reload goes from own rules to policies and back; the buffer stays and late spans keep the name that decided', () => {
  const stage = new PolicyStage(
    'sampling: { wait: { quiet: 1s, after_root: 2s, max: 4s }, rules: [{ name: own, keep: 100% }] }',
  );
  stage.send(id(1), ROOT);
  stage.pass(500);
  stage.send(id(2), CHILD);
  stage.reload(block(`[${ERRORS}]`, 'num_traces: 1'));
  stage.settle();
  expect(stage.decisions.map(({ rule, kept }) => [rule, kept])).toEqual([
    ['no rule', false],
    ['no rule', false],
  ]);
  stage.send(id(3), ERROR);
  stage.settle();
  stage.reload('sampling: { rules: [{ name: own, keep: 100% }] }');
  stage.send(id(3), CHILD);
  stage.send(id(4), ROOT);
  stage.settle();
  expect(stage.decisions.slice(2).map(({ rule, trigger }) => [rule, trigger])).toEqual(
    expect.arrayContaining([
      ['errors', 'timeout'],
      ['errors', 'late'],
      ['own', 'complete'],
    ]),
  );
  expect(stage.stage.shard.ledger.isBalanced()).toBe(true);
});

test('what a policy did not sample is not brought back by what happens later, until own rules are in force', () => {
  const stage = new PolicyStage(block(`[${ERRORS}]`));
  stage.send(id(1), ROOT);
  stage.settle();
  stage.send(id(1), { ...CHILD, status: 2 });
  stage.settle();
  expect(stage.decisions.map(({ kept }) => kept)).toEqual([false]);
  stage.reload('sampling: { rules: [{ name: little, keep: 1/1000000000 }] }');
  stage.send(id(2), ROOT);
  stage.settle();
  stage.send(id(2), { ...CHILD, status: 2 });
  stage.settle();
  expect(stage.decisions.slice(1).map(({ kept, rule }) => `${rule} ${kept}`)).toEqual([
    'little false',
    'rescue:late-error true',
  ]);
});
