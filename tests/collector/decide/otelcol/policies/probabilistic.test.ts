// Traps of policy probabilistic: the hash, and with the gate usetracestate consistent randomness.
import { expect, test } from 'vitest';
import { decide, errorsOf, policy, received, tickOf } from '#tests/support/collector-decision.ts';

const HALF = policy('probabilistic', '{ sampling_percentage: 50 }');
/** Its hash is 0.2 of the way, its own randomness 0.28: kept by the one, not by the other. */
const ID = '0af7651916cd43dd8448eb211c80319c';

test('the hash of salt and id decides without the gate, whatever the spans carry', () => {
  expect(tickOf(HALF, [received([{ traceState: 'ot=rv:00000000000000' }], ID)])[0]).toMatchObject({ keep: true });
});

test('with the gate the hash still decides when nothing carries rv or th, yet the threshold is told', () => {
  expect(tickOf(HALF, [received([{}], ID)], true)[0]).toEqual({ keep: true, policy: 'p', threshold: 1n << 55n });
});

test.each([
  ['ot=th:0', false],
  ['ot=rv:80000000000000', true],
  ['ot=rv:7fffffffffffff', false],
  ['ot=rv:80000000000000;th:xyz', true],
])('with the gate and %s the trace is kept: %s', (traceState, keep) => {
  // A malformed `th` takes the good `rv` beside it along, and the hash decides.
  expect(tickOf(HALF, [received([{ traceState }], ID)], true)[0]).toMatchObject({ keep });
});

test('the first explicit rv of the trace counts, also when it stands on a later span', () => {
  expect(
    tickOf(HALF, [received([{ traceState: 'ot=th:0' }, { traceState: 'ot=rv:ffffffffffffff' }], ID)], true)[0],
  ).toMatchObject({ keep: true });
});

test('percentages have all their digits in th', () => {
  const threshold = tickOf(
    policy('probabilistic', '{ sampling_percentage: 10 }'),
    [received([{ traceState: 'ot=rv:ffffffffffffff' }])],
    true,
  )[0]!.threshold;
  expect(threshold.toString(16)).toBe('e6666666666666');
});

test('0 and less keep nothing, 100 and more everything, and what is no number is refused', () => {
  const kept = (percentage: number) => decide(policy('probabilistic', `{ sampling_percentage: ${percentage} }`), {});
  expect([kept(-5), kept(0), kept(100), kept(150)]).toEqual(['', '', '+p', '+p']);
  expect(errorsOf(`policies: ${policy('probabilistic', '{ sampling_percentage: .nan }')}`)).toContain(
    'which the Collector crashes on',
  );
});

test('an empty salt is the default one, and another salt draws other traces', () => {
  const ids = Array.from({ length: 64 }, (_, i) => received([{}], (i * 2_654_435_761).toString(16).padStart(32, '5')));
  const kept = (salt: string) =>
    tickOf(policy('probabilistic', `{ sampling_percentage: 50, hash_salt: ${salt} }`), ids).map(({ keep }) => keep);
  expect(kept("''")).toEqual(kept('default-hash-seed'));
  expect(kept("''")).not.toEqual(kept('other'));
});

test('a span whose ot has anything malformed is skipped whole, its good rv too', () => {
  const half = policy('probabilistic', '{ sampling_percentage: 50 }');
  const kept = (...states: string[]) =>
    tickOf(half, [received(states.map((traceState) => ({ traceState })))], true)[0]!.keep;
  expect(kept('ot=rv:00000000000000;th:xyz', 'ot=rv:ffffffffffffff')).toBe(true);
  expect(kept('ot=rv:ffffffffffffff', 'ot=rv:00000000000000')).toBe(true);
  expect(kept('ot=rv:00000000000000', 'ot=rv:ffffffffffffff')).toBe(false);
});
