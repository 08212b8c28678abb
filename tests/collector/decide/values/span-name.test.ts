// Finds a span's name in its bytes: the last one counts, as in any protobuf message.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { findSpanName, nameRange } from '#collector/decide/values/span-name.ts';
import { otlpType } from '#tests/support/otlp-proto.ts';

const type = otlpType('opentelemetry.proto.trace.v1.Span');
const spanOf = (fields: Record<string, unknown>): Buffer => Buffer.from(type.encode(type.fromObject(fields)).finish());

function nameOf(bytes: Buffer, from = 0, to = bytes.length): string {
  findSpanName(bytes, from, to);
  return bytes.toString('utf8', nameRange.start, nameRange.end);
}

test('the name of any span, whatever stands around it', () => {
  const fields = fc.record({
    name: fc.string({ unit: 'grapheme', maxLength: 300 }),
    traceState: fc.string(),
    kind: fc.integer({ min: 0, max: 5 }),
    attributes: fc.constant([{ key: 'name', value: { stringValue: 'other' } }]),
    events: fc.array(fc.record({ name: fc.string() }), { maxLength: 2 }),
    flags: fc.nat(),
  });
  fc.assert(
    fc.property(fields, (written) => {
      expect(nameOf(spanOf(written))).toBe(written.name.toWellFormed());
    }),
    { seed: 141 },
  );
});

test('of several names the last counts', () => {
  expect(nameOf(Buffer.concat([spanOf({ name: 'first' }), spanOf({ name: 'second', kind: 2 })]))).toBe('second');
  expect(nameOf(Buffer.concat([spanOf({ name: 'first' }), Buffer.from([0x2a, 0])]))).toBe('');
});

test('a span without a name has an empty one', () => {
  expect(nameOf(spanOf({ kind: 3 }))).toBe('');
  expect(nameOf(Buffer.alloc(0))).toBe('');
});

test('the span alone is looked at, not its neighbours', () => {
  const [before, own] = [spanOf({ name: 'before' }), spanOf({ kind: 2 })];
  const all = Buffer.concat([before, own, spanOf({ name: 'after' })]);
  expect(nameOf(all, before.length, before.length + own.length)).toBe('');
  expect(nameOf(all, 0, before.length)).toBe('before');
});

test('a name that is cut is none, and any bytes end the walk', () => {
  const whole = spanOf({ name: 'abcdef' });
  expect(nameOf(whole, 0, whole.length - 2)).toBe('');
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      findSpanName(bytes, 0, bytes.length);
      expect(nameRange.start).toBeLessThanOrEqual(nameRange.end);
      expect(nameRange.end).toBeLessThanOrEqual(bytes.length);
    }),
    { seed: 142, numRuns: 500 },
  );
});
