// Label matchers: equality and anchored RE2 regular expressions, where a missing label is an empty value.
import { RE2JS } from 're2js';

export type MatchOperator = '=' | '!=' | '=~' | '!~';

export interface Matcher {
  readonly name: string;
  readonly operator: MatchOperator;
  readonly value: string;
  readonly matches: (value: string) => boolean;
}

/** Go's words, which go on where re2js' end. */
const UNFINISHED = 'trailing backslash at end of expression';

/** What is wrong with a pattern, in Go's words. */
export function patternError(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.endsWith(UNFINISHED) ? `${message}: \`\`` : message;
}

/** RE2, matching the whole text, with a dot that matches newlines. Throws re2js' error on a bad pattern. */
export function compileAnchored(pattern: string): RE2JS {
  RE2JS.compile(pattern);
  return RE2JS.compile(`^(?s:${pattern})$`);
}

/** Throws re2js' syntax error when a regular expression is malformed. */
export function makeMatcher(name: string, operator: MatchOperator, value: string): Matcher {
  if (operator === '=') return { name, operator, value, matches: (text) => text === value };
  if (operator === '!=') return { name, operator, value, matches: (text) => text !== value };
  const expression = compileAnchored(value);
  const wanted = operator === '=~';
  const known = new Map<string, boolean>();
  const matches = (text: string): boolean => {
    let matched = known.get(text);
    if (matched === undefined) {
      matched = expression.matcher(text).find() === wanted;
      if (known.size < MATCH_MEMORY) known.set(text, matched);
    }
    return matched;
  };
  return { name, operator, value, matches };
}

/** Label values repeat over series; beyond this many different ones remembering them costs more than it saves. */
const MATCH_MEMORY = 10_000;
