// Rates as they are written: goals and keys, and what is said of mistakes.
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { compileRules } from '#collector/decide/rules/compile-rules.ts';
import { formatConfigError } from '#proto/config/config-error.ts';
import { writtenTrace } from '#tests/support/written-trace.ts';

const RANDOM = 'ffffffffffffffffffffffffffffffff';

function mistakes(keep: string): string[] {
  const rules = compileRules({ rules: [{ name: 'it', keep: parse(keep) as unknown }] });
  return rules.ok ? [] : rules.error.map((error) => formatConfigError(error).replace('sampling.rules[0].keep', ''));
}

/** Weight of the first trace of all. */
function firstWeight(keep: string): number {
  const rules = compileRules({ rules: [{ name: 'it', keep: parse(keep) as unknown }] });
  if (!rules.ok) throw new Error(JSON.stringify(rules.error));
  const decision = { keep: false, rule: 0, thresholdHi: 0, thresholdLo: 0, weight: 0 };
  rules.value.decide(writtenTrace([{}], RANDOM), decision);
  return decision.weight;
}

test.each([
  ['{ adaptive: { goal: 50% } }', 2],
  ['{ adaptive: { goal: 1/4, per: [] } }', 4],
  ['{ adaptive: { goal: 100%, per: [service] } }', 1],
  ['{ throughput: { spans_per_second: 50 } }', 10],
  ['{ throughput: { spans_per_second: 0.5, per: [service, route, name, status, k] } }', 10],
])('%s begins with a weight of %d', (keep, weight) => {
  expect(firstWeight(keep)).toBeCloseTo(weight, 6);
});

test.each([
  ['{ adaptive: { goal: 0% } }', '.adaptive.goal: is no goal, got `0%`'],
  ['{ adaptive: { goal: 500% } }', '.adaptive.goal: is no goal, got `500%`'],
  ['{ adaptive: { goal: 0.1 } }', '.adaptive.goal: is no goal, got `0.1`'],
  ['{ adaptive: {} }', '.adaptive.goal: is no goal, got `nothing`'],
  ['{ adaptive: 10% }', '.adaptive: is no map, got `10%`'],
  ['{ adaptive: }', '.adaptive: is no map, got `nothing`'],
  ['{ adaptive: { goal: 10%, spans_per_second: 5 } }', '.adaptive.spans_per_second: is no setting of a rate'],
  ['{ adaptive: { gaol: 10% } }', '.adaptive.gaol: is no setting of a rate; did you mean `goal`?'],
  ['{ adaptive: { goal: 5%, per: service } }', '.adaptive.per: is no list of keys, got `service`'],
  ['{ adaptive: { goal: 5%, per: [5] } }', '.adaptive.per: is no list of keys'],
  ["{ adaptive: { goal: 5%, per: [''] } }", '.adaptive.per: is no list of keys'],
  ['{ throughput: { spans_per_second: 0 } }', '.throughput.spans_per_second: is no goal, got `0`'],
  ['{ throughput: { spans_per_second: -5 } }', '.throughput.spans_per_second: is no goal'],
  ["{ throughput: { spans_per_second: '50' } }", '.throughput.spans_per_second: is no goal, got `50`'],
  ['{ throughput: { spans_per_second: .inf } }', '.throughput.spans_per_second: is no goal'],
  ['{ throughput: { goal: 5 } }', '.throughput.goal: is no setting of a rate'],
  ['{ thruput: { spans_per_second: 5 } }', ': is no rate'],
  ['{ adaptve: { goal: 5% } }', 'did you mean `adaptive`?'],
  ['{}', ': is no rate, got `{}`; write { adaptive: { goal: 10%'],
  ['{ adaptive: { goal: 5% }, throughput: { spans_per_second: 5 } }', ': is no rate'],
])('%s is refused', (keep, message) => {
  const found = mistakes(keep);
  expect(found).toHaveLength(1);
  expect(found[0]).toContain(message);
});
