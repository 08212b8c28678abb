// Traps of conditions in OTTL: patterns that match anywhere, ints compared with texts, errors that nobody sees.
import { shown } from '#proto/config/config-error.ts';
import { INT_ATTRIBUTES } from '../../rules/lint-rules.ts';
import { parseCondition, type Condition, type Expression } from '../ottl/parse.ts';
import type { LintedPolicy } from './finding.ts';

export function lintOttl(policy: LintedPolicy): void {
  if (!policy.has('error_mode'))
    policy.report(
      'error_mode',
      'is not written: a condition that errs on a span counts as false',
      'write error_mode: ignore to say so, or propagate to take the policy out then',
    );
  for (const key of ['span', 'spanevent']) {
    for (const [i, text] of policy.texts(key).entries()) lintCondition(policy, `${key}[${i}]`, parseCondition(text));
  }
}

function lintCondition(policy: LintedPolicy, at: string, condition: Condition): void {
  switch (condition.kind) {
    case 'not':
      lintCondition(policy, at, condition.inner);
      break;
    case 'and':
    case 'or':
      for (const part of condition.parts) lintCondition(policy, at, part);
      break;
    case 'value':
      lintMatch(policy, at, condition.value);
      break;
    case 'compare':
      lintComparison(policy, at, condition.left, condition.right);
      lintComparison(policy, at, condition.right, condition.left);
  }
}

/** `attributes["http.status_code"] == "500"` */
function lintComparison(policy: LintedPolicy, at: string, path: Expression, other: Expression): void {
  const key = attributeOf(path);
  if (key === undefined || !INT_ATTRIBUTES.has(key) || other.kind !== 'literal' || typeof other.value !== 'string')
    return;
  policy.report(
    at,
    `\`${key}\` is an int by the semantic conventions, and an int never equals the text \`${shown(other.value)}\``,
    `write ${/^\d+$/.test(other.value) ? other.value : 'a number'} without quotes`,
  );
}

function attributeOf(path: Expression): string | undefined {
  if (path.kind !== 'path') return undefined;
  const last = path.segments.at(-1)!;
  const key = last.keys[0];
  return last.name === 'attributes' && key?.kind === 'literal' && typeof key.value === 'string' ? key.value : undefined;
}

function lintMatch(policy: LintedPolicy, at: string, value: Expression): void {
  if (value.kind !== 'call' || value.name !== 'IsMatch') return;
  const pattern = value.arguments[1]?.value;
  if (pattern?.kind !== 'literal' || typeof pattern.value !== 'string') return;
  const text = pattern.value;
  if (/^\^|^\.\*|^\(\?[a-zA-Z]+\)/.test(text) || /\$$|\.\*$/.test(text)) return;
  policy.report(
    at,
    `the pattern \`${shown(text)}\` is not anchored: it matches anywhere in the text`,
    `write ^${text}$ to match the whole text, or .*${text}.* to say that it may stand anywhere`,
  );
}
