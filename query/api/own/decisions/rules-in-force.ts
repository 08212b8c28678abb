// The rules in force in their order, each with its condition as it is written, from the configuration that the collector tells.
import { parse, stringify } from 'yaml';
import { membersOf } from '#proto/model/untyped.ts';

export interface RuleInForce {
  readonly name: string;
  /** As YAML in one line. */
  readonly condition: string;
}

const EVERY_TRACE = 'every other trace';

/** @param yaml of `GET /config`; undefined where the collector does not answer */
export function rulesInForce(yaml: string | undefined): readonly RuleInForce[] {
  if (yaml === undefined) return [];
  const sampling = membersOf(membersOf(parse(yaml))['sampling']);
  const policies = membersOf(sampling['tail_sampling'])['policies'];
  return [...listOf(sampling['rules']).map(ruleOf), ...listOf(policies).map(policyOf)];
}

function ruleOf(rule: unknown): RuleInForce {
  const { name, when } = membersOf(rule);
  return { name: String(name), condition: when === undefined || when === null ? EVERY_TRACE : inOneLine(when) };
}

/** Of a Collector's configuration. */
function policyOf(policy: unknown): RuleInForce {
  const { name, ...rest } = membersOf(policy);
  return { name: String(name), condition: inOneLine(rest) };
}

function inOneLine(value: unknown): string {
  const text = stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trim();
  return text.startsWith('{') && text.endsWith('}') ? text.slice(1, -1).trim() : text;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
