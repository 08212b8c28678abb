// The stratum of a trace: a text from its root and its status, by the keys that are asked for.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { compileStratum } from '#collector/decide/rates/stratum.ts';
import { TraceCursor } from '#collector/decide/trace-cursor.ts';
import { AttributeKeys } from '#collector/decide/values/attribute-reader.ts';
import type { Compiler } from '#collector/decide/rules/condition.ts';
import type { ConfigError } from '#proto/config/config-error.ts';
import { double, int, text } from '#tests/support/rule-decision.ts';
import { reordered, writtenTrace, type WrittenSpan } from '#tests/support/written-trace.ts';

function compiler(errors: ConfigError[] = []): Compiler {
  return {
    keys: new AttributeKeys(),
    predicates: [],
    errors,
    paths: [],
    spanTest: () => undefined,
    traceTest: () => undefined,
  };
}

/** Parts of the stratum. */
function stratumOf(per: unknown, spans: readonly WrittenSpan[], order?: readonly number[]): string[] {
  const shared = compiler();
  const of = compileStratum(per, 'per', shared)!;
  const cursor = new TraceCursor(shared.keys, []);
  const view = writtenTrace(spans);
  cursor.start(order === undefined ? view : reordered(view, order));
  return of(cursor).split('\u0000');
}

const ROOT: WrittenSpan = { service: 'front', name: 'GET /a', attributes: { k: text('v'), n: int(5) } };
const CHILD: WrittenSpan = { service: 'shop', name: 'list', parent: '1', status: 2, attributes: { k: text('other') } };

test.each([
  [['service'], ['front']],
  [['name'], ['GET /a']],
  [['status'], ['error']],
  [['route'], ['GET /a']],
  [['k'], ['v']],
  [['absent'], ['']],
  [
    ['service', 'route', 'status', 'k'],
    ['front', 'GET /a', 'error', 'v'],
  ],
  [
    ['k', 'service'],
    ['v', 'front'],
  ],
  [[], ['']],
  [undefined, ['']],
])('per %j it is %j', (per, expected) => {
  expect(stratumOf(per, [ROOT, CHILD])).toEqual(expected);
  expect(stratumOf(per, [ROOT, CHILD], [1, 0])).toEqual(expected);
});

test('the status is error where some span failed, else ok', () => {
  expect(stratumOf(['status'], [ROOT])).toEqual(['ok']);
  expect(stratumOf(['status'], [ROOT, { ...CHILD, status: 1 }])).toEqual(['ok']);
});

test.each([
  [{ 'http.route': text('/r') }, '/r'],
  [{ 'rpc.method': text('Get') }, 'Get'],
  [{ 'messaging.destination.name': text('queue') }, 'queue'],
  [{ 'messaging.destination.name': text('queue'), 'rpc.method': text('Get'), 'http.route': text('/r') }, '/r'],
  [{ 'http.route': text(''), 'rpc.method': text('Get') }, 'Get'],
  [{}, 'GET /a'],
])('the route of %j is %s', (attributes, expected) => {
  expect(stratumOf(['route'], [{ name: 'GET /a', attributes }])).toEqual([expected]);
});

test('attributes come from the resource where the root lacks them', () => {
  expect(stratumOf(['zone'], [{ resource: { zone: text('a') } }])).toEqual(['a']);
  expect(stratumOf(['zone'], [{ resource: { zone: text('a') }, attributes: { zone: text('b') } }])).toEqual(['b']);
});

test('values of other types are strata too, each its own', () => {
  const values = [int(5), int(6), double(5), text('5'), { boolValue: true }];
  const strata = values.map((value) => stratumOf(['k'], [{ attributes: { k: value } }])[0]!);
  expect(new Set(strata).size).toBe(values.length);
  expect(strata).not.toContain('');
});

test('long values are cut, so that strata are bounded in bytes', () => {
  const [stratum] = stratumOf(['k'], [{ attributes: { k: text('x'.repeat(5000)) } }]);
  expect(stratum).toBe('x'.repeat(128));
});

test('without a root the earliest span stands for it', () => {
  expect(
    stratumOf(
      ['service'],
      [
        { service: 'late', parent: '77', start: 9 },
        { service: 'early', parent: '77', start: 1 },
      ],
    ),
  ).toEqual(['early']);
});

test('traces of one stratum have the same values, whatever they are', () => {
  const span = fc.record({
    service: fc.constantFrom('a', 'b'),
    name: fc.constantFrom('x', 'y'),
    attributes: fc.record({ k: fc.constantFrom('1', '2').map(text) }),
  });
  fc.assert(
    fc.property(span, span, (one, other) => {
      const per = ['service', 'name', 'k'];
      const same =
        one.service === other.service &&
        one.name === other.name &&
        one.attributes.k.stringValue === other.attributes.k.stringValue;
      expect(stratumOf(per, [one]).join('|') === stratumOf(per, [other]).join('|')).toBe(same);
    }),
    { seed: 461, numRuns: 60 },
  );
});

test.each(['service', 5, {}, [5], [''], [['a']], null])('%j is no list of keys', (per) => {
  const errors: ConfigError[] = [];
  expect(compileStratum(per, 'some.per', compiler(errors))).toBeUndefined();
  expect(errors.map(({ path, message }) => [path, message])).toEqual([['some.per', 'is no list of keys']]);
});
