// Every sampler through the whole stage, alone and combined: over 200 seeds the totals that weights tell are unbiased and precise, late
// spans included.
import { expect, test } from 'vitest';
import { judgeTotals } from './judge-totals.ts';
import { shapes } from './stage-load.ts';
import { StageUnderTest } from './stage-under-test.ts';

/** A trace in three has an error, so that 200 seeds tell their number to a hundredth, too. */
const ERROR_EVERY = 3;
const HEALTH = '{ name: health, when: { root: { service: s0 } }, keep: 0% }';

const FIXED = `rules: [${HEALTH}, { name: rest, keep: 30% }]`;
const ADAPTIVE = `rules: [${HEALTH}, { name: rest, keep: { adaptive: { goal: 35%, per: [service] } } }]`;
const THROUGHPUT = `rules: [${HEALTH}, { name: rest, keep: { throughput: { spans_per_second: 70, per: [service, status] } } }]`;
const BUDGET = `rules: [${HEALTH}, { name: whole, keep: 100% }]\nbudget: { spans_per_second: 75 }`;
const FLOOR = `${FIXED}\nfloor: { per: [service], traces: 3, every: 2s }`;
const COMBINED = `rules: [${HEALTH}, { name: errors, when: { any: { status: error } }, keep: 80%, budget: false }, { name: a, when: { services: s1 }, keep: { adaptive: { goal: 50%, per: [route] } } },
  { name: b, when: { services: s5 }, keep: { throughput: { spans_per_second: 25 } } }, { name: rest, keep: 60% }]
budget: { spans_per_second: 60, window: 500ms }
floor: { per: [service], traces: 1, every: 2s }`;

const SAMPLERS: [string, string][] = [
  ['fixed', FIXED],
  ['adaptive', ADAPTIVE],
  ['throughput', THROUGHPUT],
  ['budget', BUDGET],
  ['floor', FLOOR],
  ['all combined', COMBINED],
];

test.each(SAMPLERS)(
  '%s: totals from weights are unbiased over 200 seeds, to a hundredth, late spans included',
  { timeout: 120_000 },
  (_name, yaml) => {
    const under = new StageUnderTest(yaml);
    judgeTotals(under, 's0', 0.01, undefined, { load: shapes(ERROR_EVERY), precise: ['spans', 'errors'] });
    expect(under.stage.shard.ledger.late).toBeGreaterThan(1000);
  },
);
