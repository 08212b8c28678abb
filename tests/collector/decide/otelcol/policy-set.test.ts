// Precedence of the Collector's policies over one tick: drops first, then the first that says sampled; thresholds and budgets.
import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import { PolicySet } from '#collector/decide/otelcol/policy-set.ts';
import type { Policy, Vote } from '#collector/decide/otelcol/policy.ts';
import { AttributeKeys } from '#collector/decide/values/attribute-reader.ts';
import { received } from '#tests/support/collector-decision.ts';

const TRACE = received([{}]);
const policy = (name: string, vote: Vote, more: Partial<Policy> = {}, threshold = 0n): Policy => ({
  name,
  type: vote === 'dropped' ? 'drop' : 'some',
  evaluate(cursor) {
    cursor.threshold = threshold;
    return vote;
  },
  ...more,
});
const setOf = (policies: readonly Policy[], firstMatch = false, chancesKnown = false): PolicySet =>
  new PolicySet(policies, new AttributeKeys(), { firstMatch, chancesKnown });
const decided = (policies: readonly Policy[], firstMatch = false) =>
  setOf(policies, firstMatch).decideTick([TRACE])[0]!;

describe('votes', () => {
  test('dropped beats sampled beats the rest, and the first of its kind is told', () => {
    const vote = fc.constantFrom<Vote>('sampled', 'not_sampled', 'dropped', 'error');
    fc.assert(
      fc.property(fc.array(vote, { maxLength: 6 }), fc.boolean(), (votes, firstMatch) => {
        const policies = votes.map((one, i) => policy(`p${i}`, one));
        const drop = votes.indexOf('dropped');
        const keep = votes.indexOf('sampled');
        const winner = drop >= 0 ? drop : keep;
        expect(decided(policies, firstMatch)).toMatchObject({
          keep: drop < 0 && keep >= 0,
          policy: winner < 0 ? undefined : `p${winner}`,
        });
      }),
      { seed: 711, numRuns: 200 },
    );
  });

  test('a drop policy that errs, or does not match, drops nothing', () => {
    for (const vote of ['error', 'not_sampled'] as const)
      expect(decided([policy('d', vote, { type: 'drop' }), policy('a', 'sampled')])).toMatchObject({ policy: 'a' });
  });

  test('all are asked, unless the first match is enough; drops are asked before all others', () => {
    const asked: string[] = [];
    const noting = (name: string, vote: Vote, type = 'some'): Policy => ({
      name,
      type,
      evaluate() {
        asked.push(name);
        return vote;
      },
    });
    const policies = [noting('a', 'sampled'), noting('b', 'sampled'), noting('d', 'not_sampled', 'drop')];
    setOf(policies).decideTick([TRACE]);
    expect(asked.splice(0)).toEqual(['d', 'a', 'b']);
    setOf(policies, true).decideTick([TRACE]);
    expect(asked.splice(0)).toEqual(['d', 'a']);
  });
});

describe('thresholds', () => {
  test('the least strict of those that say sampled is told', () => {
    const votes = [
      policy('a', 'sampled', {}, 9n),
      policy('b', 'not_sampled', {}, 1n),
      policy('c', 'sampled', {}, 4n),
      policy('d', 'sampled', {}, 7n),
    ];
    expect(decided(votes)).toMatchObject({ policy: 'a', threshold: 4n });
    expect(decided(votes, true)).toMatchObject({ policy: 'a', threshold: 9n });
  });

  test('one policy leaves nothing behind for the next', () => {
    const silent: Policy = { name: 's', type: 'some', evaluate: () => 'sampled' };
    expect(decided([policy('a', 'not_sampled', {}, 9n), silent])).toMatchObject({ policy: 's', threshold: 0n });
  });
});

describe('chances', () => {
  const chance = (value: number | undefined): Partial<Policy> => ({
    isFilter: true,
    ...(value !== undefined && { chance: () => value }),
  });
  const chanceOf = (policies: readonly Policy[], known = true) =>
    setOf(policies, false, known).decideTick([TRACE])[0]!.chance;

  test('the greatest of all, where it is known of all', () => {
    const [some, more] = [policy('a', 'sampled', chance(0.1)), policy('b', 'not_sampled', chance(0.4))];
    expect(chanceOf([some, more])).toBe(0.4);
    expect(chanceOf([some, policy('c', 'sampled', chance(undefined))])).toBeUndefined();
    expect(chanceOf([some, more], false)).toBeUndefined();
  });

  test('drops that ask about the spans alone leave it known', () => {
    const some = policy('a', 'sampled', chance(0.1));
    expect(chanceOf([some, policy('d', 'not_sampled', { type: 'drop', isFilter: true })])).toBe(0.1);
    expect(chanceOf([some, policy('d', 'not_sampled', { type: 'drop' })])).toBeUndefined();
  });

  test('of what is not kept nothing is told', () => {
    expect(chanceOf([policy('a', 'not_sampled', chance(0.1))])).toBeUndefined();
  });
});

test('budgets see every trace of a tick that no drop takes, before the first is decided', () => {
  const events: string[] = [];
  const plan = {
    begin: () => void events.push('begin'),
    add: () => void events.push('add'),
    end: (nowMs: number) => void events.push(`end ${nowMs}`),
  };
  let drops = 0;
  const drop: Policy = { name: 'd', type: 'drop', evaluate: () => (drops++ === 1 ? 'dropped' : 'not_sampled') };
  const limit: Policy = {
    name: 'l',
    type: 'some',
    plan,
    evaluate() {
      events.push('ask');
      return 'sampled';
    },
  };
  const set = setOf([limit, drop]);
  expect(set.plans).toBe(true);
  expect(set.decideTick([TRACE, TRACE, TRACE], 7).map(({ policy: by }) => by)).toEqual(['l', 'd', 'l']);
  expect(events).toEqual(['begin', 'add', 'add', 'end 7', 'ask', 'ask']);
  expect(setOf([policy('a', 'sampled')]).plans).toBe(false);
});

test('no policies sample nothing', () => {
  expect(decided([])).toEqual({ keep: false, policy: undefined, threshold: 0n });
});
