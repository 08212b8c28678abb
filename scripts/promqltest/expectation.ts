// The `expect` lines of a script: what kind of annotation or error an eval must give, and how its text is matched.
import { RE2JS } from 're2js';

export type ExpectationKind = 'ordered' | 'fail' | 'warn' | 'no_warn' | 'info' | 'no_info';

export interface Expectation {
  readonly kind: ExpectationKind;
  /** As a failure report shows it. */
  readonly shown: string;
  matches(text: string): boolean;
}

const ANY = 'anything';
const LINE = /^expect\s+(ordered|fail|warn|no_warn|info|no_info)(?:\s+(regex|msg):(.+))?$/;

export function messageExpectation(kind: ExpectationKind, message: string): Expectation {
  return { kind, shown: JSON.stringify(message), matches: (text) => text === message };
}

/** Regular expressions are RE2's: a script cannot make the runner backtrack. */
export function patternExpectation(kind: ExpectationKind, pattern: string): Expectation {
  const compiled = RE2JS.compile(pattern);
  return { kind, shown: `a match of ${pattern}`, matches: (text) => compiled.matcher(text).find() };
}

export function anyExpectation(kind: ExpectationKind): Expectation {
  return { kind, shown: ANY, matches: () => true };
}

/** Throws on an `expect` line that says nothing known. */
export function readExpectation(line: string): Expectation {
  const match = LINE.exec(line);
  if (match === null)
    throw new Error(
      'invalid expect statement: it is `expect TYPE`, `expect TYPE msg: TEXT` or `expect TYPE regex: TEXT`',
    );
  const kind = match[1] as ExpectationKind;
  const text = match[3]?.trim();
  if (text === undefined) return anyExpectation(kind);
  return match[2] === 'regex' ? patternExpectation(kind, text) : messageExpectation(kind, text);
}

/** Throws where expectations contradict each other. */
export function checkExpectations(expectations: readonly Expectation[]): void {
  const count = (kind: ExpectationKind): number => expectations.filter((one) => one.kind === kind).length;
  if (count('info') > 0 && count('no_info') > 0)
    throw new Error('invalid expect lines, info and no_info cannot be used together');
  if (count('warn') > 0 && count('no_warn') > 0)
    throw new Error('invalid expect lines, warn and no_warn cannot be used together');
  if (count('fail') > 1) throw new Error('invalid expect lines, multiple expect fail lines are not allowed');
}
