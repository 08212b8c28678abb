// What the lint of a valid tail_sampling block tells, in words.
import { lintPolicies } from '#collector/decide/otelcol/lint/lint-policies.ts';
import type { BiggestTrace } from '#collector/decide/otelcol/lint/lint-measures.ts';
import { parseCollectorYaml } from '#proto/config/collector-file.ts';
import { errorsOf } from './collector-decision.ts';

/** A finding in each line. @param yaml of the block @throws Error when it is not valid */
export function told(yaml: string, biggest?: BiggestTrace): string {
  const mistakes = errorsOf(yaml);
  if (mistakes !== '') throw new Error(mistakes);
  return lintPolicies(parseCollectorYaml(yaml), { path: 'tail_sampling', biggest })
    .map(({ path, message, remedy }) => `${path}: ${message}; ${remedy}`)
    .join('\n');
}

/** The same of one policy, paths from its block on. */
export function toldOf(type: string, block: string, biggest?: BiggestTrace): string[] {
  const lines = told(`policies: [{ name: p, type: ${type}, ${type}: ${block} }]`, biggest);
  return lines === '' ? [] : lines.split('\n').map((line) => line.replace(`tail_sampling.policies[0].${type}.`, ''));
}
