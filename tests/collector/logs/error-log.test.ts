// Log records that ask for their trace: severity ERROR or worse, and a trace id; whatever else and in whatever order stands in them.
import { expect, test } from 'vitest';
import { errorLogTraceId } from '#collector/logs/error-log.ts';
import { otlpType } from '#tests/support/otlp-proto.ts';

const Record = otlpType('opentelemetry.proto.logs.v1.LogRecord');
const TRACE_ID = Buffer.from('00112233445566778899aabbccddeeff', 'hex');

function traceIdOf(record: object): string | undefined {
  const bytes = Buffer.from(Record.encode(Record.create(record)).finish());
  const framed = Buffer.concat([Buffer.from([1, 2, 3]), bytes, Buffer.from([4])]);
  const at = errorLogTraceId(framed, 3, 3 + bytes.length);
  return at < 0 ? undefined : framed.toString('hex', at, at + 16);
}

const FULL = {
  timeUnixNano: 5,
  observedTimeUnixNano: 6,
  severityText: 'ERROR',
  body: { stringValue: 'x'.repeat(300) },
  attributes: [{ key: 'k', value: { intValue: 300 } }],
  droppedAttributesCount: 3,
  flags: 1,
  spanId: Buffer.alloc(8, 1),
};

test.each([
  ['an error', { severityNumber: 17 }, true],
  ['a fatal one', { severityNumber: 24 }, true],
  ['a warning', { severityNumber: 16 }, false],
  ['one without severity', {}, false],
])('%s', (_name, part, asks) => {
  expect(traceIdOf({ ...FULL, ...part, traceId: TRACE_ID })).toBe(asks ? TRACE_ID.toString('hex') : undefined);
});

test.each([[0], [8], [17]])('a trace id of %d bytes is none', (length) => {
  expect(traceIdOf({ ...FULL, severityNumber: 17, traceId: Buffer.alloc(length, 1) })).toBeUndefined();
});
