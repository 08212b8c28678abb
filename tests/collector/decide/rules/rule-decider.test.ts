// Winnow's own rules as a decider: at once where rules alone decide, at the end of the window where budget or floor do.
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { compileRules, type RulesConfig } from '#collector/decide/rules/compile-rules.ts';
import { RuleDecider } from '#collector/decide/rules/rule-decider.ts';
import type { Decision, TraceView } from '#collector/model/trace.ts';
import { writtenTrace } from '#tests/support/written-trace.ts';

function deciderOf(yaml: string): RuleDecider {
  const rules = compileRules(parse(yaml) as RulesConfig);
  if (!rules.ok) throw new Error(JSON.stringify(rules.error));
  return new RuleDecider(rules.value);
}

const empty = (): Decision => ({ keep: false, rule: -1, thresholdHi: 0, thresholdLo: 0, weight: 0 });
/** Its randomness is the number, in the highest digits. */
const trace = (r: number): TraceView => writtenTrace([{ traceState: `ot=rv:${r.toString(16).padEnd(14, '0')}` }]);

test('rules alone decide at once, and nothing is ever held', () => {
  const decider = deciderOf('rules: [{ name: half, keep: 50% }]');
  const [low, high] = [empty(), empty()];
  expect([decider.decide(trace(1), low), decider.decide(trace(0xf), high)]).toEqual([true, true]);
  expect([low.keep, high.keep]).toEqual([false, true]);
  expect(decider.advanceTo(1e12)).toBe(false);
  expect([decider.names, decider.waits]).toEqual([['half', ''], undefined]);
  expect(decider.isFinal(0)).toBe(false);
});

test('with a budget traces wait for the end of the window, the highest randomness is kept', () => {
  const decider = deciderOf('{ rules: [{ name: all, keep: 100% }], budget: { spans_per_second: 1 } }');
  expect(decider.advanceTo(0)).toBe(false);
  const views = [3, 0xf, 7].map(trace);
  expect(views.map((view) => decider.decide(view, empty()))).toEqual([false, false, false]);
  expect(decider.advanceTo(999)).toBe(false);
  expect(decider.advanceTo(1000)).toBe(true);
  const kept = views.map((view) => {
    const decision = empty();
    decider.release(view, decision);
    return [decision.keep, decider.names[decision.rule]];
  });
  expect(kept).toEqual([
    [false, 'all'],
    [true, 'all'],
    [false, 'all'],
  ]);
});

test('what is final, or outside of the budget, does not wait', () => {
  const decider = deciderOf(`{ rules: [
    { name: errors, when: { any: { status: error } }, keep: 100%, budget: false },
    { name: health, when: { any: { name: health } }, keep: 0% },
    { name: rest, keep: 100% }], budget: { spans_per_second: 1 } }`);
  decider.advanceTo(0);
  const decided = [{ status: 2 }, { name: 'health' }, {}].map((span) => decider.decide(writtenTrace([span]), empty()));
  expect(decided).toEqual([true, true, false]);
});

test('the window can be ended before its time', () => {
  const decider = deciderOf('{ rules: [{ name: all, keep: 100% }], budget: { spans_per_second: 1 } }');
  decider.advanceTo(0);
  decider.decide(trace(3), empty());
  decider.close();
  expect(decider.advanceTo(1)).toBe(true);
});

test('after a reload it goes on with what the one before had learned, and not with another kind', () => {
  const text = 'rules: [{ name: rare, when: { path: { rarer_than: 50% } }, keep: 100% }, { name: rest, keep: 0% }]';
  const before = deciderOf(text);
  for (let i = 0; i < 10; i++) before.decide(writtenTrace([{ name: 'often' }]), empty());
  const after = deciderOf(text);
  after.adopt(before);
  const decision = empty();
  after.decide(writtenTrace([{ name: 'seldom' }]), decision);
  expect(after.names[decision.rule]).toBe('rare');
});
