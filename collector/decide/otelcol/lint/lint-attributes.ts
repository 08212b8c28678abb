// Traps of policies that look at attributes: types that are not compared but read as zero, patterns that are not anchored, invert_match.
import { RE2JS } from 're2js';
import { shown } from '#proto/config/config-error.ts';
import { INT_ATTRIBUTES, REGEX_META } from '../../rules/lint-rules.ts';
import type { LintedPolicy } from './finding.ts';

/** Key and value together of what a tracestate can hold. */
const MAX_MEMBER = 256;

export function lintNumericAttribute(policy: LintedPolicy): void {
  const [least, most] = [policy.number('min_value'), policy.number('max_value')];
  lintKey(policy);
  for (const key of ['min_value', 'max_value']) {
    if (policy.has(key) && policy.number(key) === 0)
      policy.report(
        key,
        '`0` is no bound: it reads as not written',
        'write 1 or -1, or use ottl_condition for a bound of 0',
      );
  }
  const bounded = least !== 0 && most !== 0;
  if (bounded && least > most)
    policy.report('min_value', `\`${least}\` is above max_value \`${most}\`: no value is within`, 'exchange the two');
  else if ((least === 0 || least <= 0) && (most === 0 || most >= 0)) {
    policy.report(
      'key',
      `the range from ${bound(least)} to ${bound(most)} holds 0, and what is no int (a text, a float, a list) reads as 0: every such \`${policy.text('key')}\` matches`,
      'write a range without 0, or use ottl_condition',
    );
  } else if (!INT_ATTRIBUTES.has(policy.text('key')))
    policy.report(
      'key',
      `a float or a text in \`${policy.text('key')}\` reads as 0 and never matches`,
      'use ottl_condition if it can be one, as attributes["k"] >= 500',
    );
  lintInverted(policy);
}

function bound(value: number): string {
  return value === 0 ? 'no bound' : String(value);
}

export function lintStringAttribute(policy: LintedPolicy): void {
  const key = policy.text('key');
  const [values, regex] = [policy.texts('values'), policy.block['enabled_regex_matching'] === true];
  lintKey(policy);
  if (values.length === 0) policy.report('values', 'is empty: nothing matches', 'list at least one value');
  if (INT_ATTRIBUTES.has(key)) {
    policy.report(
      'key',
      `\`${key}\` is an int by the semantic conventions, and an int reads as the empty text here: \`${shown(values)}\` never matches it`,
      'use numeric_attribute, or ottl_condition',
    );
  }
  for (const [i, value] of values.entries()) {
    const at = `values[${i}]`;
    if (regex) lintPattern(policy, at, value);
    else if (value === '')
      policy.report(at, 'an empty value is ignored', 'use ottl_condition to ask for an empty or missing attribute');
    else if (/[*^$]|\.\*|\\/.test(value))
      policy.report(
        at,
        `\`${shown(value)}\` is compared as it stands, not as a pattern`,
        'add enabled_regex_matching: true if a pattern is meant',
      );
  }
  lintInverted(policy);
}

function lintPattern(policy: LintedPolicy, at: string, pattern: string): void {
  if (matchesAll(pattern))
    policy.report(at, `\`${shown(pattern)}\` matches every text`, 'leave the policy away or mend the pattern');
  else if (!/^\^|^\(\?[a-zA-Z]+\)\^|^\\A/.test(pattern) || !/\$$|\\z$/.test(pattern)) {
    const plain = REGEX_META.test(pattern) ? '' : `, so x${pattern}y matches, too`;
    policy.report(
      at,
      `\`${shown(pattern)}\` is not anchored: it matches anywhere in the text${plain}`,
      `write ^(?:${pattern.replace(/^\^|\$$/g, '')})$ to match the whole text`,
    );
  }
}

/** Of signs alone, and met by nothing as well as by something: `^$` is not. */
function matchesAll(pattern: string): boolean {
  if (!/^[.^$*|()?]*$/.test(pattern)) return false;
  const compiled = RE2JS.compile(pattern);
  return compiled.test('') && compiled.test('x');
}

export function lintBooleanAttribute(policy: LintedPolicy): void {
  lintKey(policy);
  if (policy.block['value'] !== true) {
    const written = policy.has('value') ? '`false`' : 'not written and so `false`';
    policy.report(
      'value',
      `is ${written}, and what is no bool reads as false: any text or number in \`${policy.text('key')}\` matches`,
      'use ottl_condition, as attributes["k"] == false',
    );
  }
  lintInverted(policy);
}

export function lintTraceState(policy: LintedPolicy): void {
  lintKey(policy);
  const values = policy.texts('values');
  const usable = values.filter((value) => value !== '' && policy.text('key').length + value.length < MAX_MEMBER);
  if (usable.length === 0)
    policy.report(
      'values',
      `\`${shown(values)}\` holds no value that a tracestate can have: nothing matches`,
      'list values that are neither empty nor longer than 255 with their key',
    );
  else if (usable.length < values.length)
    policy.report('values', 'values that are empty, or longer than 255 with their key, are ignored', 'take them out');
}

function lintKey(policy: LintedPolicy): void {
  if (policy.text('key') === '')
    policy.report('key', 'is empty: no attribute has that name', 'write the name of the attribute');
}

/** Once it forbade; now it is a vote like any other. */
function lintInverted(policy: LintedPolicy): void {
  if (policy.block['invert_match'] !== true) return;
  policy.report(
    'invert_match',
    `\`true\` also keeps every trace without \`${policy.text('key')}\`, and is one vote among all (from v0.156 on): what it does not keep, another policy still may`,
    'write a policy of type drop to forbid traces',
  );
}
