// Traps of policy probabilistic: the hash, and with the gate usetracestate consistent randomness.
import { expect, test } from 'vitest';
import { policy, received, tickOf } from '#tests/support/collector-decision.ts';

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
  expect(tickOf(HALF, [received([{ traceState: 'ot=th:0' }, { traceState: 'ot=rv:ffffffffffffff' }], ID)], true)[0]).toMatchObject({ keep: true });
});

test('percentages have all their digits in th', () => {
  const threshold = tickOf(policy('probabilistic', '{ sampling_percentage: 10 }'), [received([{ traceState: 'ot=rv:ffffffffffffff' }])], true)[0]!.threshold;
  expect(threshold.toString(16)).toBe('e6666666666666');
});
