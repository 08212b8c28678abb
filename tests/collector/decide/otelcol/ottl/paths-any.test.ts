// Every path that OTTL knows, for any span: the value that the span has there, with its context in front or not, and from an event too.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import type { DecodedEvent, DecodedSpan } from '#collector/decide/otelcol/ottl/decoded-span.ts';
import { asked, mapOf, NOW_NS, refusalOf, type Plain } from '#tests/support/ottl-subject.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const uint64 = fc.oneof(fc.constantFrom(0n, 2n ** 63n, 2n ** 64n - 1n), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }));
const count = fc.nat(0xffffffff).map(BigInt);
const id = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => Uint8Array.from(bytes));
const attributes = fc.dictionary(fc.stringMatching(/^[a-z]{1,3}$/), text, { maxKeys: 3, noNullPrototype: true });

interface Written {
  readonly span: Partial<DecodedSpan>;
  readonly event: DecodedEvent;
  readonly own: Readonly<Record<string, string>>;
  readonly resource: Readonly<Record<string, string>>;
  readonly scope: Readonly<Record<string, string>>;
  readonly ofEvent: Readonly<Record<string, string>>;
}
const written: fc.Arbitrary<Written> = fc
  .record({
    own: attributes,
    resource: attributes,
    scope: attributes,
    ofEvent: attributes,
    traceId: id(16),
    spanId: id(8),
    parentId: id(8),
    traceState: fc.constantFrom('', 'a=1', 'a=1,vendor=two'),
    name: text,
    kind: fc.integer({ min: 0, max: 7 }).map(BigInt),
    start: uint64,
    end: uint64,
    links: fc.nat(3),
    statusCode: fc.integer({ min: 0, max: 2 }).map(BigInt),
    statusMessage: text,
    flags: count,
    dropped: fc.record({
      attributes: count,
      events: count,
      links: count,
      resourceAttributes: count,
      scopeAttributes: count,
    }),
    scopeName: text,
    scopeVersion: text,
    eventName: text,
    eventTime: uint64,
    eventDropped: count,
  })
  .map(({ own, resource, scope, ofEvent, scopeName, scopeVersion, eventName, eventTime, eventDropped, ...span }) => ({
    own,
    resource,
    scope,
    ofEvent,
    span: {
      ...span,
      resource: mapOf(resource),
      scope: { name: scopeName, version: scopeVersion, attributes: mapOf(scope) },
    },
    event: { name: eventName, time: eventTime, attributes: mapOf(ofEvent), droppedAttributes: eventDropped },
  }));

const KINDS = ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer'];
const signed = (ns: bigint): bigint => BigInt.asIntN(64, ns);
const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('hex');

/** Paths of a span that have a plain value, without their context. */
const OF_SPAN: Readonly<Record<string, (span: Partial<DecodedSpan>) => Plain>> = {
  name: (span) => span.name!,
  kind: (span) => span.kind!,
  'kind.string': (span) => KINDS[Number(span.kind)] ?? '',
  'kind.deprecated_string': (span) => {
    const kind = KINDS[Number(span.kind)];
    return kind === undefined ? '' : `SPAN_KIND_${kind.toUpperCase()}`;
  },
  'status.code': (span) => span.statusCode!,
  'status.message': (span) => span.statusMessage!,
  trace_state: (span) => span.traceState!,
  flags: (span) => span.flags!,
  'trace_id.string': (span) => hex(span.traceId),
  'span_id.string': (span) => hex(span.spanId),
  'parent_span_id.string': (span) => hex(span.parentId),
  start_time_unix_nano: (span) => signed(span.start!),
  end_time_unix_nano: (span) => signed(span.end!),
  dropped_attributes_count: (span) => span.dropped!.attributes,
  dropped_events_count: (span) => span.dropped!.events,
  dropped_links_count: (span) => span.dropped!.links,
};
const OF_SCOPE: Readonly<Record<string, (span: Partial<DecodedSpan>) => Plain>> = {
  name: (span) => span.scope!.name,
  version: (span) => span.scope!.version,
  dropped_attributes_count: (span) => span.dropped!.scopeAttributes,
  schema_url: () => '',
};
/** The path, the value, and whether it can be asked of an event too. */
function valuesOf({ span, own, resource, scope }: Written): [path: string, value: Plain, context: 'span' | 'both'][] {
  const keyed = (of: string, values: Readonly<Record<string, string>>): [string, Plain, 'both'][] =>
    [...Object.entries(values), ['absent key', null] as const].map(([key, value]) => [
      `${of}["${key}"]`,
      value,
      'both',
    ]);
  return [
    ...Object.entries(OF_SPAN).flatMap(([path, value]): [string, Plain, 'span' | 'both'][] => [
      [path, value(span), 'span'],
      [`span.${path}`, value(span), 'both'],
    ]),
    ...['scope', 'instrumentation_scope'].flatMap((of) => [
      ...Object.entries(OF_SCOPE).map(([path, value]): [string, Plain, 'both'] => [
        `${of}.${path}`,
        value(span),
        'both',
      ]),
      ...keyed(`${of}.attributes`, scope),
    ]),
    ['resource.dropped_attributes_count', span.dropped!.resourceAttributes, 'both'],
    ['resource.schema_url', '', 'both'],
    ...keyed('span.attributes', own),
    ...keyed('resource.attributes', resource),
    ['span.trace_state["a"]', span.traceState === '' ? '' : '1', 'both'],
    ['span.trace_state["vendor"]', span.traceState?.includes('vendor') === true ? 'two' : '', 'both'],
    ['Len(links)', BigInt(span.links!), 'span'],
  ];
}

test('of a span each is what the span has there', () => {
  fc.assert(
    fc.property(written, (one) => {
      for (const [path, value] of valuesOf(one))
        expect([path, asked(`${path} == attributes["expected"]`, { ...one.own, expected: value }, one.span)]).toEqual([
          path,
          true,
        ]);
    }),
    { seed: 341, numRuns: 40 },
  );
});

test('of an event those of its span need their context in front, and its own do not', () => {
  fc.assert(
    fc.property(written, (one) => {
      const { event, ofEvent } = one;
      // What is compared with stands among the attributes of the span.
      const more = { ...one.span, event };
      const holds = (path: string, value: Plain): boolean | string =>
        asked(`${path} == span.attributes["expected"]`, { ...one.own, expected: value }, more);
      for (const [path, value, context] of valuesOf(one))
        expect([path, context === 'span' || holds(path, value)]).toEqual([path, true]);
      const ofItself: Readonly<Record<string, Plain>> = {
        name: event.name,
        time_unix_nano: signed(event.time),
        dropped_attributes_count: event.droppedAttributes,
        ...Object.fromEntries(Object.entries(ofEvent).map(([key, value]) => [`attributes["${key}"]`, value])),
        'attributes["absent key"]': null,
      };
      for (const [path, value] of Object.entries(ofItself)) {
        expect([path, holds(path, value)]).toEqual([path, true]);
        expect([path, holds(`spanevent.${path}`, value)]).toEqual([path, true]);
      }
    }),
    { seed: 342, numRuns: 40 },
  );
});

test('times are those of their nanoseconds, and differ by durations', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 62n }), fc.integer({ min: 0, max: 1_000_000_000 }), (start, ns) => {
      const span = { start, end: start + BigInt(ns) };
      expect(asked(`end_time - start_time == Duration("${ns}ns")`, {}, span)).toBe(true);
      expect(asked('start_time <= end_time', {}, span)).toBe(true);
      expect(asked('start_time == end_time', {}, span)).toBe(ns === 0);
      expect(asked('Now() > start_time', {}, span)).toBe(start < NOW_NS);
    }),
    { seed: 343, numRuns: 100 },
  );
});

test('a path with a letter changed leads nowhere, and the nearest one is named', () => {
  const paths = [...Object.keys(OF_SPAN), 'attributes'].filter((path) => path.length > 5);
  fc.assert(
    fc.property(fc.constantFrom(...paths), fc.nat(), (path, which) => {
      const letters = Array.from(path.matchAll(/(?<!^)[a-z]/g), ({ index }) => index);
      const at = letters[which % letters.length]!;
      const misspelt = `${path.slice(0, at)}${path[at] === 'q' ? 'z' : 'q'}${path.slice(at + 1)}`;
      const refused = refusalOf(`${misspelt} == 1`);
      expect(refused).toContain(`has an unknown path ${misspelt}`);
      expect(refused).toMatch(/did you mean `[a-z_.]+`\?$/);
    }),
    { seed: 344, numRuns: 150 },
  );
});

test('keys stand behind attributes, cache and trace_state alone', () => {
  for (const path of Object.keys(OF_SPAN)) {
    const refused = refusalOf(`${path}["k"] == 1`);
    expect([path, refused.includes('has keys in')]).toEqual([path, path !== 'trace_state']);
  }
  expect(refusalOf('attributes["a"]["b"] == 1')).toBe('');
  expect(refusalOf('trace_state["a"]["b"] == 1')).toContain('several keys');
});
