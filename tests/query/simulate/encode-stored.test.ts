// Stored spans become the bytes they came as: every type of value, events, links, status, and a tracestate without Winnow's own threshold.
import { expect, it } from 'vitest';
import { encodeStored } from '#query/simulate/encode-stored.ts';
import type { StoredResource } from '#query/store/identities.ts';
import type { StoredSpan } from '#query/store/traces/contract.ts';
import { otlpType } from '#tests/support/otlp-proto.ts';

const ID = '0af7651916cd43dd8448eb211c80319c';
const request = otlpType('opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest');
const KEYS = ['s', 'b', 'i', 'd', 'a', 'k', 'y', 'u'];
const TYPES = ['string', 'bool', 'int', 'double', 'array', 'kvlist', 'bytes', 'unset'] as const;
const VALUES = [
  'text',
  'true',
  '-9007199254740993',
  '0.5',
  '{"arrayValue":{"values":[{"intValue":"1"},{"stringValue":"x"}]}}',
  '{"kvlistValue":{"values":[{"key":"n","value":{"boolValue":false}}]}}',
  'AAEC',
  '',
];

function stored(more: { state?: string; parent?: string; resource?: string; scope?: string } = {}): StoredSpan {
  const event = { name: 'e', timeUnixNano: 7 };
  const link = { traceId: Buffer.alloc(16, 1), spanId: Buffer.alloc(8, 2) };
  return {
    traceId: ID,
    spanId: '00f067aa0ba902b7',
    parentSpanId: more.parent ?? '',
    service: 'web',
    name: 'GET /',
    kind: 2,
    statusCode: 2,
    statusMessage: 'boom',
    startNs: '1700000000000000001',
    durationText: '5000000',
    flags: 257,
    traceState: more.state ?? '',
    adjustedCount: 1,
    attributes: KEYS.map((key, i) => ({ key, type: TYPES[i]!, value: VALUES[i]! })),
    eventMessages: [otlpType('opentelemetry.proto.trace.v1.Span.Event').encode(event).finish()],
    linkMessages: [otlpType('opentelemetry.proto.trace.v1.Span.Link').encode(link).finish()],
    droppedAttributes: 0,
    droppedEvents: 0,
    droppedLinks: 0,
    resourceId: more.resource ?? '1',
    scopeId: more.scope ?? '2',
  };
}
function resource(id: string, service: string, host: string, schemaUrl: string): StoredResource {
  const name = { key: 'service.name', type: 'string', value: service } as const;
  return { id, service, host, schemaUrl, attributes: [name] };
}
const identities = {
  resources: new Map([
    ['1', resource('1', 'web', 'h1', 'https://schema')],
    ['9', resource('9', 'db', '', '')],
  ]),
  scopes: new Map([['2', { id: '2', name: 'lib', version: '1.2', schemaUrl: '', attributes: [] }]]),
};

function decoded(spans: readonly StoredSpan[], threshold = ''): Record<string, unknown> {
  return request.toObject(request.decode(encodeStored(spans, identities, new Map([[ID, threshold]]))), {
    longs: String,
    bytes: String,
    enums: String,
  });
}

it('writes resource, scope and every field of a span', () => {
  expect(decoded([stored({ parent: '00f067aa0ba902b8' })])).toEqual({
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'web' } }] },
        schemaUrl: 'https://schema',
        scopeSpans: [
          {
            scope: { name: 'lib', version: '1.2' },
            spans: [
              {
                traceId: Buffer.from(ID, 'hex').toString('base64'),
                spanId: 'APBnqgupArc=',
                parentSpanId: 'APBnqgupArg=',
                name: 'GET /',
                kind: 'SPAN_KIND_SERVER',
                startTimeUnixNano: '1700000000000000001',
                endTimeUnixNano: '1700000000005000001',
                flags: 257,
                status: { message: 'boom', code: 'STATUS_CODE_ERROR' },
                attributes: [
                  { key: 's', value: { stringValue: 'text' } },
                  { key: 'b', value: { boolValue: true } },
                  { key: 'i', value: { intValue: '-9007199254740993' } },
                  { key: 'd', value: { doubleValue: 0.5 } },
                  { key: 'a', value: { arrayValue: { values: [{ intValue: '1' }, { stringValue: 'x' }] } } },
                  { key: 'k', value: { kvlistValue: { values: [{ key: 'n', value: { boolValue: false } }] } } },
                  { key: 'y', value: { bytesValue: 'AAEC' } },
                  { key: 'u', value: {} },
                ],
                events: [{ name: 'e', timeUnixNano: '7' }],
                links: [{ traceId: 'AQEBAQEBAQEBAQEBAQEBAQ==', spanId: 'AgICAgICAgI=' }],
              },
            ],
          },
        ],
      },
    ],
  });
});

it.each([
  ['ot=th:c', 'c0000000000000', undefined],
  ['ot=th:0', '00000000000000', undefined],
  ['ot=th:c;rv:12345678901234,vendor=1', 'c0000000000000', 'ot=rv:12345678901234,vendor=1'],
  ['ot=th:8', 'c0000000000000', 'ot=th:8'],
  ['vendor=1', 'c0000000000000', 'vendor=1'],
])('of the tracestate %s of a trace kept at %s leaves %s', (state, threshold, left) => {
  const told = decoded([stored({ state })], threshold) as {
    resourceSpans: { scopeSpans: { spans: { traceState?: string }[] }[] }[];
  };
  expect(told.resourceSpans[0]!.scopeSpans[0]!.spans[0]!.traceState).toBe(left);
});

it('groups by resource and scope, and knows spans whose identities are not stored yet', () => {
  const told = decoded([stored(), stored(), stored({ resource: '9' }), stored({ resource: '77', scope: '78' })]) as {
    resourceSpans: { resource: object; scopeSpans: { spans: object[] }[] }[];
  };
  expect(told.resourceSpans.map((group) => group.scopeSpans.map((scope) => scope.spans.length))).toEqual([
    [2],
    [1],
    [1],
  ]);
  expect(told.resourceSpans[2]!.resource).toEqual({});
});
