// OTLP/JSON to protobuf, against protobufjs for what is right and case by case for what is not.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonToProtobuf } from '#proto/otlp/json-to-protobuf.ts';
import {
  anyValueSchema,
  logsRequestSchema,
  metricsRequestSchema,
  spanSchema,
  traceRequestSchema,
  type MessageSchema,
} from '#proto/otlp/schema.ts';
import { otlpType } from '../../support/otlp-proto.ts';

const MAX = 1024 * 1024;
const schemas: readonly (readonly [string, MessageSchema])[] = [
  ['trace.v1.ExportTraceServiceRequest', traceRequestSchema],
  ['logs.v1.ExportLogsServiceRequest', logsRequestSchema],
  ['metrics.v1.ExportMetricsServiceRequest', metricsRequestSchema],
];

function transcode(schema: MessageSchema, json: string): Uint8Array {
  return jsonToProtobuf(schema, Buffer.from(json), MAX);
}

/** An AnyValue by protobufjs, from JSON. */
function anyValue(json: string): unknown {
  const type = otlpType('opentelemetry.proto.common.v1.AnyValue');
  return type.toObject(type.decode(transcode(anyValueSchema, json)), { longs: String, bytes: Array });
}

/** Where a schema and the published .proto files differ. */
function differences(schema: MessageSchema, type: ReturnType<typeof otlpType>, seen = new Set<string>()): string[] {
  if (seen.has(schema.name)) return [];
  seen.add(schema.name);
  const published = type.fieldsArray.filter((field) => !field.name.toLowerCase().includes('strindex'));
  const found =
    schema.byJson.size === published.length
      ? []
      : [`${schema.name} has ${schema.byJson.size} fields instead of ${published.length}`];
  for (const field of published) {
    field.resolve();
    const isMessage = field.resolvedType !== null && 'fieldsArray' in field.resolvedType;
    const isId = /^(traceId|spanId|parentSpanId)$/.test(field.name);
    const kind = isMessage ? 'message' : field.resolvedType !== null ? 'enum' : isId ? 'hex' : field.type;
    const ours = schema.byJson.get(field.name);
    if (
      ours === undefined ||
      ours.number !== field.id ||
      ours.repeated !== field.repeated ||
      ours.kind !== kind ||
      ours.explicit !== (field.partOf !== null)
    )
      found.push(`${schema.name}.${field.name}`);
    else if (isMessage)
      found.push(...differences(ours.message!(), field.resolvedType as ReturnType<typeof otlpType>, seen));
  }
  return found;
}

describe('the schemas', () => {
  it.each(schemas)('of %s name every published field with its number and type', (name, schema) => {
    expect(differences(schema, otlpType(`opentelemetry.proto.collector.${name}`))).toEqual([]);
  });
});

describe('values', () => {
  it('of every type arrive as they were meant', () => {
    expect(anyValue('{"stringValue":"h\\u00e9 \\ud83d\\ude00 \\n\\"é"}')).toEqual({ stringValue: 'hé 😀 \n"é' });
    expect(anyValue('{"boolValue":false}')).toEqual({ boolValue: false });
    expect(anyValue('{"intValue":"-9223372036854775808"}')).toEqual({ intValue: '-9223372036854775808' });
    expect(anyValue('{"intValue":9007199254740993}')).toEqual({ intValue: '9007199254740993' });
    expect(anyValue('{"intValue":1e3}')).toEqual({ intValue: '1000' });
    expect(anyValue('{"doubleValue":"NaN"}')).toEqual({ doubleValue: Number.NaN });
    expect(anyValue('{"doubleValue":"-Infinity"}')).toEqual({ doubleValue: -Infinity });
    expect(anyValue('{"doubleValue":"1.5e-3"}')).toEqual({ doubleValue: 0.0015 });
    expect(anyValue('{"bytesValue":"-_8"}')).toEqual({ bytesValue: [0xfb, 0xff] });
    expect(anyValue('{"bytesValue":"+/8="}')).toEqual({ bytesValue: [0xfb, 0xff] });
    expect(anyValue('{"arrayValue":{"values":[{"intValue":1},null,{}]}}')).toMatchObject({
      arrayValue: { values: [{ intValue: '1' }, {}, {}] },
    });
    expect(anyValue('{"doubleValue":null}')).toEqual({});
    expect(anyValue(' { } ')).toEqual({});
  });

  it('keep every int64 and every double', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.boolean(), (value, quoted) => {
        const text = quoted ? `"${value}"` : String(value);
        expect(anyValue(`{"intValue":${text}}`)).toEqual({ intValue: String(value) });
      }),
    );
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(anyValue(`{"doubleValue":${Object.is(value, -0) ? '-0' : value}}`)).toEqual({ doubleValue: value });
      }),
    );
  });

  it('of strings keep all of Unicode, escaped or not, and lone surrogates become U+FFFD', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(anyValue(JSON.stringify({ stringValue: text }))).toEqual({ stringValue: text.toWellFormed() });
      }),
    );
    expect(anyValue('{"stringValue":"a\\ud800b\\udc00"}')).toEqual({ stringValue: 'a\ufffdb\ufffd' });
  });
});

describe('keys', () => {
  it('that OTLP does not know are skipped with all they hold', () => {
    expect(
      anyValue('{"x":[1,-2.5e+3,{"y":"\\u0041","z":[true,false,null,[]]}],"string_value":"no","stringValue":"yes"}'),
    ).toEqual({ stringValue: 'yes' });
  });

  it('may be escaped, and ids of either case', () => {
    const bytes = transcode(
      traceRequestSchema,
      '{"resource\\u0053pans":[{"scopeSpans":[{"spans":[{"traceId":"ABCDEFabcdef00112233445566778899"}]}]}]}',
    );
    expect(Buffer.from(bytes).toString('hex')).toContain('abcdefabcdef00112233445566778899');
  });
});

describe('what is refused, naming field and byte', () => {
  const span = (field: string): string => `{"resourceSpans":[{"scopeSpans":[{"spans":[{${field}}]}]}]}`;
  it.each([
    ['', 'the body: expected an object, found the end of the body (byte 0)'],
    ['[]', 'expected an object, found an array'],
    ['{} x', 'expected the end of the body, found "x"'],
    ['{"a":1,}', 'expected a key in quotes, found "}"'],
    ['{"a":01}', 'expected a number'],
    ['{"a":tru}', 'expected true'],
    ['{"a":"\u0001"}', 'control character'],
    ['{"a":"x', 'string without end'],
    ['{"a":"\\x"}', 'unknown escape'],
    ['{"a":"\\u12g4"}', 'four hex digits'],
    ['{"resourceSpans":{}}', 'resourceSpans: expected an array, found an object'],
    ['{"resourceSpans":[null]}', 'expected an object, found null'],
    [span('"kind":"SPAN_KIND_SERVER"'), 'OTLP/JSON has no enum names'],
    [span('"kind":2147483648'), 'out of range'],
    [span('"kind":1.5'), 'expected an integer'],
    [span('"flags":-1'), 'out of range'],
    [span('"traceId":"abc"'), 'hex digits in pairs'],
    [span('"startTimeUnixNano":-1'), 'does not fit an unsigned 64-bit integer'],
    [span('"startTimeUnixNano":18446744073709551616'), 'does not fit an unsigned 64-bit integer'],
    [span('"startTimeUnixNano":""'), 'expected an integer'],
    [span(`"startTimeUnixNano":"${'9'.repeat(100_000)}"`), 'does not fit'],
    [span('"name":7'), 'spans.name: expected a string, found a number'],
    [span('"attributes":[{"key":"k","value":{"bytesValue":"a"}}]'), 'base64'],
    [span('"attributes":[{"key":"k","value":{"boolValue":"true"}}]'), 'expected true or false, found a string'],
    ['['.repeat(100_000), 'expected an object'],
    [`{"a":${'['.repeat(100_000)}`, 'nested deeper'],
  ])('%.60s', (json, problem) => {
    expect(() => transcode(traceRequestSchema, json)).toThrow(problem);
  });

  it('is anything that JSON.parse refuses too', () => {
    const snippets = fc.array(
      fc.constantFrom(
        '{',
        '}',
        '[',
        ']',
        ':',
        ',',
        '"',
        '"a"',
        '"resourceSpans"',
        '1',
        '-',
        '0',
        '.5',
        'e9',
        'true',
        'null',
        ' ',
        '\\',
      ),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(snippets, (parts) => {
        const json = parts.join('');
        let parses = true;
        try {
          JSON.parse(json);
        } catch {
          parses = false;
        }
        let transcodes = true;
        try {
          transcode(traceRequestSchema, json);
        } catch {
          transcodes = false;
        }
        expect(parses || !transcodes).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the same message in both encodings', () => {
  const span = {
    traceId: 'ffeeddccbbaa99887766554433221100',
    spanId: '0011223344556677',
    name: 'op',
    kind: 2,
    startTimeUnixNano: '1',
    endTimeUnixNano: '2',
    attributes: [
      { key: 'a', value: { intValue: '0' } },
      { key: 'b', value: { stringValue: '' } },
      { key: 'c', value: { boolValue: false } },
    ],
    status: { code: 2, message: 'bad' },
  };
  const point = {
    startTimeUnixNano: '1',
    timeUnixNano: '2',
    count: '3',
    sum: 0,
    bucketCounts: ['1', '2'],
    explicitBounds: [0.5],
    min: 0,
    attributes: [{ key: 'k', value: { doubleValue: 0 } }],
  };
  const messages: readonly (readonly [string, MessageSchema, object])[] = [
    [
      'trace.v1.ExportTraceServiceRequest',
      traceRequestSchema,
      {
        resourceSpans: [
          {
            resource: { attributes: [{ key: 's', value: { stringValue: 'x' } }] },
            scopeSpans: [{ scope: { name: 'n' }, spans: [span, span] }],
            schemaUrl: 'u',
          },
        ],
      },
    ],
    [
      'logs.v1.ExportLogsServiceRequest',
      logsRequestSchema,
      {
        resourceLogs: [
          {
            scopeLogs: [
              {
                logRecords: [
                  { timeUnixNano: '7', severityNumber: 9, body: { stringValue: 'said' }, traceId: span.traceId },
                ],
              },
            ],
          },
        ],
      },
    ],
    [
      'metrics.v1.ExportMetricsServiceRequest',
      metricsRequestSchema,
      {
        resourceMetrics: [
          {
            scopeMetrics: [
              {
                metrics: [
                  { name: 'h', histogram: { dataPoints: [point], aggregationTemporality: 2 } },
                  { name: 'g', gauge: { dataPoints: [{ timeUnixNano: '2', asInt: '0' }] } },
                ],
              },
            ],
          },
        ],
      },
    ],
  ];
  /** As a JSON library may write it: keys in another order, and values that are the default. */
  const reordered = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(reordered);
    if (typeof value !== 'object' || value === null) return value;
    const noise =
      'spanId' in value && 'kind' in value
        ? { droppedAttributesCount: 0, traceState: '', parentSpanId: '', flags: 0, events: [], droppedLinksCount: null }
        : {};
    const list = 'explicitBounds' in value ? { exemplars: [], flags: 0 } : {};
    return Object.fromEntries(
      Object.entries({ ...value, ...noise, ...list })
        .toReversed()
        .map(([key, inner]) => [key, reordered(inner)]),
    );
  };

  it.each(messages)('has the same bytes: %s', (name, schema, message) => {
    const type = otlpType(`opentelemetry.proto.collector.${name}`);
    const encoded = type
      .encode(
        type.fromObject(
          JSON.parse(JSON.stringify(message), (key, value: unknown) =>
            key === 'traceId' || key === 'spanId' ? Buffer.from(String(value), 'hex') : value,
          ) as object,
        ),
      )
      .finish();
    const hex = Buffer.from(encoded).toString('hex');
    expect(Buffer.from(transcode(schema, JSON.stringify(message))).toString('hex')).toBe(hex);
    expect(Buffer.from(transcode(schema, JSON.stringify(reordered(message)))).toString('hex')).toBe(hex);
  });

  it('with keys that come and go a hundred times it is left as it came, and quickly', () => {
    const json = `{${Array.from({ length: 200_000 }, () => '"name":"a","kind":1').join(',')}}`;
    const type = otlpType('opentelemetry.proto.trace.v1.Span');
    expect(type.toObject(type.decode(jsonToProtobuf(spanSchema, Buffer.from(json), 16 * MAX)))).toMatchObject({
      name: 'a',
      kind: 1,
    });
  });
});
