// The OTLP/gRPC receiver under pauses, resets, floods and stalled bodies: nobody hears "never again" who should come again.
import { setImmediate as turn } from 'node:timers/promises';
import http2 from 'node:http2';
import net from 'node:net';
import { Server, status as grpcStatus } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ReceiveBudget } from '#collector/receive/receive-budget.ts';
import { limitHttp2 } from '#collector/receive/grpc-http2-server.ts';
import type { IntakeAnswer } from '#collector/receive/intake.ts';
import { DEFAULT_RECEIVE_LIMITS } from '#collector/receive/limits.ts';
import type { Listening } from '#collector/receive/listen.ts';
import { startOtlpGrpc } from '#collector/receive/otlp-grpc.ts';
import { DEFAULT_WATCH_LIMITS, ReceiveWatch } from '#collector/receive/receive-watch.ts';
import { RefusedConnections } from '#collector/receive/refused-connections.ts';
import { refusedOfFive } from '#tests/support/connection-cap.ts';
import { RawCalls } from '../../support/raw-http2.ts';
import { grpcAnswer, grpcFrame, type WireAnswer } from '../../support/recorded-requests.ts';
import { TestIntake } from './test-intake.ts';

const MIB = 1024 * 1024;
const TRACES = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
const request = Buffer.from([0x0a, 0x00]);
const limits = { ...DEFAULT_RECEIVE_LIMITS, maxBodyBytes: 8 * MIB };
const accepted: IntakeAnswer = { kind: 'accepted', rejected: 0, message: '' };

let intake: TestIntake;
let server: Listening;
let session: http2.ClientHttp2Session;
let receiving: ReceiveBudget;
let watch: ReceiveWatch;
beforeEach(async () => {
  intake = new TestIntake();
  receiving = new ReceiveBudget(32 * MIB, limits.maxBodyBytes);
  watch = new ReceiveWatch();
  server = await startOtlpGrpc({ host: '127.0.0.1', port: 0, limits, receiving, watch }, intake);
  session = await connect();
});
afterEach(async () => {
  session.destroy();
  await server.close();
});

/** A session that knows the server's settings: before that a client opens no more than a hundred streams. */
async function connect(): Promise<http2.ClientHttp2Session> {
  const connected = http2.connect(`http://127.0.0.1:${server.port}`);
  connected.on('error', () => undefined);
  await new Promise((resolve) => connected.once('remoteSettings', resolve));
  return connected;
}

function open(headers: Record<string, string> = {}, on = session): http2.ClientHttp2Stream {
  const stream = on.request({
    ':method': 'POST',
    ':path': TRACES,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });
  stream.on('error', () => undefined);
  return stream;
}

/** grpc-status, or the code of the reset. */
type Outcome = { status: number } | { reset: number };

function outcomeOf(stream: http2.ClientHttp2Stream): Promise<Outcome> {
  return new Promise((resolve) => {
    let status: number | undefined;
    const note = (headers: http2.IncomingHttpHeaders): void => {
      if (headers['grpc-status'] !== undefined) status = Number(headers['grpc-status']);
    };
    stream.on('response', note);
    stream.on('trailers', note);
    stream.on('close', () => resolve(status === undefined ? { reset: stream.rstCode } : { status }));
    stream.resume();
  });
}

function call(on = session): Promise<Outcome> {
  const stream = open({}, on);
  stream.end(grpcFrame(request, false));
  return outcomeOf(stream);
}

function countsOf(outcomes: readonly Outcome[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const outcome of outcomes) {
    const key = JSON.stringify(outcome);
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

const hasRetryInfo = (answer: WireAnswer): boolean =>
  Buffer.from(String(answer.headers['grpc-status-details-bin']), 'base64').includes('google.rpc.RetryInfo');

describe('calls that their client cancels', () => {
  // What a client with a deadline does while the server is paused; all of it is read in one turn of the event loop afterwards.
  it.each([
    [20, 5],
    [100, 5],
    [250, 5],
    [500, 13],
    [1000, 13],
  ])('%i at a time, %i rounds of them in one turn, leave the next round all its places', async (calls, rounds) => {
    const raw = new RawCalls(TRACES);
    const message = grpcFrame(request, false);
    for (let round = 0; round < rounds; round++) {
      const streams = Array.from({ length: calls }, () => raw.open());
      for (const stream of streams) raw.data(stream, message, false);
      for (const stream of streams) raw.reset(stream);
    }
    const last = Array.from({ length: calls }, () => raw.open());
    for (const stream of last) raw.data(stream, message, true);
    const answers = raw.send(server.port);
    await expect.poll(() => answers.ended.size, { timeout: 20_000 }).toBe(calls);
    expect([[...answers.ended].toSorted((a, b) => a - b), [...answers.resets], answers.goaway]).toEqual([
      last,
      [],
      undefined,
    ]);
    expect(intake.requests).toHaveLength(calls);
    answers.close();
  });

  it('while their requests are held leave the next ones all their places', async () => {
    intake.answer = new Promise(() => undefined);
    for (let round = 1; round <= 5; round++) {
      const streams = Array.from({ length: 500 }, () => open());
      for (const stream of streams) stream.end(grpcFrame(request, false));
      await expect.poll(() => intake.requests.length).toBe(500 * round);
      for (const stream of streams) stream.close(http2.constants.NGHTTP2_CANCEL);
    }
    await expect.poll(() => intake.requests.filter(({ caller }) => caller?.isDisconnected).length).toBe(2500);
    intake.answer = accepted;
    expect(countsOf(await Promise.all(Array.from({ length: 500 }, () => call())))).toEqual({ '{"status":0}': 500 });
  });

  it('give back the bytes of their bodies at once, whole or not', async () => {
    intake.answer = new Promise(() => undefined);
    const whole = open();
    whole.end(grpcFrame(Buffer.alloc(MIB), false));
    const raw = new RawCalls(TRACES);
    raw.data(raw.open(), grpcFrame(Buffer.alloc(20_000), false).subarray(0, 10_000), false);
    const half = raw.send(server.port);
    await expect
      .poll(() => [intake.requests.length, receiving.usedBytes, watch.size])
      .toEqual([1, MIB + 10_000 - 5, 2]);
    whole.close(http2.constants.NGHTTP2_CANCEL);
    half.close();
    await expect.poll(() => [receiving.usedBytes, watch.size]).toEqual([0, 0]);
    expect(intake.refusals).toEqual([['traces', 'canceled']]);
  });
});

describe('a flood', () => {
  it('of calls at once is cut at a bound that clients take for UNAVAILABLE, and the connection serves on', async () => {
    const held = Promise.withResolvers<IntakeAnswer>();
    intake.answer = held.promise;
    const outcomes = Array.from({ length: 1500 }, () => call());
    await expect.poll(() => intake.requests.length).toBe(1024);
    held.resolve(accepted);
    intake.answer = accepted;
    expect(countsOf(await Promise.all(outcomes))).toEqual({
      '{"status":0}': 1024,
      [`{"reset":${http2.constants.NGHTTP2_REFUSED_STREAM}}`]: 476,
    });
    expect(await call()).toEqual({ status: 0 });
  });

  it('of resets ends its connection, and no other', async () => {
    const raw = new RawCalls(TRACES);
    for (let i = 0; i < 30_000; i++) raw.reset(raw.open());
    const answers = raw.send(server.port);
    await expect.poll(() => answers.isClosed, { timeout: 20_000 }).toBe(true);
    expect(await call()).toEqual({ status: 0 });
  });
});

describe('the bytes of bodies', () => {
  /** Sends `sent` bytes of an announced message and leaves it at that. */
  function stall(sent: number, on = session): http2.ClientHttp2Stream {
    const stream = open({}, on);
    const prefix = Buffer.alloc(5);
    prefix.writeUInt32BE(limits.maxBodyBytes, 1);
    stream.write(prefix);
    stream.write(Buffer.alloc(sent));
    return stream;
  }

  it('of one connection are bounded: more is UNAVAILABLE with RetryInfo, other connections are served', async () => {
    stall(7 * MIB);
    await expect.poll(() => receiving.usedBytes).toBe(7 * MIB);
    const answer = await grpcAnswer(stall(7 * MIB));
    expect([answer.status, hasRetryInfo(answer)]).toEqual([grpcStatus.UNAVAILABLE, true]);
    expect(intake.refusals).toEqual([['traces', 'busy']]);
    expect(receiving.usedBytes).toBe(7 * MIB);
    const other = await connect();
    const large = open({}, other);
    large.end(grpcFrame(Buffer.alloc(6 * MIB), false));
    expect(await outcomeOf(large)).toEqual({ status: 0 });
    other.destroy();
  });

  // A connection's share of the budget is one largest message here: what gRPC puts in front of it must not make it too much for ever.
  it.each([
    ['in one piece', (stream: http2.ClientHttp2Stream, message: Buffer) => void stream.end(message)],
    [
      'prefix first',
      (stream: http2.ClientHttp2Stream, message: Buffer) => {
        stream.write(message.subarray(0, 5));
        stream.end(message.subarray(5));
      },
    ],
    [
      'cut in the prefix',
      (stream: http2.ClientHttp2Stream, message: Buffer) => {
        stream.write(message.subarray(0, 2));
        stream.end(message.subarray(2));
      },
    ],
  ])('of a message of exactly the largest size fit, %s; one byte more is too large', async (_name, send) => {
    const largest = Buffer.alloc(limits.maxBodyBytes, 1);
    for (const [body, status] of [
      [largest, grpcStatus.OK],
      [Buffer.alloc(limits.maxBodyBytes + 1), grpcStatus.RESOURCE_EXHAUSTED],
    ] as const) {
      const stream = open();
      send(stream, grpcFrame(body, false));
      expect(await outcomeOf(stream)).toEqual({ status });
    }
    expect(intake.requests.map(({ body }) => body.length)).toEqual([limits.maxBodyBytes]);
    await expect.poll(() => receiving.usedBytes).toBe(0);
  });

  it('of many connections leave room for others', async () => {
    const sessions = await Promise.all(Array.from({ length: 6 }, () => connect()));
    for (const stalled of sessions) stall(8 * MIB, stalled).resume();
    await turn();
    const small = open();
    small.end(grpcFrame(Buffer.alloc(200_000), false));
    expect(await outcomeOf(small)).toEqual({ status: 0 });
    expect(receiving.usedBytes).toBeLessThanOrEqual(32 * MIB);
    for (const stalled of sessions) stalled.destroy();
  });

  it('are in use until the answer', async () => {
    const held = Promise.withResolvers<IntakeAnswer>();
    intake.answer = held.promise;
    const stream = open();
    stream.end(grpcFrame(Buffer.alloc(MIB), false));
    await expect.poll(() => intake.requests.length).toBe(1);
    expect(receiving.usedBytes).toBe(MIB);
    held.resolve(accepted);
    expect(await outcomeOf(stream)).toEqual({ status: 0 });
    await expect.poll(() => receiving.usedBytes).toBe(0);
  });

  it('that stall are UNAVAILABLE with RetryInfo after a while, and free', async () => {
    const answer = grpcAnswer(stall(MIB));
    await expect.poll(() => receiving.usedBytes).toBe(MIB);
    for (let look = 0; look < 2 * DEFAULT_WATCH_LIMITS.rateLooks; look++) watch.look();
    const { status, message, headers } = await answer;
    expect([status, message]).toEqual([grpcStatus.UNAVAILABLE, 'only 0 bytes of the request came in 10 s']);
    expect(Buffer.from(String(headers['grpc-status-details-bin']), 'base64').includes('google.rpc.RetryInfo')).toBe(
      true,
    );
    expect([receiving.usedBytes, intake.refusals]).toEqual([0, [['traces', 'too_slow']]]);
  });
});

describe('what is no OTLP/gRPC', () => {
  it.each([
    ['a flag that gRPC does not know', {}, 2, grpcStatus.INTERNAL, 'flag 2'],
    ['the flag 255 with a compression', { 'grpc-encoding': 'gzip' }, 255, grpcStatus.INTERNAL, 'flag 255'],
    ['compressed, and not said how', {}, 1, grpcStatus.INTERNAL, 'no grpc-encoding'],
    ['compressed as identity', { 'grpc-encoding': 'identity' }, 1, grpcStatus.INTERNAL, 'no grpc-encoding'],
  ])('%s is INTERNAL, with words and details', async (_name, headers, flag, code, words) => {
    const stream = open(headers);
    const frame = grpcFrame(request, false);
    frame[0] = flag;
    stream.end(frame);
    const answer = await grpcAnswer(stream);
    expect(answer.status).toBe(code);
    expect(answer.message).toContain(words);
    expect(Buffer.from(String(answer.headers['grpc-status-details-bin']), 'base64').toString()).toContain(words);
    expect(intake.refusals).toEqual([['traces', 'bad_framing']]);
  });

  it.each([
    ['application/grpc-web'],
    ['application/grpc-web+proto'],
    ['application/grpc-web-text'],
    ['application/x-protobuf'],
    [''],
  ])('content-type %j is 415', async (type) => {
    const stream = open({ 'content-type': type });
    stream.end(grpcFrame(request, false));
    expect((await grpcAnswer(stream)).headers[':status']).toBe(415);
    expect(intake.requests).toEqual([]);
  });

  it.each([['application/grpc'], ['application/grpc+proto'], ['application/grpc;charset=utf-8']])(
    'content-type %j is served',
    async (type) => {
      const stream = open({ 'content-type': type });
      stream.end(grpcFrame(request, false));
      expect(await outcomeOf(stream)).toEqual({ status: 0 });
    },
  );

  it('another method is UNIMPLEMENTED with words and details, whether its body comes or not', async () => {
    for (const body of [grpcFrame(request, false), Buffer.alloc(3 * MIB), undefined]) {
      const stream = open({ ':path': '/grpc.health.v1.Health/Check' });
      if (body === undefined) stream.write(Buffer.from([0]));
      else stream.end(body);
      const answer = await grpcAnswer(stream);
      expect([answer.status, answer.headers[':status']]).toEqual([grpcStatus.UNIMPLEMENTED, 200]);
      expect(answer.message).toContain('no such method: /grpc.health.v1.Health/Check');
      expect(Buffer.from(String(answer.headers['grpc-status-details-bin']), 'base64').toString()).toContain(
        'no such method',
      );
    }
  });

  it('no message, and two, are named as such', async () => {
    const none = open();
    none.end();
    const two = open();
    two.end(Buffer.concat([grpcFrame(request, false), grpcFrame(request, false)]));
    for (const [stream, words] of [
      [none, 'no request message for unary'],
      [two, 'second request message for unary'],
    ] as const) {
      const answer = await grpcAnswer(stream);
      expect(answer.status).toBe(grpcStatus.UNIMPLEMENTED);
      expect(answer.message).toContain(words);
      expect(answer.headers['grpc-status-details-bin']).toBeDefined();
    }
  });

  it('a message that is announced as too large is RESOURCE_EXHAUSTED with details and without RetryInfo', async () => {
    const stream = open();
    stream.write(Buffer.from([0, 0x7f, 0xff, 0xff, 0xff]));
    const answer = await grpcAnswer(stream);
    expect([answer.status, hasRetryInfo(answer)]).toEqual([grpcStatus.RESOURCE_EXHAUSTED, false]);
    expect(Buffer.from(String(answer.headers['grpc-status-details-bin']), 'base64').toString()).toContain(
      'smaller batches',
    );
  });
});

describe('the server', () => {
  it('survives connections that say nothing, and counts none of their bytes', async () => {
    const sockets = await Promise.all(
      Array.from(
        { length: 50 },
        () =>
          new Promise<net.Socket>((resolve) => {
            const socket = net.connect(server.port, '127.0.0.1', () => resolve(socket));
            socket.on('error', () => undefined);
          }),
      ),
    );
    expect(await call()).toEqual({ status: 0 });
    for (const socket of sockets) socket.destroy();
    await expect.poll(() => receiving.usedBytes).toBe(0);
  });

  it('says at its start that grpc-js is another one', () => {
    const other = new Server();
    Object.assign(other, { createHttp2Server: undefined });
    expect(() => limitHttp2(other, { maxConnections: 1, refused: new RefusedConnections(), paths: new Set() })).toThrow(
      /not the one that package\.json pins/,
    );
  });
});

it('more connections than allowed are closed and counted, and no others', async () => {
  const refused = new RefusedConnections();
  const few = await startOtlpGrpc(
    { host: '127.0.0.1', port: 0, limits: { ...limits, maxConnections: 3 }, refused },
    intake,
  );
  expect(await refusedOfFive(few, 3, refused)).toEqual({ closed: 2, counted: 2 });
});
