// Condition kind: the six kinds of a span by their names.
import { expect, test } from 'vitest';
import { meets, mistakes } from '#tests/support/rule-decision.ts';

const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];

test.each(KINDS.map((name, code) => [name, code] as const))('%s is kind %i and no other', (name, code) => {
  const met = KINDS.map((_, kind) => meets(`{ any: { kind: ${name} } }`, { kind }));
  expect(met).toEqual(KINDS.map((_, kind) => kind === code));
});

test.each([
  ['[server, consumer]', [2, 5]],
  ['{ in: [client] }', [3]],
  ["'!= client'", [0, 1, 2, 4, 5]],
  ["{ '!=': internal }", [0, 2, 3, 4, 5]],
  ["'= producer'", [4]],
  ['SERVER', [2]],
  ["{ '!=': server, in: [server, client] }", [3]],
])('%s means %j', (written, expected) => {
  expect(KINDS.map((_, kind) => kind).filter((kind) => meets(`{ any: { kind: ${written} } }`, { kind }))).toEqual(
    expected,
  );
});

test('a kind that OTLP does not know is unspecified', () => {
  expect(meets('{ any: { kind: unspecified } }', { kind: 77 })).toBe(true);
  expect(meets('{ any: { kind: [internal, server, client, producer, consumer] } }', { kind: 77 })).toBe(false);
});

test('one of several spans is enough for any, all of them count for all, and the root is asked alone', () => {
  const spans = [{ kind: 2 }, { kind: 3, parent: '1' }];
  expect(meets('{ any: { kind: client } }', ...spans)).toBe(true);
  expect(meets('{ all: { kind: client } }', ...spans)).toBe(false);
  expect(meets('{ all: { kind: [client, server] } }', ...spans)).toBe(true);
  expect(meets('{ root: { kind: client } }', ...spans)).toBe(false);
  expect(meets('{ root: { kind: server } }', ...spans)).toBe(true);
});

test.each([
  ['clint', 'any.kind: is no such word, got `clint`; did you mean `client`?'],
  ['2', 'any.kind: is no such word, got `2`'],
  ['[server, remote]', 'any.kind: is no such word, got `remote`'],
  ["'> server'", 'any.kind: cannot be compared with >'],
  ['{ matches: "c.*" }', 'any.kind: cannot be compared with matches'],
  ['exists', 'any.kind: cannot be compared with exists'],
  ['[]', 'any.kind: is no list of values'],
  ['{ is: server }', 'any.kind.is: is no operator'],
])('kind: %s is refused', (written, message) => {
  const found = mistakes(`{ any: { kind: ${written} } }`);
  expect(found).toHaveLength(1);
  expect(found[0]).toContain(message);
});
