// Holds a conformance run to its list of known failures: the list may shrink, never grow unseen.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

export interface Outcome {
  readonly id: string;
  /** Undefined when it passed. */
  readonly problem: string | undefined;
}

/** Ids of one section (`[name]`) of a list of known failures; `#` starts a comment. */
export function readKnownFailures(list: URL, section: string): Set<string> {
  const known = new Set<string>();
  let inside = false;
  for (const line of readFileSync(fileURLToPath(list), 'utf8').split('\n')) {
    if (line.startsWith('[')) inside = line === `[${section}]`;
    else if (inside && line.trim() !== '' && !line.startsWith('#')) known.add(line.trim());
  }
  return known;
}

/** Fails on a case that fails without being listed, and on a listed one that passes or no longer exists. */
export function expectKnownFailures(outcomes: readonly Outcome[], known: ReadonlySet<string>): void {
  const ids = new Set(outcomes.map((one) => one.id));
  const unexpected = outcomes
    .filter((one) => one.problem !== undefined && !known.has(one.id))
    .map((one) => `${one.id}: ${one.problem}`);
  const fixed = outcomes.filter((one) => one.problem === undefined && known.has(one.id)).map((one) => one.id);
  const gone = [...known].filter((id) => !ids.has(id));
  expect({ unexpected, 'passes now: take it off the list': fixed, 'no such case': gone }).toEqual({
    unexpected: [],
    'passes now: take it off the list': [],
    'no such case': [],
  });
}
