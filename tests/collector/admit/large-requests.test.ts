// Hostile bodies of every kind over real sockets into a real pipeline: no turn of the event loop has more than its part of any, all of it is stored or
// nothing is, and the answer says which.
import http2 from 'node:http2';
import zlib from 'node:zlib';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LargeRequests } from '#collector/admit/large-requests/large-requests.ts';
import { weigh } from '#collector/admit/large-requests/weigh.ts';
import type { Intake, IntakeRequest } from '#collector/receive/intake.ts';
import type { Listening } from '#collector/receive/listen.ts';
import { startOtlpGrpc } from '#collector/receive/otlp-grpc.ts';
import { startOtlpHttp } from '#collector/receive/otlp-http.ts';
import type { Signal } from '#proto/otlp/signal.ts';
import { CollectorLives } from '#tests/support/collector-lives.ts';
import { grpcAnswer, grpcFrame, sendHttp } from '#tests/support/recorded-requests.ts';

const MAX_BODY_BYTES = 64 * 1024 * 1024;
/** What a turn may have at most: written here once more, so that a change of the limits is a decision. */
const MOST_WEIGHT = 16_000;
const MOST_BYTES = 2 * 1024 * 1024;
const paths: Readonly<Record<Signal, string>> = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
};

const lives = new CollectorLives({ maxBlockRows: 100_000, segmentBytes: 32 * 1024 * 1024, spansPerTrace: 250_000 });
const slices: { weight: number; bytes: number; items: number }[] = [];
let large: LargeRequests;
let grpc: Listening;
let http: Listening;
let session: http2.ClientHttp2Session;
beforeAll(async () => {
  await lives.start();
  const inner: Intake = {
    accept(request: IntakeRequest) {
      const { weight, items } = weigh(request.signal, request.body);
      slices.push({ weight, items, bytes: request.body.length });
      return lives.pipeline.accept(request);
    },
    refused: (signal, reason) => lives.pipeline.refused(signal, reason),
  };
  large = new LargeRequests(inner, {
    maxBodyBytes: MAX_BODY_BYTES,
    elapsedMs: () => performance.now(),
    turn: () => turn(),
  });
  grpc = await startOtlpGrpc({ host: '127.0.0.1', port: 0 }, large);
  http = await startOtlpHttp({ host: '127.0.0.1', port: 0 }, large);
  session = http2.connect(`http://127.0.0.1:${grpc.port}`);
});
afterAll(async () => {
  session.destroy();
  await Promise.all([grpc.close(), http.close()]);
  await large.close();
});

function field(number: number, payload: Buffer): Buffer {
  const head: number[] = [];
  for (let rest of [number * 8 + 2, payload.length]) {
    for (; rest > 127; rest = Math.floor(rest / 128)) head.push((rest & 127) | 128);
    head.push(rest);
  }
  return Buffer.concat([Buffer.from(head), payload]);
}
const many = (items: number, bytes: Buffer): Buffer => Buffer.alloc(items * bytes.length, bytes);
const hex = (bytes: string): Buffer => Buffer.from(bytes, 'hex');
const inScope = (items: Buffer, resource: Buffer = Buffer.alloc(0)): Buffer =>
  field(1, Buffer.concat([resource, field(2, items)]));
const keyValue = (key: string, value: string): Buffer =>
  Buffer.concat([field(1, Buffer.from(key)), field(2, field(1, Buffer.from(value)))]);
const resourceOf = (name: string): Buffer => field(1, field(1, keyValue('service.name', name)));

let spanNumber = 0;
function span(more: Buffer = Buffer.alloc(0)): Buffer {
  const ids = Buffer.alloc(28);
  ids.set(hex('0a10'));
  ids.writeUInt32BE(++spanNumber, 2);
  ids.writeUInt32BE(spanNumber, 14);
  ids.set(hex('1208'), 18);
  ids.writeUInt32BE(spanNumber, 20);
  return field(2, Buffer.concat([ids, hex('390000a0000000a017'), hex('410000a1000000a017'), more]));
}
const spans = (count: number): Buffer => Buffer.concat(Array.from({ length: count }, () => span()));
const time = hex('190000a0000000a017');
const gauge = (points: Buffer): Buffer => field(2, Buffer.concat([field(1, Buffer.from('m')), field(5, points)]));
const point = field(
  1,
  Buffer.concat([
    time,
    hex('210000000000000040'),
    ...Array.from({ length: 5 }, (_, i) => field(7, keyValue(`key.${i}`, 'value'))),
  ]),
);
const histogram = (buckets: number): Buffer =>
  field(
    1,
    Buffer.concat([
      time,
      hex('21010000000000000029000000000000f03f'),
      field(6, Buffer.alloc(8 * (buckets + 1))),
      field(
        7,
        Buffer.concat(
          Array.from({ length: buckets }, (_, i) => {
            const bound = Buffer.alloc(8);
            bound.writeDoubleLE(i);
            return bound;
          }),
        ),
      ),
    ]),
  );
const exponential = field(
  1,
  Buffer.concat([time, hex('21a000000000000000'), field(8, field(2, Buffer.alloc(160, 1)))]),
);
const histograms = (number: number, points: Buffer): Buffer =>
  field(2, Buffer.concat([field(1, Buffer.from('h')), field(number, Buffer.concat([points, hex('1002')]))]));
const nested = (depth: number): Buffer => {
  let value = field(1, Buffer.from('x'));
  for (let i = 0; i < depth; i++) value = field(5, field(1, value));
  return value;
};

/** Name, signal, body, items that are to be taken, and whether one of them alone is larger than a slice. */
const sound: readonly (readonly [
  name: string,
  signal: Signal,
  make: () => Buffer,
  items: number,
  isOneItem: boolean,
])[] = [
  ['60,000 spans', 'traces', () => inScope(spans(60_000)), 60_000, false],
  [
    '20,000 resources',
    'traces',
    () => Buffer.concat(Array.from({ length: 20_000 }, (_, i) => inScope(span(), resourceOf(`service ${i % 500}`)))),
    20_000,
    false,
  ],
  [
    'a span of 300,000 attributes',
    'traces',
    () => inScope(span(many(300_000, field(9, keyValue('key', 'value'))))),
    1,
    true,
  ],
  [
    'a span with a value of 20 MB',
    'traces',
    () => inScope(span(field(9, keyValue('key', 'a'.repeat(20_000_000))))),
    1,
    true,
  ],
  [
    'spans nested 60 deep in their attributes',
    'traces',
    () =>
      inScope(
        Buffer.concat(
          Array.from({ length: 5000 }, () =>
            span(field(9, Buffer.concat([field(1, Buffer.from('k')), field(2, nested(60))]))),
          ),
        ),
      ),
    5000,
    false,
  ],
  ['500,000 empty log records', 'logs', () => inScope(many(500_000, hex('1200'))), 500_000, false],
  [
    '30,000 records of ten attributes',
    'logs',
    () =>
      inScope(
        many(
          30_000,
          field(2, Buffer.concat(Array.from({ length: 10 }, (_, i) => field(6, keyValue(`key.${i}`, 'value'))))),
        ),
      ),
    30_000,
    false,
  ],
  [
    'a record of 900,000 empty values',
    'logs',
    () => inScope(field(2, field(5, field(5, many(900_000, hex('0a00')))))),
    1,
    false,
  ],
  ['a record of 30 MB', 'logs', () => inScope(field(2, field(5, field(1, Buffer.alloc(30_000_000, 'a'))))), 1, true],
  ['30,000 scopes', 'logs', () => field(1, many(30_000, field(2, hex('1200')))), 30_000, false],
  ['30,000 points of five attributes', 'metrics', () => inScope(gauge(many(30_000, point))), 30_000, false],
  ['1,000 histograms of 100 buckets', 'metrics', () => inScope(histograms(9, many(1000, histogram(100)))), 1000, false],
  [
    '1,000 exponential histograms in less than 200 kB',
    'metrics',
    () => inScope(histograms(10, many(1000, exponential))),
    1000,
    false,
  ],
  [
    'a resource of 300 kB and 20,000 points',
    'metrics',
    () =>
      inScope(gauge(many(20_000, point)), field(1, many(10_000, field(1, keyValue('some.key', 'some other value'))))),
    20_000,
    false,
  ],
];

it.each(sound)('%s (%s)', async (_name, signal, make, items, isOneItem) => {
  const body = make();
  slices.length = 0;
  const ledger = lives.pipeline.ledger[signal];
  const before = ledger.receivedTotal - ledger.rejectedTotal;
  const stream = session.request({
    ':method': 'POST',
    ':path': paths[signal],
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  stream.end(grpcFrame(body, false));
  const { status, message } = await grpcAnswer(stream);
  expect([status, message]).toEqual([0, 'OK']);
  expect(ledger.receivedTotal - ledger.rejectedTotal - before).toBe(items);
  expect(slices.reduce((sum, slice) => sum + slice.items, 0)).toBe(items);
  expect(Math.max(...slices.map(({ weight }) => weight))).toBeLessThanOrEqual(MOST_WEIGHT);
  expect(isOneItem || Math.max(...slices.map(({ bytes }) => bytes)) <= MOST_BYTES).toBe(true);
  while (lives.pipeline.drain());
});

const hostile: readonly (readonly [string, Signal, () => Buffer, number])[] = [
  ['9,500,000 empty log records', 'logs', () => inScope(many(9_500_000, hex('1200'))), 413],
  [
    'a record of 4,000,000 empty values',
    'logs',
    () => inScope(field(2, field(5, field(5, many(4_000_000, hex('0a00')))))),
    413,
  ],
  ['30,000,000 empty spans', 'traces', () => inScope(many(30_000_000, hex('1200'))), 413],
  ['a span of 3,000,000 empty events', 'traces', () => inScope(span(many(3_000_000, hex('5a00')))), 413],
  [
    'a resource of 40 MB',
    'traces',
    () => inScope(span(), field(1, field(1, keyValue('k', 'a'.repeat(40_000_000))))),
    413,
  ],
  ['1,000,000 points', 'metrics', () => inScope(gauge(many(1_000_000, hex('0a00')))), 413],
  ['20,000,000 metrics', 'metrics', () => inScope(many(20_000_000, hex('1200'))), 413],
  ['20,000,000 resources', 'traces', () => many(20_000_000, hex('0a00')), 413],
  ['20,000,000 scopes', 'logs', () => field(1, many(20_000_000, hex('1200'))), 413],
  ['4,800,000 buckets', 'metrics', () => inScope(histograms(10, many(30_000, exponential))), 413],
  [
    'a sound request and one broken byte at its end',
    'logs',
    () => Buffer.concat([inScope(many(400_000, hex('1200'))), hex('07')]),
    400,
  ],
  ['60,000 spans, the last one broken', 'traces', () => inScope(Buffer.concat([spans(60_000), hex('120107')])), 400],
  ['values nested 10,000 deep', 'traces', () => inScope(span(field(9, field(2, nested(10_000))))), 400],
  [
    'the same in a record',
    'logs',
    () => inScope(Buffer.concat([many(300_000, hex('1200')), field(2, field(5, nested(10_000)))])),
    400,
  ],
];

it.each(hostile)('%s (%s) is refused whole, as a few kilobytes of gzip', async (_name, signal, make, status) => {
  const body = make();
  slices.length = 0;
  const { receivedTotal } = lives.pipeline.ledger[signal];
  const compressed = zlib.gzipSync(body, { level: 1 });
  // Where the ratio alone would refuse it, it goes as it is.
  const isBomb = compressed.length * 100 < body.length && body.length > 4 * 1024 * 1024;
  const headers = {
    Host: 'x',
    'Content-Type': 'application/x-protobuf',
    ...(isBomb ? {} : { 'Content-Encoding': 'gzip' }),
  };
  const answer = await sendHttp(http.port, {
    method_or_path: `/v1/${signal}`,
    headers,
    body: isBomb ? body : compressed,
  });
  expect([answer.status, answer.headers['retry-after']]).toEqual([status, undefined]);
  expect(lives.pipeline.ledger[signal].receivedTotal).toBe(receivedTotal);
  // A body that is not large is refused by the stage itself, in one slice.
  expect(slices.length).toBeLessThanOrEqual(1);
  for (const { bytes } of slices) expect(bytes).toBeLessThanOrEqual(MOST_BYTES);
});

it('all that was taken is stored once, and nothing failed', async () => {
  const { ledger } = lives.pipeline;
  await lives.settle();
  expect(lives.failures).toEqual([]);
  expect([lives.rows('spans') + ledger.traces.sampledOutTotal, lives.rows('logs'), ledger.metrics.pending]).toEqual([
    ledger.traces.receivedTotal - ledger.traces.rejectedTotal,
    ledger.logs.receivedTotal,
    0,
  ]);
});

it.each([
  ['traces', () => inScope(spans(40_000)), 'spans', 40_000],
  ['logs', () => inScope(many(40_000, field(2, field(3, Buffer.from('INFO'))))), 'logs', 40_000],
  ['metrics', () => inScope(gauge(many(20_000, point))), 'samples', 20_000],
] as const)(
  'killed in the middle of a large request of %s, which comes again: each item is stored once',
  async (signal, make, table, rows) => {
    const mortal = new CollectorLives({
      maxBlockRows: 100_000,
      segmentBytes: 32 * 1024 * 1024,
      spansPerTrace: 250_000,
    });
    await mortal.start();
    let pieces = 0;
    let killAt = 3;
    const killed = Promise.withResolvers<void>();
    const inner: Intake = {
      accept(request) {
        if (++pieces !== killAt) return mortal.pipeline.accept(request);
        killed.resolve();
        return new Promise(() => undefined);
      },
      refused: (refused, reason) => mortal.pipeline.refused(refused, reason),
    };
    const body = make();
    const sendTo = (intake: LargeRequests): ReturnType<LargeRequests['accept']> =>
      intake.accept({ signal, body: Buffer.from(body), transport: 'grpc', encoding: 'protobuf', deadlineMs: Infinity });
    const options = { maxBodyBytes: MAX_BODY_BYTES, elapsedMs: () => 0, turn: () => turn() };
    const first = new LargeRequests(inner, options);
    void sendTo(first);
    await killed.promise;
    await mortal.crash();
    await first.close();
    killAt = -1;
    const second = new LargeRequests(inner, options);
    expect(await sendTo(second)).toEqual({ kind: 'accepted', rejected: 0, message: '' });
    await second.close();
    await mortal.settle();
    const { ledger } = mortal.pipeline;
    expect([mortal.failures, mortal.rows(table), ledger[signal].droppedTotal]).toEqual([[], rows, 0]);
  },
);
