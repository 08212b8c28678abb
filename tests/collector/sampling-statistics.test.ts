// Every sampler through the whole stage, alone and combined, on one shard and on four: over 200 seeds the totals that weights tell are
// unbiased and precise, late spans included; and four shards keep exactly the traces that one keeps.
import { expect, test } from 'vitest';
import { judgeTotals } from './judge-totals.ts';
import { ShardsUnderTest } from './shards-under-test.ts';
import { run, shapes } from './stage-load.ts';

/** A trace in three has an error, so that 200 seeds tell their number to a hundredth, too. */
const ERROR_EVERY = 3;
const HEALTH = "{ name: health, when: { root: { service: s0 } }, keep: 0% }";

const FIXED = `rules: [${HEALTH}, { name: rest, keep: 30% }]`;
const ADAPTIVE = `rules: [${HEALTH}, { name: rest, keep: { adaptive: { goal: 35%, per: [service] } } }]`;
const THROUGHPUT = `rules: [${HEALTH}, { name: rest, keep: { throughput: { spans_per_second: 70, per: [service, status] } } }]`;
const ALL = `rules: [${HEALTH}, { name: whole, when: { services: s5 }, keep: 100% }]`;
const BUDGET = `rules: [${HEALTH}, { name: whole, keep: 100% }]\nbudget: { spans_per_second: 75 }`;
const FLOOR = `${FIXED}\nfloor: { per: [service], traces: 3, every: 2s }`;
const BUDGET_AND_FLOOR = `${BUDGET}\nfloor: { per: [service, status], traces: 2, every: 3s }`;
const COMBINED = `rules: [${HEALTH}, { name: errors, when: { any: { status: error } }, keep: 80%, budget: false }, { name: a, when: { services: s1 }, keep: { adaptive: { goal: 50%, per: [route] } } },
  { name: b, when: { services: s5 }, keep: { throughput: { spans_per_second: 25 } } }, { name: rest, keep: 60% }]
budget: { spans_per_second: 60, window: 500ms }
floor: { per: [service], traces: 1, every: 2s }`;

const SAMPLERS: [string, string][] = [
  ['fixed', FIXED], ['adaptive', ADAPTIVE], ['throughput', THROUGHPUT], ['budget', BUDGET], ['floor', FLOOR], ['all combined', COMBINED],
];

test.each(SAMPLERS.flatMap(([name, yaml]) => [1, 4].map((shards) => [name, shards, yaml] as const)))(
  '%s on %d shards: totals from weights are unbiased over 200 seeds, to a hundredth, late spans included', { timeout: 120_000 },
  (_name, shards, yaml) => {
    const under = new ShardsUnderTest(yaml, shards);
    judgeTotals(under, 's0', 0.01, undefined, { load: shapes(ERROR_EVERY), precise: ['spans', 'errors'] });
    expect(under.late).toBeGreaterThan(1000);
  },
);

test.each([['fixed', FIXED], ['a rule without what others match', ALL], ['budget', BUDGET], ['floor', FLOOR], ['budget and floor', BUDGET_AND_FLOOR]])(
  '%s: four shards keep the traces that one keeps, with the same weights', (_name, yaml) => {
    const [one, four] = [new ShardsUnderTest(yaml, 1), new ShardsUnderTest(yaml, 4)];
    for (let seed = 0; seed < 3; seed++) for (const under of [one, four]) run(under, shapes(ERROR_EVERY), seed);
    expect(one.kept.size).toBeGreaterThan(100);
    expect(four.busyShards).toBe(4);
    const told = ({ kept }: ShardsUnderTest): unknown[] => [...kept].toSorted(([a], [b]) => (a < b ? -1 : 1));
    expect(told(four)).toEqual(told(one));
  },
);
