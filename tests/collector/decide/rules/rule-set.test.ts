// Rules in force: the first that matches gives T, an incoming T is never undercut, R >= T keeps; what a reload takes over.
import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import { parse } from 'yaml';
import { compileRules, type RulesConfig } from '#collector/decide/rules/compile-rules.ts';
import type { RuleSet } from '#collector/decide/rules/rule-set.ts';
import { parseProbability, thresholdText } from '#proto/model/threshold.ts';
import type { Decision, TraceView } from '#collector/model/trace.ts';
import { formatConfigError } from '#proto/config/config-error.ts';
import { writtenTrace, type WrittenSpan } from '#tests/support/written-trace.ts';

const TWO_56 = 1n << 56n;
/** Its randomness is 0x48eb211c80319c. */
const ID = '0af7651916cd43dd8448eb211c80319c';

function rulesOf(yaml: string): RuleSet {
  const rules = compileRules(parse(yaml) as RulesConfig);
  if (!rules.ok) throw new Error(rules.error.map(formatConfigError).join('\n'));
  return rules.value;
}

function decide(rules: RuleSet, view: TraceView): Decision {
  const decision: Decision = { keep: false, rule: -1, thresholdHi: 0, thresholdLo: 0, weight: 0 };
  rules.decide(view, decision);
  return decision;
}

const hex = (value: bigint): string => value.toString(16).padStart(14, '0');
const trace = (traceState?: string, id = ID, leastHi = 0): TraceView => {
  const view = writtenTrace([traceState === undefined ? {} : { traceState }], id);
  view.leastHi = leastHi;
  return view;
};

describe('threshold and weight', () => {
  const value = fc.bigInt({ min: 0n, max: TWO_56 - 1n });

  test('are those of the rule and of what came before, whichever is stricter and true', () => {
    const percent = fc.constantFrom('100%', '50%', '10%', '1/3', '0%');
    fc.assert(
      fc.property(percent, value, fc.option(value), fc.nat({ max: 2 ** 27 }), (keep, rv, th, leastHi) => {
        const { hi, lo } = parseProbability(keep)!;
        const ruleT = (BigInt(hi) << 28n) | BigInt(lo);
        const state = `ot=rv:${hex(rv)}${th === null ? '' : `;th:${hex(th)}`}`;
        const rules = rulesOf(`rules: [{ name: all, keep: ${keep} }]`);
        const decision = decide(rules, trace(state, ID, leastHi));
        // A trace that is here although its R is below an incoming T was not sampled by it.
        let expected = th !== null && th > ruleT && rv >= th ? th : ruleT;
        // Overload: only what reaches its T_min was taken in, in whole halves.
        if (BigInt(leastHi) > expected >> 28n) expected = BigInt(leastHi) << 28n;
        expect((BigInt(decision.thresholdHi) << 28n) | BigInt(decision.thresholdLo)).toBe(expected);
        expect(decision.keep).toBe(rv >= expected);
        expect(decision.weight).toBeCloseTo(rv >= expected ? Number(TWO_56) / Number(TWO_56 - expected) : 0, 6);
        expect(thresholdText(decision.randomHi!, decision.randomLo!)).toBe(hex(rv));
        expect(rules.inconsistentThresholds).toBe(th !== null && th > ruleT && rv < th ? 1 : 0);
      }),
      { seed: 701, numRuns: 150 },
    );
  });

  test('malformed sub-keys are counted over all traces', () => {
    const rules = rulesOf('rules: [{ name: all, keep: 100% }]');
    for (const state of ['ot=th:xyz', 'ot=th:8', 'ot=rv:1;th:z', undefined]) decide(rules, trace(state));
    expect(rules.malformedTraceStates).toBe(3);
  });
});

describe('which rule', () => {
  const rules = rulesOf(`
    rules:
      - { name: health, when: { any: { name: health } }, keep: 0% }
      - { name: errors, when: { any: { status: error } }, keep: 100% }
      - { name: errors of a, when: { any: { status: error, service: a } }, keep: 100% }`);
  const named = (...spans: readonly WrittenSpan[]): string => rules.names[decide(rules, writtenTrace(spans)).rule]!;

  test('the first that matches, or none', () => {
    expect([named({ name: 'health', status: 2 }), named({ service: 'a', status: 2 }), named({})]).toEqual([
      'health',
      'errors',
      '',
    ]);
    expect(rules.names[rules.noRule]).toBe('');
    expect(rules.names).toEqual(['health', 'errors', 'errors of a', '']);
  });

  test('what is dropped for what it is: a condition and keep 0%', () => {
    expect(rules.names.map((_, rule) => rules.isFinal(rule))).toEqual([true, false, false, false]);
    const others = rulesOf(
      'rules: [{ name: a, when: { spans: 1 }, keep: { adaptive: { goal: 5% } } }, { name: b, keep: 0% }]',
    );
    expect(others.names.map((_, rule) => others.isFinal(rule))).toEqual([false, false, false]);
  });
});

describe('candidates of budget and floor', () => {
  const candidateOf = (yaml: string, view = trace('ot=rv:80000000000000')) => {
    const rules = rulesOf(yaml);
    decide(rules, view);
    return rules.candidate(view);
  };
  const BUDGET = 'budget: { spans_per_second: 5 }';

  test('there are none where rules alone decide, or where the rule is final', () => {
    expect(candidateOf('rules: [{ name: all, keep: 100% }]')).toBeUndefined();
    expect(candidateOf(`{ rules: [{ name: all, keep: 0% }], ${BUDGET} }`)).toBeUndefined();
    expect(candidateOf(`{ rules: [], ${BUDGET} }`)).toBeUndefined();
  });

  test('what is kept whole outside of the budget need not wait, what is kept in part may', () => {
    expect(candidateOf(`{ rules: [{ name: all, keep: 100%, budget: false }], ${BUDGET} }`)).toBeUndefined();
    expect(candidateOf(`{ rules: [{ name: all, keep: 90%, budget: false }], ${BUDGET} }`)).toMatchObject({
      outsideBudget: true,
    });
  });

  test('without a floor what its own rule refuses need not wait', () => {
    const half = 'rules: [{ name: all, keep: 50% }]';
    const low = trace('ot=rv:00000000000001');
    expect(candidateOf(`{ ${half}, ${BUDGET} }`, low)).toBeUndefined();
    expect(candidateOf(`{ ${half}, floor: { per: [service] } }`, low)).toMatchObject({ stratum: 'unknown_service' });
    expect(candidateOf(`{ ${half}, ${BUDGET}, linked: producer }`, low)).toBeDefined();
  });

  test('it has the size of the trace, its randomness, and the thresholds of rule and sender', () => {
    const view = trace('ot=rv:c0000000000000;th:4');
    expect(candidateOf(`{ rules: [{ name: all, keep: 50% }], ${BUDGET} }`, view)).toMatchObject({
      randomHi: 0xc000000,
      rule: { hi: 0x8000000, lo: 0 },
      upstream: { hi: 0x4000000, lo: 0 },
      spans: 1,
      bytes: view.payloadBytes,
    });
  });

  test('a threshold of the sender that the trace contradicts is none, and overload is one', () => {
    expect(
      candidateOf(`{ rules: [{ name: all, keep: 100% }], ${BUDGET} }`, trace('ot=rv:10000000000000;th:4')),
    ).toMatchObject({ upstream: { hi: 0, lo: 0 } });
    expect(
      candidateOf(`{ rules: [{ name: all, keep: 100% }], ${BUDGET} }`, trace('ot=rv:c0000000000000', ID, 2 ** 26)),
    ).toMatchObject({ upstream: { hi: 2 ** 26, lo: 0 } });
  });
});

describe('a reload', () => {
  const RATE = 'rules: [{ name: some, keep: { throughput: { spans_per_second: 1 } } }]';
  /** The threshold after four busy intervals. */
  const busy = (rules: RuleSet): void => {
    for (let i = 0; i < 400; i++) {
      const view = trace();
      view.firstSeenMs = i * 150;
      decide(rules, view);
    }
  };
  const thresholdNow = (rules: RuleSet): string | undefined => {
    const view = trace();
    view.firstSeenMs = 60_001;
    const { thresholdHi, thresholdLo } = decide(rules, view);
    return thresholdText(thresholdHi, thresholdLo);
  };

  test('keeps what rates have learned where name and rate stand unchanged', () => {
    const before = rulesOf(RATE);
    busy(before);
    const same = rulesOf(RATE);
    same.adopt(before);
    const learned = thresholdNow(before);
    expect(thresholdNow(same)).toBe(learned);
    for (const changed of [RATE.replace('some', 'other'), RATE.replace(': 1 ', ': 2 ')]) {
      const after = rulesOf(changed);
      after.adopt(before);
      expect(thresholdNow(after)).not.toBe(learned);
    }
  });

  test('keeps counts of what was wrong', () => {
    const before = rulesOf('rules: [{ name: all, keep: 100% }]');
    decide(before, trace('ot=th:xyz'));
    decide(before, trace('ot=rv:00000000000001;th:8'));
    const after = rulesOf('rules: [{ name: other, keep: 100% }]');
    after.adopt(before);
    expect([after.malformedTraceStates, after.inconsistentThresholds]).toEqual([1, 1]);
  });
});
