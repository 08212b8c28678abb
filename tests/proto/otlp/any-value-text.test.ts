// Stored text of attribute values: protobufjs is the oracle, nothing is lost.
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { MAX_VALUE_DEPTH, textFromAnyValue } from '#proto/otlp/any-value-text.ts';
import { VALUE_ARRAY, VALUE_DOUBLE, VALUE_INT } from '#proto/otlp/enums.ts';
import { base64FromBytes, bytesFromBase64 } from '#proto/otlp/base64.ts';
import { otlpType } from '#tests/support/otlp-proto.ts';
import { expectedText } from '#tests/support/stored-span.ts';

const anyValue = otlpType('opentelemetry.proto.common.v1.AnyValue');

const { value: arbitraryValue } = fc.letrec<{ value: object; list: object; pairs: object }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'medium' },
    fc.record({ stringValue: fc.string({ unit: 'binary' }) }),
    fc.record({ boolValue: fc.boolean() }),
    fc.record({ doubleValue: fc.double() }),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((i) => anyValue.fromObject({ intValue: String(i) })),
    fc.integer().map((i) => anyValue.fromObject({ intValue: i })),
    fc.record({ bytesValue: fc.uint8Array() }),
    fc.constant({}),
    tie('list'),
    tie('pairs'),
  ),
  list: fc.array(tie('value'), { maxLength: 4 }).map((values) => ({ arrayValue: { values } })),
  pairs: fc
    .array(fc.record({ key: fc.string(), value: fc.option(tie('value'), { nil: undefined }) }), { maxLength: 4 })
    .map((values) => ({ kvlistValue: { values } })),
}));

function wrapped(field: number, content: Uint8Array): Uint8Array {
  return protobuf.Writer.create()
    .uint32(field * 8 + 2)
    .bytes(content)
    .finish();
}

describe('the stored text of a value', () => {
  it('is what protobufjs decodes from the same bytes', () => {
    fc.assert(
      fc.property(arbitraryValue, (value) => {
        const bytes = anyValue.encode(value).finish();
        expect(textFromAnyValue(bytes, 0, bytes.length)).toEqual(expectedText(anyValue.decode(bytes) as object));
      }),
      { seed: 3, numRuns: 2000 },
    );
  });

  it('keeps NaN, infinities, minus zero and the ends of int64', () => {
    for (const [value, text] of [
      [NaN, 'NaN'],
      [Infinity, 'Infinity'],
      [-Infinity, '-Infinity'],
      [-0, '-0'],
      [1e21, '1e+21'],
      [5, '5'],
    ] as const) {
      const bytes = anyValue.encode({ doubleValue: value }).finish();
      expect(textFromAnyValue(bytes, 0, bytes.length)).toEqual({ type: VALUE_DOUBLE, text });
    }
    for (const text of ['-9223372036854775808', '9223372036854775807', '-1', '0']) {
      const bytes = anyValue.encode(anyValue.fromObject({ intValue: text })).finish();
      expect(textFromAnyValue(bytes, 0, bytes.length)).toEqual({ type: VALUE_INT, text });
    }
  });

  it('cuts nesting beyond the cap and survives arbitrary bytes', () => {
    let bytes = anyValue.encode({ stringValue: 'deep' }).finish();
    for (let i = 0; i < 300; i++) bytes = wrapped(5, wrapped(1, bytes)); // AnyValue { array_value { values } }
    const stored = textFromAnyValue(bytes, 0, bytes.length);
    expect(stored.type).toBe(VALUE_ARRAY);
    expect(stored.text.split('arrayValue').length - 1).toBe(MAX_VALUE_DEPTH + 1);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (noise) => {
        expect(typeof textFromAnyValue(noise, 0, noise.length).text).toBe('string');
      }),
      { seed: 5, numRuns: 2000 },
    );
  });

  it('writes and reads base64 as Node does', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const text = base64FromBytes(bytes);
        expect(text).toBe(Buffer.from(bytes).toString('base64'));
        expect(bytesFromBase64(text)).toEqual(bytes);
        expect(bytesFromBase64(Buffer.from(bytes).toString('base64url'))).toEqual(bytes);
      }),
      { seed: 6 },
    );
    expect(bytesFromBase64('a*b=')).toBeUndefined();
  });
});
