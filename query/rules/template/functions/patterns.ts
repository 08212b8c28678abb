// Regular expressions of templates: RE2, linear in pattern and text, both bounded.
import { RE2JS } from 're2js';
import { patternError } from '#query/promql/matcher.ts';
import type { Budget } from '../budget.ts';
import { MAX_PATTERN_CHARACTERS } from '../limits.ts';
import { TemplateError } from '../template-error.ts';

/** The largest number in braces that RE2 accepts, nested ones multiplied. */
const MAX_REPETITION = 1_000;
const REPETITION = /\{(\d*),?(\d*)\}/g;

/** What matching a text costs at most: the pattern with its repetitions written out, times the text. */
function costOf(pattern: string, text: string): number {
  let repeated = 1;
  for (const [, least = '', most = ''] of pattern.matchAll(REPETITION))
    repeated = Math.min(MAX_REPETITION, repeated * Math.max(1, Number(least), Number(most)));
  return pattern.length * repeated * (text.length + 1);
}

function compiled(pattern: string, text: string, budget: Budget, failure: (reason: string) => string): RE2JS {
  if (pattern.length > MAX_PATTERN_CHARACTERS)
    throw new TemplateError(
      `pattern limit: the pattern has ${pattern.length} characters, at most ${MAX_PATTERN_CHARACTERS} are allowed`,
    );
  budget.match(costOf(pattern, text));
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    throw new TemplateError(failure(patternError(error)));
  }
}

export function matches(pattern: string, text: string, budget: Budget): boolean {
  return compiled(pattern, text, budget, (reason) => reason)
    .matcher(text)
    .find();
}

export function replaceAll(pattern: string, replacement: string, text: string, budget: Budget): string {
  const expression = compiled(
    pattern,
    text,
    budget,
    (reason) => `regexp: Compile(${goBackquoted(pattern)}): ${reason}`,
  );
  const matcher = expression.matcher(text);
  let result = '';
  let copied = 0;
  let from = 0;
  while (from <= text.length && matcher.find(from)) {
    const start = matcher.start();
    const end = matcher.end();
    result += text.slice(copied, start);
    // Not where nothing is matched right behind a match.
    if (end > copied || start === 0)
      result += expanded(replacement, (name) => {
        const group = /^\d+$/.test(name) ? Number(name) : expression.namedGroups()[name];
        return group === undefined || group > matcher.groupCount() ? '' : (matcher.group(group) ?? '');
      });
    budget.work(end - start + replacement.length);
    copied = end;
    const next = from + ((text.codePointAt(from) ?? 0) > 0xffff ? 2 : 1);
    from = end > from ? Math.max(end, from) : next;
  }
  return result + text.slice(copied);
}

const REFERENCE = /\$(?:\$|(\w+)|\{(\w+)\})/g;

/** `$1`, `$name`, `${name}`; `$$` is a dollar. The longest name counts. */
function expanded(replacement: string, group: (name: string) => string): string {
  return replacement.replace(REFERENCE, (reference, plain?: string, braced?: string) =>
    reference === '$$' ? '$' : group(plain ?? braced ?? ''),
  );
}

function goBackquoted(text: string): string {
  return text.includes('`') ? JSON.stringify(text) : `\`${text}\``;
}
