// OTLP/JSON to bytes and back, against the official transformer's output and with the liberties that captures take.

import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { describe, expect, test } from 'vitest';
import { decodeRequest } from '#deploy/replay/decode-request.ts';
import { encodeRequest } from '#deploy/replay/encode-request.ts';
import { parseJson } from '#deploy/replay/read/parse-json.ts';

const span = {
  traceId: '0123456789abcdef0123456789abcdef',
  spanId: '00000000000000ff',
  name: 'GET /',
  kind: 2,
  startTimeUnixNano: '1700000000000000001',
  endTimeUnixNano: '1700000000000000009',
  attributes: [
    { key: 'text', value: { stringValue: '' } },
    { key: 'negative', value: { intValue: '-9223372036854775808' } },
    { key: 'fraction', value: { doubleValue: 0.1 } },
    { key: 'off', value: { boolValue: false } },
    { key: 'list', value: { arrayValue: { values: [{ intValue: '1' }, {}] } } },
    { key: 'map', value: { kvlistValue: { values: [{ key: 'k', value: { bytesValue: 'AAEC' } }] } } },
  ],
  status: { code: 2, message: 'no' },
};
const request = {
  resourceSpans: [{ resource: { attributes: [] }, scopeSpans: [{ scope: { name: 's' }, spans: [span] }] }],
};

function firstSpan(bytes: Uint8Array): object {
  const decoded = decodeRequest('traces', bytes) as { resourceSpans: { scopeSpans: { spans: object[] }[] }[] };
  return decoded.resourceSpans[0]?.scopeSpans[0]?.spans[0] ?? {};
}

describe('encoding OTLP/JSON', () => {
  test('keeps every type exact there and back', () => {
    expect(firstSpan(encodeRequest('traces', request))).toEqual(span);
  });

  test('reads snake_case keys and enum names', () => {
    const text =
      '{"resource_spans":[{"scope_spans":[{"spans":[{"trace_id":"0123456789abcdef0123456789abcdef","kind":"SPAN_KIND_SERVER","status":{"code":"STATUS_CODE_ERROR"},"attributes":[{"key":"a","value":{"int_value":"3"}}]}]}]}]}';
    expect(firstSpan(encodeRequest('traces', JSON.parse(text) as object))).toEqual({
      traceId: '0123456789abcdef0123456789abcdef',
      kind: 2,
      status: { code: 2 },
      attributes: [{ key: 'a', value: { intValue: '3' } }],
    });
  });

  test('keeps nanoseconds that were written as plain numbers', () => {
    const document = parseJson(
      '{"resourceSpans":[{"scopeSpans":[{"spans":[{"startTimeUnixNano":1700000000000000001}]}]}]}',
    );
    expect(firstSpan(encodeRequest('traces', document as object))).toEqual({
      startTimeUnixNano: '1700000000000000001',
    });
  });

  test('names field and value when something cannot be encoded', () => {
    const bad = { resourceSpans: [{ scopeSpans: [{ spans: [{ startTimeUnixNano: 'soon' }] }] }] };
    expect(() => encodeRequest('traces', bad)).toThrow('field startTimeUnixNano: "soon" is not an integer');
    expect(() => encodeRequest('traces', { resourceSpans: 7 })).toThrow('field resourceSpans: 7 is not an array');
  });

  test('decodes what the official transformer encodes', () => {
    const spanContext = { traceId: span.traceId, spanId: span.spanId, traceFlags: 1 };
    const bytes = ProtobufTraceSerializer.serializeRequest([
      {
        name: 'GET /',
        kind: SpanKind.SERVER,
        spanContext: () => spanContext,
        startTime: [1, 5],
        endTime: [2, 6],
        status: { code: SpanStatusCode.UNSET },
        attributes: { n: 42 },
        links: [],
        events: [{ time: [1, 7], name: 'e' }],
        duration: [1, 1],
        ended: true,
        resource: {
          attributes: { 'service.name': 'x' },
          merge: () => {
            throw new Error('unused');
          },
          getRawAttributes: () => [],
        },
        instrumentationScope: { name: 's' },
        droppedAttributesCount: 0,
        droppedEventsCount: 0,
        droppedLinksCount: 0,
      },
    ]);
    expect(firstSpan(bytes ?? new Uint8Array())).toMatchObject({
      traceId: span.traceId,
      spanId: span.spanId,
      kind: 2,
      startTimeUnixNano: '1000000005',
      attributes: [{ key: 'n', value: { intValue: '42' } }],
    });
  });
});
