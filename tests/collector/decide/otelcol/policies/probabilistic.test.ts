// Policy probabilistic: the hash, and with the gate usetracestate consistent randomness.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { decide, errorsOf, policy, received, refusal, tickOf } from '#tests/support/collector-decision.ts';
import { numbers } from '../../../shard/stage-load.ts';

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

const MASK = (1n << 64n) - 1n;
const id = fc.bigInt({ min: 1n, max: (1n << 128n) - 1n }).map((value) => value.toString(16).padStart(32, '0'));
const percentOf = (percentage: number, salt?: string): string =>
  policy(
    'probabilistic',
    JSON.stringify({ sampling_percentage: percentage, ...(salt !== undefined && { hash_salt: salt }) }),
  );
const keeps = (policies: string, traceId: string, traceState?: string): boolean =>
  tickOf(policies, [received([traceState === undefined ? {} : { traceState }], traceId)], traceState !== undefined)[0]!
    .keep;

/** FNV-1a of salt and id, byte by byte over 64 bits. */
function plainHash(salt: string, traceId: string): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of Buffer.concat([Buffer.from(salt), Buffer.from(traceId, 'hex')]))
    hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & MASK;
  return hash;
}

test('without the gate a trace is kept iff its hash is within that part of all hashes', () => {
  fc.assert(
    fc.property(
      id,
      fc.integer({ min: 1, max: 9999 }),
      fc.constantFrom('a', 'Ü', 'default-hash-seed'),
      (one, parts, salt) => {
        const hash = plainHash(salt, one);
        const bound = (MASK * BigInt(parts)) / 10_000n;
        // Doubles of the percentage may err in the last bits; no hash that is drawn comes so near.
        expect(keeps(percentOf(parts / 100, salt), one)).toBe(hash <= bound);
      },
    ),
    { seed: 71, numRuns: 200 },
  );
});

test('what a percentage keeps, every greater one keeps too', () => {
  const percentage = fc.integer({ min: 0, max: 1000 }).map((tenths) => tenths / 10);
  fc.assert(
    fc.property(id, percentage, percentage, (one, a, b) => {
      const [less, more] = a < b ? [a, b] : [b, a];
      expect(keeps(percentOf(less), one) && !keeps(percentOf(more), one)).toBe(false);
    }),
    { seed: 72, numRuns: 200 },
  );
});

test('with the gate a trace that tells its randomness is kept iff that is at or above the threshold', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: (1n << 56n) - 1n }), fc.integer({ min: 1, max: 100 }), (rv, percentage) => {
      const traceState = `ot=rv:${rv.toString(16).padStart(14, '0')}`;
      const exact = (1n << 56n) - ((1n << 56n) * BigInt(percentage)) / 100n;
      fc.pre(rv - exact > 16n || exact - rv > 16n);
      expect(keeps(percentOf(percentage), '1'.repeat(32), traceState)).toBe(rv >= exact);
    }),
    { seed: 73, numRuns: 200 },
  );
});

test('with the gate the threshold is the boundary itself', () => {
  const at = (rv: bigint): boolean =>
    keeps(percentOf(25), '1'.repeat(32), `ot=rv:${rv.toString(16).padStart(14, '0')}`);
  expect([at(0xc0000000000000n - 1n), at(0xc0000000000000n)]).toEqual([false, true]);
});

test('the chance it tells is its percentage', () => {
  const decisions = tickOf(
    percentOf(40),
    Array.from({ length: 40 }, (_, i) => received([{}], (i + 1).toString(16).padStart(32, '3'))),
  );
  expect(new Set(decisions.filter(({ keep }) => keep).map(({ chance }) => chance))).toEqual(new Set([0.4]));
});

test('the part of random ids that is kept is the percentage', () => {
  const random = numbers(17);
  const one = received([{}]);
  const traces = Array.from({ length: 4000 }, () => ({
    ...one,
    view: { ...one.view, id0: random(), id1: random(), id2: random(), id3: random() },
  }));
  for (const percentage of [5, 30, 90]) {
    const kept = tickOf(percentOf(percentage), traces).filter(({ keep }) => keep).length;
    const standardError = Math.sqrt((percentage / 100) * (1 - percentage / 100) * traces.length);
    expect(Math.abs(kept - (percentage / 100) * traces.length)).toBeLessThan(4 * standardError);
  }
});

test.each([
  [
    "{ sampling_percentage: '10' }",
    '.sampling_percentage: has the wrong type, got `10`; write a number, without quotes or %',
  ],
  ['{ sampling_percentage: 10% }', '.sampling_percentage: has the wrong type'],
  ['{ percentage: 10 }', '.percentage: is no key here'],
  ['{ sampling_percentage: 10, salt: a }', '.salt: is no key here'],
  ['{ sampling_percentage: 10, hash_salt: 5 }', '.hash_salt: has the wrong type'],
])('%s is refused', (block, message) => {
  expect(refusal('probabilistic', block)).toContain(message);
});
