// The OTLP/HTTP receiver against clients that are too large, too slow or too many, and what Node would answer without words.
import http from 'node:http';
import net from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ReceiveBudget } from '#collector/receive/receive-budget.ts';
import type { IntakeAnswer } from '#collector/receive/intake.ts';
import { DEFAULT_RECEIVE_LIMITS } from '#collector/receive/limits.ts';
import type { Listening } from '#collector/receive/listen.ts';
import { startOtlpHttp } from '#collector/receive/otlp-http.ts';
import { DEFAULT_WATCH_LIMITS, ReceiveWatch } from '#collector/receive/receive-watch.ts';
import { RefusedConnections } from '#collector/receive/refused-connections.ts';
import { refusedOfFive } from '#tests/support/connection-cap.ts';
import { sendHttp } from '../../support/recorded-requests.ts';
import { TestIntake } from './test-intake.ts';

const MIB = 1024 * 1024;
const limits = { ...DEFAULT_RECEIVE_LIMITS, maxBodyBytes: 8 * MIB };
const accepted: IntakeAnswer = { kind: 'accepted', rejected: 0, message: '' };
const HEAD = 'POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';

let intake: TestIntake;
let server: Listening;
let receiving: ReceiveBudget;
let watch: ReceiveWatch;
beforeEach(async () => {
  intake = new TestIntake();
  receiving = new ReceiveBudget(32 * MIB, limits.maxBodyBytes);
  watch = new ReceiveWatch();
  server = await startOtlpHttp({ host: '127.0.0.1', port: 0, limits, receiving, watch }, intake);
});
afterEach(() => server.close());

/** A connection and all that it has heard. */
interface Heard {
  readonly socket: net.Socket;
  text: string;
  isClosed: boolean;
}

function connect(...parts: (string | Buffer)[]): Heard {
  const socket = net.connect(server.port, '127.0.0.1', () => {
    for (const part of parts) socket.write(part);
  });
  const heard: Heard = { socket, text: '', isClosed: false };
  socket.on('data', (data) => (heard.text += data.toString()));
  socket.on('error', () => undefined);
  socket.on('close', () => (heard.isClosed = true));
  return heard;
}

const statusOf = ({ text }: Heard): string => text.split('\r\n', 1)[0]!;
/** google.rpc.Status of a JSON answer. */
const rpcStatusOf = ({ text }: Heard): unknown => JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4));
const post = (body: string): Promise<{ status: number }> =>
  sendHttp(server.port, {
    method_or_path: '/v1/traces',
    headers: { Host: 'x', 'Content-Type': 'application/json' },
    body: Buffer.from(body),
  });

describe('a body that is too large', () => {
  it.each([
    ['announced', { 'Content-Length': String(20 * MIB) }],
    ['not announced', { 'Transfer-Encoding': 'chunked' }],
  ])('and %s is heard as 413, as often as it is sent, not as a broken connection', async (_name, headers) => {
    for (let i = 0; i < 5; i++) {
      const status = await new Promise((resolve) => {
        const sent = http.request(
          {
            port: server.port,
            host: '127.0.0.1',
            method: 'POST',
            path: '/v1/traces',
            agent: false,
            headers: { 'Content-Type': 'application/json', ...headers },
          },
          (response) => {
            response.resume();
            response.on('end', () => resolve(response.statusCode));
          },
        );
        sent.on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
        sent.end(Buffer.alloc(20 * MIB, ' '));
      });
      expect(status).toBe(413);
    }
    expect(receiving.usedBytes).toBe(0);
    expect(intake.refusals).toEqual(Array.from({ length: 5 }, () => ['traces', 'too_large']));
  });

  it('is not read for ever', async () => {
    const heard = connect();
    heard.socket.write(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`);
    const chunk = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(MIB, ' '), Buffer.from('\r\n')]);
    let sent = 0;
    const write = (): Promise<boolean> =>
      new Promise((resolve) => heard.socket.write(chunk, (error) => resolve(error === null || error === undefined)));
    while (sent < 400 && (await write())) sent++;
    expect(statusOf(heard)).toBe('HTTP/1.1 413 Payload Too Large');
    expect(sent).toBeLessThan(300);
  });
});

describe('Expect: 100-continue', () => {
  it.each([
    ['413', `${HEAD}Content-Length: ${9 * MIB}\r\n`],
    ['415', 'POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n'],
    ['404', 'POST /v1/nothing HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5\r\n'],
  ])('is answered %s where the body would be refused', async (status, head) => {
    const heard = connect(`${head}Expect: 100-continue\r\n\r\n`);
    await expect.poll(() => statusOf(heard)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    heard.socket.destroy();
  });

  it('is answered 503 where there is no room for it, and 100 otherwise', async () => {
    const stalled = connect(`${HEAD}Content-Length: ${8 * MIB}\r\n\r\n`, Buffer.alloc(7 * MIB));
    await expect.poll(() => receiving.usedBytes).toBe(7 * MIB);
    const refused = connect(`${HEAD}Content-Length: ${8.5 * MIB}\r\nExpect: 100-continue\r\n\r\n`);
    await expect.poll(() => statusOf(refused)).toContain('413');
    const others = connect(`${HEAD}Content-Length: ${8 * MIB}\r\n\r\n`, Buffer.alloc(7 * MIB));
    await expect.poll(() => receiving.usedBytes).toBe(14 * MIB);
    const busy = connect(`${HEAD}Content-Length: ${8 * MIB}\r\nExpect: 100-continue\r\n\r\n`);
    await expect.poll(() => statusOf(busy)).toContain('503');
    expect(busy.text).toContain('Retry-After: 1');
    const taken = connect(`${HEAD}Content-Length: 2\r\nExpect: 100-continue\r\n\r\n`);
    await expect.poll(() => statusOf(taken)).toBe('HTTP/1.1 100 Continue');
    taken.socket.write('{}');
    await expect.poll(() => taken.text).toContain('HTTP/1.1 200 OK');
    for (const { socket } of [stalled, others, refused, busy, taken]) socket.destroy();
  });

  it('another expectation is 417 with words', async () => {
    const heard = connect(`${HEAD}Content-Length: 2\r\nExpect: the-unexpected\r\n\r\n{}`);
    await expect.poll(() => statusOf(heard)).toBe('HTTP/1.1 417 Expectation Failed');
    expect(rpcStatusOf(heard)).toMatchObject({
      code: 3,
      message: 'expect: "the-unexpected" is not understood; understood is 100-continue',
    });
    heard.socket.destroy();
  });
});

describe('the bytes of bodies', () => {
  it('that stall are 503 with Retry-After after a while, and free', async () => {
    const heard = connect(`${HEAD}Content-Length: ${8 * MIB}\r\n\r\n`, Buffer.alloc(7 * MIB));
    await expect.poll(() => receiving.usedBytes).toBe(7 * MIB);
    for (let look = 0; look < 2 * DEFAULT_WATCH_LIMITS.rateLooks; look++) watch.look();
    await expect.poll(() => statusOf(heard)).toBe('HTTP/1.1 503 Service Unavailable');
    expect(heard.text).toContain('Retry-After: 1');
    expect([receiving.usedBytes, watch.size, intake.refusals]).toEqual([0, 0, [['traces', 'too_slow']]]);
    heard.socket.destroy();
  });

  it('of many stalled connections leave room for others', async () => {
    const stalled = Array.from({ length: 6 }, () =>
      connect(`${HEAD}Content-Length: ${8 * MIB}\r\n\r\n`, Buffer.alloc(7 * MIB)),
    );
    await expect.poll(() => stalled.filter((heard) => heard.text.includes('503')).length).toBeGreaterThan(0);
    expect((await post(' '.repeat(200_000).replace(' ', '{').replace(/ $/, '}'))).status).toBe(200);
    expect(receiving.usedBytes).toBeLessThanOrEqual(32 * MIB);
    for (const { socket } of stalled) socket.destroy();
    await expect.poll(() => receiving.usedBytes).toBe(0);
  });

  it('are in use until the answer, which a client that goes does not wait for', async () => {
    const held = Promise.withResolvers<IntakeAnswer>();
    intake.answer = held.promise;
    const heard = connect(`${HEAD}Content-Length: 2\r\n\r\n{}`);
    await expect.poll(() => intake.requests.length).toBe(1);
    expect([receiving.usedBytes, intake.requests[0]!.caller?.isDisconnected]).toEqual([2, false]);
    heard.socket.destroy();
    await expect.poll(() => intake.requests[0]!.caller?.isDisconnected).toBe(true);
    held.resolve(accepted);
    await expect.poll(() => receiving.usedBytes).toBe(0);
  });

  it('that nobody answers are 503 in the end, and the answer that comes then is not sent', async () => {
    const held = Promise.withResolvers<IntakeAnswer>();
    intake.answer = held.promise;
    const heard = connect(`${HEAD}Content-Length: 2\r\n\r\n{}`);
    await expect.poll(() => intake.requests.length).toBe(1);
    for (let look = 0; look < DEFAULT_WATCH_LIMITS.answerLooks; look++) watch.look();
    await expect.poll(() => statusOf(heard)).toBe('HTTP/1.1 503 Service Unavailable');
    held.resolve(accepted);
    intake.answer = accepted;
    heard.socket.write(`${HEAD}Content-Length: 2\r\n\r\n{}`);
    await expect.poll(() => heard.text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 503', 'HTTP/1.1 200']);
    heard.socket.destroy();
  });
});

describe('what never becomes a request', () => {
  it.each([
    ['no HTTP', 'GARBAGE\r\n\r\n', '400 Bad Request', 3],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '400 Bad Request', 3],
    ['a header that is too long', `${HEAD}X: ${'a'.repeat(20_000)}\r\n\r\n`, '431 Request Header Fields Too Large', 8],
    ['a length that is no number', `${HEAD}Content-Length: five\r\n\r\n`, '400 Bad Request', 3],
    ['a chunk without a length', `${HEAD}Transfer-Encoding: chunked\r\n\r\nxyz\r\n`, '400 Bad Request', 3],
  ])('%s is answered with a google.rpc.Status', async (_name, text, status, code) => {
    const heard = connect(text);
    await expect.poll(() => heard.isClosed).toBe(true);
    expect(statusOf(heard)).toBe(`HTTP/1.1 ${status}`);
    expect(heard.text).toContain('Connection: close');
    expect(rpcStatusOf(heard)).toMatchObject({ code, message: expect.stringMatching(/\w/) as string });
  });

  it('behind a good request on the same connection does not spoil its answer', async () => {
    const heard = connect(`${HEAD}Content-Length: 2\r\n\r\n{}`);
    await expect.poll(() => heard.text).toContain('HTTP/1.1 200 OK');
    heard.socket.write('GARBAGE\r\n\r\n');
    await expect.poll(() => heard.isClosed).toBe(true);
    expect(heard.text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400']);
  });
});

it.each([['http://collector.example/v1/traces'], ['HTTPS://collector.example:4318/v1/traces?x=1'], ['/v1/traces?y']])(
  'the request target %s is served',
  async (target) => {
    const heard = connect(
      `POST ${target} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`,
    );
    await expect.poll(() => statusOf(heard)).toBe('HTTP/1.1 200 OK');
    heard.socket.destroy();
  },
);

it.each([['http://collector.example'], ['http://collector.example/v1/nothing'], ['*'], ['ftp://x/v1/traces']])(
  'the request target %s is 404',
  async (target) => {
    const heard = connect(
      `POST ${target} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`,
    );
    await expect.poll(() => statusOf(heard)).toBe('HTTP/1.1 404 Not Found');
    heard.socket.destroy();
  },
);

it('more connections than allowed are closed and counted, and no others', async () => {
  const refused = new RefusedConnections();
  const few = await startOtlpHttp(
    { host: '127.0.0.1', port: 0, limits: { ...limits, maxConnections: 3 }, refused },
    intake,
  );
  expect(await refusedOfFive(few, 3, refused)).toEqual({ closed: 2, counted: 2 });
});
