// The client against a real gRPC and HTTP server: what is tried again, what is not, and whose wait counts.

import { status } from '@grpc/grpc-js';
import { afterEach, describe, expect, test } from 'vitest';
import {
  createOtlpClient,
  parseEndpoint,
  type OtlpClient,
  type OtlpClientOptions,
} from '#deploy/replay/otlp-client.ts';
import {
  startOtlpReceiver,
  type OtlpReceiver,
  type ReceiverScript,
  type ScriptedAnswer,
} from '#tests/support/otlp-receiver.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const resource of open.splice(0).toReversed()) await resource.close();
});

async function setUp(
  protocol: OtlpClientOptions['protocol'],
  script: ReceiverScript,
  giveUpAfterMs = 10_000,
): Promise<{ receiver: OtlpReceiver; client: OtlpClient }> {
  const receiver = await startOtlpReceiver(script);
  const client = createOtlpClient({
    protocol,
    endpoint: protocol === 'grpc' ? receiver.grpcEndpoint : receiver.httpEndpoint,
    giveUpAfterMs,
  });
  open.push(receiver, client);
  return { receiver, client };
}

/** google.rpc.Status { details: [Any { RetryInfo { retry_delay { nanos } } }] }, up to 127 ns of wait. */
function retryInfo(): Buffer {
  const url = Buffer.from('type.googleapis.com/google.rpc.RetryInfo');
  const info = Buffer.from([0x0a, 0x02, 0x10, 0x7f]);
  const any = Buffer.concat([Buffer.from([0x0a, url.length]), url, Buffer.from([0x12, info.length]), info]);
  return Buffer.concat([Buffer.from([0x08, 8, 0x1a, any.length]), any]);
}

const first =
  (answer: ScriptedAnswer): ReceiverScript =>
  (_request, number) =>
    number === 0 ? answer : undefined;
/** partial_success { rejected: 3, error_message: "bad" }. */
const partial = Buffer.from([0x0a, 7, 0x08, 3, 0x12, 3, 0x62, 0x61, 0x64]);
const body = Buffer.from([0x0a, 0]);

describe('over gRPC', () => {
  test('the bytes arrive as they were and success is success', async () => {
    const { receiver, client } = await setUp('grpc', () => undefined);
    expect(await client.export('logs', body)).toEqual({ acknowledged: true, rejected: 0, message: '', attempts: 1 });
    expect(receiver.requests).toMatchObject([{ signal: 'logs', transport: 'grpc', body }]);
  });

  test('rejected spans are reported and never sent again', async () => {
    const { receiver, client } = await setUp('grpc', () => ({ body: partial }));
    expect(await client.export('traces', body)).toEqual({
      acknowledged: true,
      rejected: 3,
      message: 'bad',
      attempts: 1,
    });
    expect(receiver.requests).toHaveLength(1);
  });

  test.each([
    status.CANCELLED,
    status.DEADLINE_EXCEEDED,
    status.ABORTED,
    status.OUT_OF_RANGE,
    status.UNAVAILABLE,
    status.DATA_LOSS,
  ])('code %i is tried again', async (code) => {
    const { client } = await setUp('grpc', first({ grpc: { code } }));
    expect(await client.export('traces', body)).toMatchObject({ acknowledged: true, attempts: 2 });
  });

  test.each([
    status.UNKNOWN,
    status.INVALID_ARGUMENT,
    status.PERMISSION_DENIED,
    status.UNIMPLEMENTED,
    status.INTERNAL,
    status.RESOURCE_EXHAUSTED,
  ])('code %i is final', async (code) => {
    const { client } = await setUp('grpc', first({ grpc: { code, message: 'no' } }));
    expect(await client.export('traces', body)).toMatchObject({
      acknowledged: false,
      attempts: 1,
      message: `${status[code]}: no`,
    });
  });

  test('RESOURCE_EXHAUSTED with RetryInfo is tried again after the wait it names', async () => {
    const { client } = await setUp('grpc', first({ grpc: { code: status.RESOURCE_EXHAUSTED, details: retryInfo() } }));
    expect(await client.export('traces', body)).toMatchObject({ acknowledged: true, attempts: 2 });
  });

  test('it gives up when the time is over and says so', async () => {
    const { client } = await setUp('grpc', () => ({ grpc: { code: status.UNAVAILABLE, message: 'full' } }), 0);
    expect(await client.export('traces', body)).toEqual({
      acknowledged: false,
      rejected: 0,
      message: 'UNAVAILABLE: full (gave up after 1 tries)',
      attempts: 1,
    });
  });
});

describe('over HTTP', () => {
  test.each([429, 502, 503, 504])('%i is tried again, after Retry-After', async (code) => {
    const { client } = await setUp('http/protobuf', first({ http: { code, headers: { 'retry-after': '0' } } }));
    expect(await client.export('traces', body)).toMatchObject({ acknowledged: true, attempts: 2 });
  });

  test.each([400, 401, 404, 413, 500])('%i is final and the Status message is read', async (code) => {
    const { client } = await setUp(
      'http/protobuf',
      first({ http: { code, body: Buffer.from([0x12, 2, 0x6e, 0x6f]) } }),
    );
    expect(await client.export('metrics', body)).toMatchObject({
      acknowledged: false,
      attempts: 1,
      message: `HTTP ${code}: no`,
    });
  });

  test('JSON goes as JSON and its partial success is read', async () => {
    const answer = JSON.stringify({ partialSuccess: { rejectedSpans: '2', errorMessage: 'ids' } });
    const { receiver, client } = await setUp('http/json', () => ({ http: { code: 200, body: answer } }));
    expect(await client.export('traces', '{}')).toEqual({
      acknowledged: true,
      rejected: 2,
      message: 'ids',
      attempts: 1,
    });
    expect(receiver.requests).toMatchObject([{ contentType: 'application/json', body: Buffer.from('{}') }]);
  });

  test('a port that nobody listens on is retryable, then given up', async () => {
    const { receiver } = await setUp('http/protobuf', () => undefined);
    await receiver.close();
    const client = createOtlpClient({ protocol: 'http/protobuf', endpoint: receiver.httpEndpoint, giveUpAfterMs: 0 });
    open.splice(0);
    const outcome = await client.export('traces', body);
    client.close();
    expect(outcome).toMatchObject({ acknowledged: false });
    expect(outcome.message).toMatch(/ECONNREFUSED/u);
  });
});

describe('an endpoint', () => {
  test.each([
    ['127.0.0.1:4317', '127.0.0.1', 4317],
    ['http://collector:4318/', 'collector', 4318],
    ['0.0.0.0:4317', '127.0.0.1', 4317],
    [':4317', '127.0.0.1', 4317],
    ['[::]:4317', '::1', 4317],
  ])('%s', (endpoint, host, port) => {
    expect(parseEndpoint(endpoint)).toEqual({ host, port });
  });

  test.each(['collector', '1.2.3.4:0', 'a:99999', 'https://x:1/path'])('%s is refused by name', (endpoint) => {
    expect(() => parseEndpoint(endpoint)).toThrow(`endpoint "${endpoint}" is not HOST:PORT`);
  });
});
