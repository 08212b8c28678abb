// Decides written traces by one written rule: whether they meet its `when`, or what is wrong with it.
import { parse } from 'yaml';
import { compileRules } from '#collector/decide/rules/compile-rules.ts';
import type { RuleSet } from '#collector/decide/rules/rule-set.ts';
import type { Decision, TraceView } from '#collector/model/trace.ts';
import { formatConfigError } from '#proto/config/config-error.ts';
import { writtenTrace, type WrittenSpan } from './written-trace.ts';

const PATH = 'sampling.rules[0].when';

function compiled(when: unknown) {
  return compileRules({ rules: [{ name: 'it', when, keep: '100%' }] });
}

/** The rule `it` that keeps all traces that meet it. @param when YAML @throws Error with every mistake in words */
export function ruleOf(when: string): RuleSet {
  const rules = compiled(parse(when));
  if (!rules.ok) throw new Error(rules.error.map(formatConfigError).join('\n'));
  return rules.value;
}

export function holds(rules: RuleSet, view: TraceView): boolean {
  const decision: Decision = { keep: false, rule: -1, thresholdHi: 0, thresholdLo: 0, weight: 0 };
  rules.decide(view, decision);
  return rules.names[decision.rule] === 'it';
}

/** Whether a trace of these spans meets `when`. @param when YAML */
export function meets(when: string, ...spans: readonly WrittenSpan[]): boolean {
  return holds(ruleOf(when), writtenTrace(spans));
}

/** Every mistake in words, its path without what leads to `when`; [] when there is none. @param when YAML */
export function mistakes(when: string): string[] {
  const rules = compiled(parse(when));
  return rules.ok ? [] : rules.error.map((error) => formatConfigError(error).replace(`${PATH}.`, '').replace(PATH, ''));
}

/** Values as they stand in attributes. */
export const int = (value: number | string): { intValue: number | string } => ({ intValue: value });
export const text = (value: string): { stringValue: string } => ({ stringValue: value });
export const double = (value: number): { doubleValue: number } => ({ doubleValue: value });
export const bool = (value: boolean): { boolValue: boolean } => ({ boolValue: value });
