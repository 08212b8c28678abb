// The load's two encodings of one batch are the same request.
import { expect, test } from 'vitest';
import { jsonToProtobuf } from '#proto/otlp/json-to-protobuf.ts';
import { logsRequestSchema, metricsRequestSchema, traceRequestSchema } from '#proto/otlp/schema.ts';
import { ExactLoad } from '#tests/support/exact-load.ts';
import { Random } from './random.ts';

test('a batch as JSON becomes the bytes of the batch as protobuf', () => {
  const random = new Random(1);
  const load = new ExactLoad(7, () => random.next());
  const nowMs = 1_800_000_000_000;
  for (const [schema, batch] of [
    [traceRequestSchema, load.spans(nowMs, 23)],
    [traceRequestSchema, load.spans(nowMs + 5000, 23)],
    [logsRequestSchema, load.logs(nowMs, 3)],
    [metricsRequestSchema, load.points(nowMs, 3)],
  ] as const) {
    expect(Buffer.from(jsonToProtobuf(schema, Buffer.from(load.json(batch)), 2 ** 20)).toString('hex')).toBe(
      batch.body.toString('hex'),
    );
  }
});
