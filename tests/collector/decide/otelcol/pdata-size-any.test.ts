// Bytes of any ResourceSpans beside a plain count: every field absent, zero or filled, values of any type and depth, events, links, several scopes.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { resourceSpansBytes } from '#collector/decide/otelcol/pdata-size.ts';
import { TraceFile } from '#deploy/cli/show/trace-file.ts';
import {
  plainResourceSpansBytes,
  type PlainEvent,
  type PlainLink,
  type PlainPair,
  type PlainResource,
  type PlainScope,
  type PlainSpan,
  type PlainValue,
} from '#tests/oracle/plain-pdata-size.ts';
import { otlpType } from '#tests/support/otlp-proto.ts';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';

const text = fc.string({ unit: 'grapheme', maxLength: 150 });
const smallText = fc.string({ maxLength: 5 });
const count = fc.oneof(fc.constant(0), fc.nat(200), fc.nat(0xffffffff));
const int64 = fc.oneof(fc.constantFrom(0n, -1n), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }));
const { pairs } = fc.letrec<{ value: PlainValue; pairs: readonly PlainPair[] }>((tie) => ({
  pairs: fc.array(fc.record({ key: smallText, value: tie('value') }), { maxLength: 3 }),
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    text.map((stringValue): PlainValue => ({ stringValue })),
    fc.boolean().map((boolValue): PlainValue => ({ boolValue })),
    int64.map((intValue): PlainValue => ({ intValue })),
    fc.double().map((doubleValue): PlainValue => ({ doubleValue })),
    fc.uint8Array({ maxLength: 140 }).map((bytesValue): PlainValue => ({ bytesValue })),
    fc.constant<PlainValue>({ nothing: true }),
    fc.array(tie('value'), { maxLength: 3 }).map((values): PlainValue => ({ arrayValue: { values } })),
    tie('pairs').map((values): PlainValue => ({ kvlistValue: { values } })),
  ),
}));
const time = fc.oneof(fc.constant(0n), fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }));
const event = fc.record<PlainEvent>({ time, name: text, attributes: pairs, dropped: count });
const link = fc.record<PlainLink>({ traceState: smallText, attributes: pairs, dropped: count, flags: count });
const span = fc.record<PlainSpan>({
  traceState: smallText,
  hasParent: fc.boolean(),
  name: text,
  kind: fc.integer({ min: 0, max: 5 }),
  start: time,
  end: time,
  attributes: pairs,
  dropped: fc.record({ attributes: count, events: count, links: count }),
  events: fc.array(event, { maxLength: 2 }),
  links: fc.array(link, { maxLength: 2 }),
  status: fc.record({ message: smallText, code: fc.integer({ min: 0, max: 2 }) }),
  flags: count,
});
const resource = fc.record<PlainResource>({
  attributes: pairs,
  dropped: count,
  scopes: fc.array(
    fc.record<PlainScope>({
      name: smallText,
      version: smallText,
      attributes: pairs,
      dropped: count,
      spans: fc.array(span, { minLength: 1, maxLength: 3 }),
    }),
    { minLength: 1, maxLength: 3 },
  ),
});

/** As protobufjs takes a value. */
function writtenValue(value: PlainValue): object {
  if ('nothing' in value) return {};
  if ('intValue' in value) return { intValue: String(value.intValue) };
  if ('arrayValue' in value) return { arrayValue: { values: value.arrayValue.values.map(writtenValue) } };
  if ('kvlistValue' in value) return { kvlistValue: { values: writtenPairs(value.kvlistValue.values) } };
  return value;
}
function writtenPairs(list: readonly PlainPair[]): object[] {
  return list.map(({ key, value }) => ({ key, value: writtenValue(value) }));
}

/** Span ids count from 1 over all scopes. */
function requestOf({ attributes, dropped, scopes }: PlainResource): Buffer {
  let spans = 0;
  const type = otlpType('opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest');
  const written = {
    resource: { attributes: writtenPairs(attributes), droppedAttributesCount: dropped },
    schemaUrl: 'https://opentelemetry.io/schemas/1.30.0',
    scopeSpans: scopes.map((scope) => ({
      scope: {
        name: scope.name,
        version: scope.version,
        attributes: writtenPairs(scope.attributes),
        droppedAttributesCount: scope.dropped,
      },
      schemaUrl: 'https://opentelemetry.io/schemas/1.29.0',
      spans: scope.spans.map((one) => ({
        traceId: Buffer.from(TRACE_ID, 'hex'),
        spanId: Buffer.from((++spans).toString(16).padStart(16, '0'), 'hex'),
        traceState: one.traceState,
        ...(one.hasParent && { parentSpanId: Buffer.from('00000000000000ff', 'hex') }),
        name: one.name,
        kind: one.kind,
        startTimeUnixNano: String(one.start),
        endTimeUnixNano: String(one.end),
        attributes: writtenPairs(one.attributes),
        droppedAttributesCount: one.dropped.attributes,
        droppedEventsCount: one.dropped.events,
        droppedLinksCount: one.dropped.links,
        events: one.events.map((each) => ({
          timeUnixNano: String(each.time),
          name: each.name,
          attributes: writtenPairs(each.attributes),
          droppedAttributesCount: each.dropped,
        })),
        links: one.links.map((each) => ({
          traceId: Buffer.alloc(16, 9),
          spanId: Buffer.alloc(8, 9),
          traceState: each.traceState,
          attributes: writtenPairs(each.attributes),
          droppedAttributesCount: each.dropped,
          flags: each.flags,
        })),
        status: one.status,
        flags: one.flags,
      })),
    })),
  };
  return Buffer.from(type.encode(type.fromObject({ resourceSpans: [written] })).finish());
}

test('of any spans it is the plain count', () => {
  fc.assert(
    fc.property(resource, (written) => {
      const file = new TraceFile(64);
      file.add(requestOf(written));
      const view = file.view(TRACE_ID)!;
      // Rows come in the order of the request: the scope of each follows from how many spans those before it have.
      const scopeOfRow = new Map<number, number>();
      let at = 0;
      for (const [scope, { spans }] of written.scopes.entries())
        for (let i = 0; i < spans.length; i++) scopeOfRow.set(view.rows[at++]!, scope);
      expect(view.count).toBe(at);
      expect(resourceSpansBytes(view.memory, view.rows, view.count, (row) => scopeOfRow.get(row)!)).toBe(
        plainResourceSpansBytes(written),
      );
    }),
    { seed: 552, numRuns: 300 },
  );
});
