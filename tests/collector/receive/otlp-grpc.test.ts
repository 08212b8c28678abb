// The OTLP/gRPC receiver over real sockets: official client where it can, raw HTTP/2 where hostile frames are needed.
import http2 from 'node:http2';
import zlib from 'node:zlib';
import { Client, credentials, Metadata, status as grpcStatus, type ServiceError } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_RECEIVE_LIMITS } from '#collector/receive/limits.ts';
import type { Listening } from '#collector/receive/listen.ts';
import { startOtlpGrpc } from '#collector/receive/otlp-grpc.ts';
import { grpcAnswer, grpcFrame, type WireAnswer } from '../../support/recorded-requests.ts';
import { TestIntake } from './test-intake.ts';

const MIB = 1024 * 1024;
const TRACES = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
const LOGS = '/opentelemetry.proto.collector.logs.v1.LogsService/Export';
const request = Buffer.from([0x0a, 0x00]);
const limits = { ...DEFAULT_RECEIVE_LIMITS, maxBodyBytes: 8 * MIB };

let intake: TestIntake;
let server: Listening;
let client: Client;
let session: http2.ClientHttp2Session;
beforeEach(async () => {
  intake = new TestIntake();
  server = await startOtlpGrpc({ host: '127.0.0.1', port: 0, limits }, intake);
  client = new Client(`127.0.0.1:${server.port}`, credentials.createInsecure());
  session = http2.connect(`http://127.0.0.1:${server.port}`);
  session.on('error', () => undefined);
});
afterEach(async () => {
  client.close();
  session.close();
  await server.close();
});

const asIs = (bytes: Buffer): Buffer => bytes;

/** One call of the official client. */
function call(
  path: string,
  body: Buffer,
  timeoutMs?: number,
): Promise<{ error: ServiceError | null; body: Buffer | undefined }> {
  return new Promise((resolve) => {
    const options = timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs };
    client.makeUnaryRequest(path, asIs, asIs, body, new Metadata(), options, (error, answer) =>
      resolve({ error, body: answer }),
    );
  });
}

function open(headers: Record<string, string> = {}): http2.ClientHttp2Stream {
  return session.request({
    ':method': 'POST',
    ':path': TRACES,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });
}

function send(body: Buffer, encoding?: string): Promise<WireAnswer> {
  const stream = open(encoding === undefined ? {} : { 'grpc-encoding': encoding });
  stream.end(grpcFrame(body, encoding !== undefined));
  return grpcAnswer(stream);
}

function detailsOf(error: ServiceError | null): Buffer {
  return error?.metadata.get('grpc-status-details-bin')[0] as Buffer;
}

describe('a call', () => {
  it('hands on the bytes and answers with an empty response', async () => {
    const { error, body } = await call(LOGS, request);
    expect([error, body?.length]).toEqual([null, 0]);
    expect(intake.requests).toMatchObject([
      { signal: 'logs', transport: 'grpc', encoding: 'protobuf', deadlineMs: 10_000 },
    ]);
    expect(intake.requests[0]!.body.equals(request)).toBe(true);
  });

  it('tells the intake how long the client will wait', async () => {
    await call(TRACES, request, 3000);
    expect(intake.requests[0]!.deadlineMs).toBeGreaterThan(2000);
    expect(intake.requests[0]!.deadlineMs).toBeLessThanOrEqual(3000);
  });

  it('tells rejected items in partial_success', async () => {
    intake.answer = { kind: 'accepted', rejected: 300, message: 'bad ids' };
    const { body } = await call(TRACES, request);
    expect(body?.toString('hex')).toBe(`0a0c08ac021207${Buffer.from('bad ids').toString('hex')}`);
  });

  it('is INVALID_ARGUMENT when malformed, UNAVAILABLE with RetryInfo when busy', async () => {
    intake.answer = { kind: 'malformed', message: 'truncated – at byte 7' };
    const malformed = await call(TRACES, request);
    expect([malformed.error?.code, malformed.error?.details]).toEqual([
      grpcStatus.INVALID_ARGUMENT,
      'truncated – at byte 7',
    ]);
    intake.answer = { kind: 'busy', retryAfterMs: 1500, message: 'full' };
    const busy = await call(TRACES, request);
    expect(busy.error?.code).toBe(grpcStatus.UNAVAILABLE);
    expect(detailsOf(busy.error).toString('latin1')).toContain('type.googleapis.com/google.rpc.RetryInfo');
    expect(detailsOf(busy.error).toString('hex')).toContain('0a0808011080cab5ee01');
  });

  it('to another service is UNIMPLEMENTED', async () => {
    const { error } = await call(
      '/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export',
      request,
    );
    expect(error?.code).toBe(grpcStatus.UNIMPLEMENTED);
  });

  it('that is cancelled while it is held harms nobody', async () => {
    const held = Promise.withResolvers<{ kind: 'accepted'; rejected: number; message: string }>();
    intake.answer = held.promise;
    const { error } = await call(TRACES, request, 200);
    expect(error?.code).toBe(grpcStatus.DEADLINE_EXCEEDED);
    held.resolve({ kind: 'accepted', rejected: 0, message: '' });
    intake.answer = { kind: 'accepted', rejected: 0, message: '' };
    expect((await call(TRACES, request)).error).toBeNull();
  });
});

describe('compression', () => {
  it.each([
    ['gzip', zlib.gzipSync],
    ['deflate', zlib.deflateSync],
    ['zstd', zlib.zstdCompressSync],
  ] as const)('%s is undone, small and large', async (name, compress) => {
    const large = Buffer.from(Array.from({ length: 400_000 }, (_, i) => ((i * 7919) & 0xff) ^ ((i >> 9) & 0xff)));
    for (const body of [request, large]) expect((await send(compress(body), name)).status).toBe(0);
    expect(intake.requests.map(({ body }) => body.length)).toEqual([2, large.length]);
    expect(intake.requests[1]!.body.equals(large)).toBe(true);
  });

  it('of another kind is UNIMPLEMENTED, naming it and what is understood', async () => {
    const answer = await send(request, 'snappy');
    expect(answer.status).toBe(grpcStatus.UNIMPLEMENTED);
    expect(answer.message).toContain('"snappy"');
    expect(answer.message).toContain('gzip, deflate, zstd, identity');
    expect(intake.refusals).toEqual([['traces', 'unsupported_encoding']]);
  });

  it('that is broken is INVALID_ARGUMENT', async () => {
    const answer = await send(zlib.gzipSync(Buffer.alloc(1000)).subarray(0, 15), 'gzip');
    expect(answer.status).toBe(grpcStatus.INVALID_ARGUMENT);
    expect(intake.refusals).toEqual([['traces', 'bad_compression']]);
  });

  it.each([
    ['gzip', zlib.gzipSync],
    ['zstd', zlib.zstdCompressSync],
  ] as const)(
    'refuses a %s bomb with RESOURCE_EXHAUSTED and no RetryInfo, in bounded memory',
    async (name, compress) => {
      const bomb = compress(Buffer.alloc(128 * MIB));
      const before = process.memoryUsage().arrayBuffers;
      const answer = await send(bomb, name);
      expect(answer.status).toBe(grpcStatus.RESOURCE_EXHAUSTED);
      expect(JSON.stringify(answer.headers)).not.toContain(Buffer.from('RetryInfo').toString('base64').slice(0, 8));
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * MIB);
      expect(intake.refusals).toEqual([['traces', 'too_large']]);
    },
  );
});

describe('framing', () => {
  it('refuses a message that is announced as too large before it is sent', async () => {
    const stream = open();
    stream.on('response', () => stream.end());
    stream.write(Buffer.from([0, 0x7f, 0xff, 0xff, 0xff, 1]));
    const answer = await grpcAnswer(stream);
    expect(answer.status).toBe(grpcStatus.RESOURCE_EXHAUSTED);
    expect(intake.refusals).toEqual([['traces', 'too_large']]);
  });

  it('puts a message together from frames of one byte', async () => {
    const body = Buffer.from(Array.from({ length: 600 }, (_, i) => i & 0xff));
    const stream = open();
    for (const byte of grpcFrame(body, false)) stream.write(Buffer.from([byte]));
    stream.end();
    expect((await grpcAnswer(stream)).status).toBe(0);
    expect(intake.requests[0]!.body.equals(body)).toBe(true);
  });

  it('survives what is no HTTP/2, and calls that end in the middle of a message', async () => {
    const stream = open();
    stream.write(Buffer.from([0, 0, 0, 1]));
    stream.close(http2.constants.NGHTTP2_CANCEL);
    await grpcAnswer(stream).catch(() => undefined);
    const half = open();
    half.end(Buffer.from([0, 0, 0, 0, 9, 1]));
    expect((await grpcAnswer(half)).status).not.toBe(0);
    expect((await call(TRACES, request)).error).toBeNull();
    expect(intake.requests).toHaveLength(1);
  });
});

describe('the server', () => {
  it('says which port is taken and which setting changes it', async () => {
    await expect(startOtlpGrpc({ host: '127.0.0.1', port: server.port }, intake)).rejects.toThrow(
      new RegExp(`127\\.0\\.0\\.1:${server.port}: the port is taken\\. Change listen\\.otlp_grpc`),
    );
  });
});
