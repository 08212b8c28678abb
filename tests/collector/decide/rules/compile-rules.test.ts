// Ordered rules over bytes: the first match decides, comparisons are typed, results do not depend on arrival order, and what cannot
// be compiled says where and why.
import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import { parse } from 'yaml';
import { compileRules } from '#collector/decide/rules/compile-rules.ts';
import type { RuleSet } from '#collector/decide/rules/rule-set.ts';
import { thresholdText } from '#proto/model/threshold.ts';
import type { Decision, TraceView } from '#collector/model/trace.ts';
import { formatConfigError } from '#proto/config/config-error.ts';
import { reordered, writtenTrace, type WrittenSpan } from '#tests/support/written-trace.ts';

function rulesOf(yaml: string): RuleSet {
  const compiled = compileRules({ rules: parse(yaml) as unknown[] });
  if (!compiled.ok) throw new Error(compiled.error.map(formatConfigError).join('\n'));
  return compiled.value;
}

function errorsOf(yaml: string): string[] {
  const compiled = compileRules({ rules: parse(yaml) as unknown[] });
  return compiled.ok ? [] : compiled.error.map(formatConfigError);
}

function decide(rules: RuleSet, view: TraceView): Decision {
  const decision: Decision = { keep: false, rule: -1, thresholdHi: 0, thresholdLo: 0, weight: 0 };
  rules.decide(view, decision);
  return decision;
}

const int = (value: number | string) => ({ intValue: value });
const text = (value: string) => ({ stringValue: value });
const double = (value: number) => ({ doubleValue: value });

describe('rules', () => {
  test('without configuration everything is kept by `default keep`', () => {
    const compiled = compileRules({});
    if (!compiled.ok) throw new Error('refused');
    const decision = decide(compiled.value, writtenTrace([{}]));
    expect(decision).toMatchObject({ keep: true, weight: 1, thresholdHi: 0, thresholdLo: 0 });
    expect(compiled.value.names[decision.rule]).toBe('default keep');
    const failed = decide(compiled.value, writtenTrace([{ status: 2 }]));
    expect(compiled.value.names[failed.rule]).toBe('default errors');
    expect(compiled.value.window, 'everything else within a budget that a burst may exceed').toMatchObject({
      spansPerSecond: 20_000,
      burstMs: 600_000,
    });
  });

  test('the first rule that matches decides, whatever later ones say', () => {
    const rules = rulesOf(`
      - { name: health, when: { root: { attributes: { url.path: [/healthz, /readyz] } } }, keep: 0% }
      - { name: errors, when: { any: { status: error } }, keep: 100% }
      - { name: rest, keep: 5% }`);
    const named = (...spans: WrittenSpan[]) => {
      const decision = decide(rules, writtenTrace(spans));
      return [rules.names[decision.rule], decision.keep];
    };
    const healthy = { attributes: { 'url.path': text('/healthz') } };
    expect(named(healthy, { parent: '1', status: 2 })).toEqual(['health', false]);
    expect(named({}, { parent: '1', ...healthy, status: 2 })).toEqual(['errors', true]);
    expect(named({ status: 1 })).toEqual(['rest', false]);
  });

  test('a trace that no rule matches is not kept and has the rule name ""', () => {
    const rules = rulesOf('[{ name: errors, when: { any: { status: error } }, keep: 100% }]');
    const decision = decide(rules, writtenTrace([{}]));
    expect(decision.keep).toBe(false);
    expect(rules.names[decision.rule]).toBe('');
    expect(thresholdText(decision.thresholdHi, decision.thresholdLo)).toBeUndefined();
  });
});

describe('thresholds from upstream', () => {
  const id = '0af7651916cd43dd8448eb211c80319c'; // R = 48eb211c80319c
  const keepAll = '[{ name: all, keep: 100% }]';
  const half = '[{ name: all, keep: 50% }]';

  test('R is an explicit rv before the low 56 bits of the id', () => {
    expect(decide(rulesOf(half), writtenTrace([{}], id)).keep).toBe(false);
    expect(decide(rulesOf(half), writtenTrace([{ traceState: 'ot=rv:80000000000000' }], id))).toMatchObject({
      keep: true,
      weight: 2,
    });
    expect(decide(rulesOf(half), writtenTrace([{ traceState: 'ot=rv:7fffffffffffff' }], id)).keep).toBe(false);
  });

  test('T is never below an incoming th', () => {
    const decision = decide(rulesOf(keepAll), writtenTrace([{}, { traceState: 'a=b,ot=p:8;th:4;q:1' }], id));
    expect(decision).toMatchObject({ keep: true, weight: 4 / 3 });
    expect(thresholdText(decision.thresholdHi, decision.thresholdLo)).toBe('40000000000000');
    expect(decide(rulesOf(half), writtenTrace([{ traceState: 'ot=th:4;rv:c0000000000000' }], id)).weight).toBe(2);
  });

  test.each(['ot=th:xyz', 'ot=th:', 'ot=th:123456789012345', 'ot=rv:12', 'ot=rv:8000000000000G', 'ot=th:E6'])(
    '%s is counted and ignored',
    (traceState) => {
      const rules = rulesOf(keepAll);
      expect(decide(rules, writtenTrace([{ traceState }], id))).toMatchObject({ keep: true, weight: 1 });
      expect(rules.malformedTraceStates).toBe(1);
    },
  );
});

describe('rates in rules', () => {
  test('the first interval keeps at the goal; strata come from the root', () => {
    const rules = rulesOf(
      '[{ name: some, keep: { adaptive: { goal: 50%, per: [service, route, status, name, k] } } }]',
    );
    const decision = decide(
      rules,
      writtenTrace(
        [{ service: 'a', attributes: { 'http.route': text('/x'), k: int(3) } }],
        'ffffffffffffffffffffffffffffffff',
      ),
    );
    expect(decision).toMatchObject({ keep: true, weight: 2 });
  });
});

describe('the order of spans', () => {
  const written = fc.record({
    service: fc.constantFrom('a', 'b', 'c'),
    name: fc.constantFrom('x', 'y'),
    kind: fc.integer({ min: 0, max: 5 }),
    status: fc.integer({ min: 0, max: 2 }),
    parent: fc.constantFrom('1', '2', '77'),
    start: fc.integer({ min: 0, max: 5_000_000 }),
    duration: fc.integer({ min: 0, max: 9_000_000 }),
    attributes: fc.dictionary(
      fc.constantFrom('k', 'l'),
      fc.oneof(fc.integer().map(int), fc.constantFrom('u', 'v').map(text), fc.double().map(double)),
    ),
    traceState: fc.constantFrom('', 'ot=th:8', 'ot=th:c', 'ot=rv:ffffffffffffff', 'ot=rv:00000000000001', 'ot=th:bad!'),
  });

  test('changes no decision', () => {
    const rules = rulesOf(`
      - { name: root, when: { root: { service: a, kind: server } }, keep: 50% }
      - { name: one, when: { any: { attributes: { k: '> 5', l: exists }, service: b } }, keep: 30% }
      - { name: every, when: { all: { duration: '> 1ms' } }, keep: 20% }
      - { name: long, when: { duration: '> 8ms', services: '>= 2' }, keep: 75% }
      - { name: rest, keep: 10% }`);
    fc.assert(
      fc.property(
        fc.array(written, { minLength: 1, maxLength: 12 }).chain((spans) =>
          fc.tuple(
            fc.constant(spans),
            fc.shuffledSubarray(
              spans.map((_, i) => i),
              { minLength: spans.length },
            ),
          ),
        ),
        ([spans, order]) => {
          const view = writtenTrace(spans);
          expect(decide(rules, reordered(view, order))).toEqual(decide(rules, view));
        },
      ),
      { seed: 9, numRuns: 150 },
    );
  });
});

describe('rules that cannot be compiled', () => {
  test.each([
    [
      '[{ name: a, keep: 150% }]',
      'sampling.rules[0].keep: is no percentage within 0 and 100, got `150%`; write a percentage from 0% to 100%, as keep: 5%',
    ],
    ['[{ name: a, keep: 0.5 }]', 'a bare number may mean a fraction or a percentage: write keep: 0.5% or keep: 50%'],
    ['[{ name: a, keep: 0.07 }]', 'write keep: 0.07% or keep: 7%'],
    ['[{ name: a }]', 'sampling.rules[0].keep: is missing'],
    ['[{ name: a, keep: 1% }, { name: a, keep: 2% }]', 'sampling.rules[1].name: is the name of another rule, got `a`'],
    ['[{ keep: 1% }]', 'sampling.rules[0].name: is no name'],
    ['[{ name: a, wen: {}, keep: 1% }]', 'sampling.rules[0].wen: is no key of a rule; did you mean `when`?'],
    ['[{ name: a, status: error, keep: 1% }]', 'write it under when: { status: … }'],
    ['[{ name: a, when: { status: error }, keep: 1% }]', 'write it under any, all or root, as any: { status: … }'],
    ['[{ name: a, when: { any: { spans: 3 } }, keep: 1% }]', 'write it directly under when'],
    ['[{ name: a, when: { any: { servce: x } }, keep: 1% }]', 'did you mean `service`?'],
    ['[{ name: a, when: { any: { status: eror } }, keep: 1% }]', 'did you mean `error`?'],
    ["[{ name: a, when: { duration: '> 800' }, keep: 1% }]", 'a duration with its unit'],
    ["[{ name: a, when: { any: { name: { matches: '(' } } }, keep: 1% }]", 'is no RE2 regular expression'],
    ["[{ name: a, when: { any: { name: { matches: '(?=x)' } } }, keep: 1% }]", 'no look-around'],
    ["[{ name: a, when: { any: { attributes: { k: '> abc' } } }, keep: 1% }]", 'orders something that is no number'],
    ['[{ name: a, when: { any: { attributes: { k: { gt: 5 } } } }, keep: 1% }]', 'is no operator'],
    ['[{ name: a, when: { any: { attributes: { k: [] } } }, keep: 1% }]', 'is no list of values'],
    ['[{ name: a, when: { any: { attributes: { k: 9007199254740993 } } }, keep: 1% }]', 'must be quoted'],
    ['[{ name: a, when: [], keep: 1% }]', 'is no map'],
    ['[{ name: a, keep: { adaptve: { goal: 5% } } }]', 'did you mean `adaptive`?'],
    [
      '[{ name: a, keep: { adaptive: { goal: 500% } } }]',
      'sampling.rules[0].keep.adaptive.goal: is no goal, got `500%`',
    ],
    ['[{ name: a, keep: { throughput: { spans_per_second: 5, pre: [service] } } }]', 'did you mean `per`?'],
    ['[{ name: a, keep: { throughput: { spans_per_second: -5 } } }]', 'is no goal'],
    ['[{ name: a, keep: { adaptive: { goal: 5%, per: service } } }]', 'is no list of keys'],
    ['[5]', 'sampling.rules[0]: is no map'],
  ])('%s', (yaml, message) => {
    const errors = errorsOf(yaml);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain(message);
  });
});

describe('rules as a whole', () => {
  const rulesFrom = (rules: readonly unknown[]): string[] => {
    const compiled = compileRules({ rules });
    return compiled.ok ? [] : compiled.error.map(formatConfigError);
  };

  test('there are no more than rule numbers have room for', () => {
    const many = Array.from({ length: 10_001 }, (_, i) => ({ name: `r${i}`, keep: '1%' }));
    expect(rulesFrom(many)).toEqual(['sampling.rules: has too many rules, got `10001`; write at most 10000']);
    expect(rulesFrom(many.slice(1))).toEqual([]);
  });

  test('every mistake of every rule is told, in the order in which they stand', () => {
    const paths = rulesFrom([
      { keep: '1%' },
      { name: 'b', keep: '1%', wen: {} },
      { name: 'c', when: { any: { status: 'eror', kind: 'x' } }, keep: '200%' },
      { name: 'd', when: { spans: 'x' }, keep: '1%', budget: 5 },
    ]).map((line) => line.slice(0, line.indexOf(': ')));
    expect(paths).toEqual([
      'sampling.rules[0].name',
      'sampling.rules[1].wen',
      'sampling.rules[2].keep',
      'sampling.rules[2].when.any.status',
      'sampling.rules[2].when.any.kind',
      'sampling.rules[3].budget',
      'sampling.rules[3].when.spans',
    ]);
  });

  test('conditions may hold ints that only a bigint can, and an empty when is for every trace', () => {
    expect(rulesFrom([{ name: 'a', when: { any: { attributes: { k: 2n ** 60n } } }, keep: '1%' }])).toEqual([]);
    const rules = rulesOf('[{ name: a, when: {}, keep: 100% }]');
    expect(rules.names[decide(rules, writtenTrace([{}])).rule]).toBe('a');
  });

  test.each(['100%', '0%', '1/3', '0.000001%', ' 5 % '])('keep: %s is a probability', (keep) => {
    expect(rulesFrom([{ name: 'a', keep }])).toEqual([]);
  });
});
