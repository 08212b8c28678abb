// The OTLP/HTTP receiver over real sockets.
import net from 'node:net';
import zlib from 'node:zlib';
import protobuf from 'protobufjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_RECEIVE_LIMITS } from '#collector/receive/limits.ts';
import type { Listening } from '#collector/receive/listen.ts';
import { startOtlpHttp } from '#collector/receive/otlp-http.ts';
import { sendHttp, type WireAnswer } from '../../support/recorded-requests.ts';
import { TestIntake } from './test-intake.ts';

const MIB = 1024 * 1024;
const protobufHeaders = { 'Content-Type': 'application/x-protobuf' };
const jsonHeaders = { 'Content-Type': 'application/json' };
/** resource_spans with one empty ResourceSpans. */
const request = Buffer.from([0x0a, 0x00]);

let intake: TestIntake;
let server: Listening;
const limits = { ...DEFAULT_RECEIVE_LIMITS, maxBodyBytes: 8 * MIB };
beforeEach(async () => {
  intake = new TestIntake();
  server = await startOtlpHttp(
    { host: '127.0.0.1', port: 0, limits, corsAllowedOrigins: ['https://app.example'] },
    intake,
  );
});
afterEach(() => server.close());

function post(
  headers: Record<string, string>,
  body: Buffer | string,
  path = '/v1/traces',
  verb = 'POST',
): Promise<WireAnswer> {
  return sendHttp(server.port, {
    verb,
    method_or_path: path,
    headers: { Host: 'x', ...headers },
    body: Buffer.from(body),
  });
}

/** google.rpc.Status by an independent reader. */
function status(answer: WireAnswer): {
  code: number;
  message: string;
  details: { type_url: string; value: Uint8Array }[];
} {
  const root = protobuf.parse(
    'syntax="proto3"; message Any { string type_url=1; bytes value=2; } message Status { int32 code=1; string message=2; repeated Any details=3; }',
    { keepCase: true },
  ).root;
  const decoded = root.lookupType('Status').decode(answer.body);
  return root.lookupType('Status').toObject(decoded, { defaults: true, bytes: Array, arrays: true }) as ReturnType<
    typeof status
  >;
}

describe('a success', () => {
  it('is an empty message in protobuf, and an empty object in JSON', async () => {
    const asProtobuf = await post(protobufHeaders, request);
    expect([asProtobuf.status, asProtobuf.body.length, asProtobuf.headers['content-type']]).toEqual([
      200,
      0,
      'application/x-protobuf',
    ]);
    const asJson = await post(jsonHeaders, '{"resourceSpans":[{}]}');
    expect([asJson.status, asJson.body.toString(), asJson.headers['content-type']]).toEqual([
      200,
      '{}',
      'application/json',
    ]);
    expect(intake.requests.map(({ encoding, body }) => [encoding, body])).toEqual([
      ['protobuf', request],
      ['json', request],
    ]);
  });

  it('names rejected items in partial_success, per signal', async () => {
    intake.answer = { kind: 'accepted', rejected: 3, message: 'three had bad ids' };
    const asJson = await post(jsonHeaders, '{}', '/v1/logs');
    expect(JSON.parse(asJson.body.toString())).toEqual({
      partialSuccess: { rejectedLogRecords: '3', errorMessage: 'three had bad ids' },
    });
    const asProtobuf = await post(protobufHeaders, '');
    expect(asProtobuf.body.toString('hex')).toBe(`0a1508031211${Buffer.from('three had bad ids').toString('hex')}`);
    expect(intake.requests.map(({ signal }) => signal)).toEqual(['logs', 'traces']);
  });
});

describe('an error', () => {
  it('is a google.rpc.Status in the encoding of the request, with what is wrong', async () => {
    intake.answer = { kind: 'malformed', message: 'truncated at byte 7' };
    const asProtobuf = await post(protobufHeaders, request);
    expect(asProtobuf.status).toBe(400);
    expect(status(asProtobuf)).toMatchObject({
      code: 3,
      message: 'truncated at byte 7',
      details: [{ type_url: 'type.googleapis.com/google.rpc.BadRequest' }],
    });
    const asJson = await post(jsonHeaders, '{}');
    expect([asJson.status, asJson.headers['content-type']]).toEqual([400, 'application/json']);
    expect(JSON.parse(asJson.body.toString())).toMatchObject({ code: 3, message: 'truncated at byte 7' });
  });

  it('asks to come again with Retry-After and RetryInfo when the pipeline is busy', async () => {
    intake.answer = { kind: 'busy', retryAfterMs: 2500, message: 'full' };
    const answer = await post(protobufHeaders, request);
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '3']);
    const [retry] = status(answer).details;
    expect(retry?.type_url).toBe('type.googleapis.com/google.rpc.RetryInfo');
    // retry_delay { seconds: 2, nanos: 500000000 }
    expect(Buffer.from(retry!.value).toString('hex')).toBe('0a0808021080cab5ee01');
  });

  it.each([
    ['404 for another path', '/v1/profiles', 'POST', protobufHeaders, 404, '/v1/traces'],
    ['405 for another method', '/v1/traces', 'GET', protobufHeaders, 405, 'POST'],
    [
      '415 for another media type',
      '/v1/traces',
      'POST',
      { 'Content-Type': 'text/plain' },
      415,
      'application/x-protobuf',
    ],
    ['415 without a media type', '/v1/traces', 'POST', {}, 415, 'missing'],
    ['415 for another compression', '/v1/traces', 'POST', { ...jsonHeaders, 'Content-Encoding': 'br' }, 415, 'zstd'],
  ])('is %s, saying what is understood', async (_name, path, verb, headers, code, part) => {
    const answer = await post(headers, '', path, verb);
    expect(answer.status).toBe(code);
    expect(answer.body.toString()).toContain(part);
    expect(intake.requests).toEqual([]);
  });

  it('is 400 for a body that is not compressed as announced, and counted', async () => {
    const answer = await post({ ...protobufHeaders, 'Content-Encoding': 'gzip' }, 'not gzip at all');
    expect(answer.status).toBe(400);
    expect(intake.refusals).toEqual([['traces', 'bad_compression']]);
    const cut = await post(
      { ...protobufHeaders, 'Content-Encoding': 'gzip' },
      zlib.gzipSync(Buffer.alloc(5000)).subarray(0, 20),
    );
    expect(cut.status).toBe(400);
  });

  it('is 400 naming field and byte for JSON that is no OTLP', async () => {
    const answer = await post(jsonHeaders, '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"xyz0"}]}]}]}');
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body.toString()).message).toMatch(
      /^resourceSpans\.scopeSpans\.spans\.traceId: expected hex digits.*byte \d+/,
    );
    expect(intake.refusals).toEqual([['traces', 'malformed']]);
  });
});

describe('limits', () => {
  it('refuse a body that is announced as too large before reading it', async () => {
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = net.connect(server.port, '127.0.0.1', () =>
        socket.write(
          `POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${9 * MIB}\r\n\r\n`,
        ),
      );
      let text = '';
      socket.on('data', (data) => (text += data.toString()));
      socket.on('close', () => resolve(text));
      socket.on('error', reject);
    });
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toContain('smaller batches');
    expect(intake.refusals).toEqual([['traces', 'too_large']]);
  });

  it.each([
    ['gzip', zlib.gzipSync],
    ['deflate', zlib.deflateSync],
    ['zstd', zlib.zstdCompressSync],
  ] as const)('refuse a %s bomb with 413, without inflating it whole', async (name, compress) => {
    const bomb = compress(Buffer.alloc(128 * MIB));
    const before = process.memoryUsage().arrayBuffers;
    const answer = await post({ ...protobufHeaders, 'Content-Encoding': name }, bomb);
    expect(answer.status).toBe(413);
    expect(status(answer).message).toContain('once decompressed');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * MIB);
    expect(intake.refusals).toEqual([['traces', 'too_large']]);
  });

  it('take a large body in each compression when it is within them', async () => {
    const body = Buffer.concat(
      Array.from({ length: 100 }, (_, i) => Buffer.from(`\x0a\x03\x1a\x01${String.fromCharCode(97 + (i % 26))}`)),
    );
    const large = Buffer.concat(Array.from({ length: 1000 }, () => body));
    for (const [name, compress] of [
      ['gzip', zlib.gzipSync],
      ['deflate', zlib.deflateSync],
      ['zstd', zlib.zstdCompressSync],
    ] as const) {
      expect((await post({ ...protobufHeaders, 'Content-Encoding': name }, compress(large))).status).toBe(200);
    }
    expect(intake.requests.every((taken) => taken.body.equals(large))).toBe(true);
  });
});

describe('browsers', () => {
  it('may send from an allowed origin, after asking', async () => {
    const asking = await post(
      {
        Origin: 'https://app.example',
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'content-type,x-api-key',
      },
      '',
      '/v1/traces',
      'OPTIONS',
    );
    expect(asking.status).toBe(204);
    expect(asking.headers['access-control-allow-origin']).toBe('https://app.example');
    expect(asking.headers['access-control-allow-headers']).toBe('content-type,x-api-key');
    const sending = await post({ ...jsonHeaders, Origin: 'https://app.example' }, '{}');
    expect(sending.headers['access-control-allow-origin']).toBe('https://app.example');
  });

  it('are not told that they may from any other', async () => {
    const asking = await post(
      { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'POST' },
      '',
      '/v1/traces',
      'OPTIONS',
    );
    expect(asking.status).toBe(403);
    expect(asking.headers['access-control-allow-origin']).toBeUndefined();
  });
});

describe('the server', () => {
  it('says which port is taken and which setting changes it', async () => {
    await expect(startOtlpHttp({ host: '127.0.0.1', port: server.port }, intake)).rejects.toThrow(
      new RegExp(`127\\.0\\.0\\.1:${server.port}: the port is taken\\. Change listen\\.otlp_http`),
    );
  });

  it('survives what is no HTTP, and clients that hang up in the middle', async () => {
    for (const text of [
      '\x00\x01\x02garbage\r\n\r\n',
      'POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{',
    ]) {
      await new Promise<void>((resolve) => {
        const socket = net.connect(server.port, '127.0.0.1', () => socket.end(text));
        socket.on('error', () => undefined);
        socket.on('close', () => resolve());
        socket.resume();
      });
    }
    expect((await post(protobufHeaders, request)).status).toBe(200);
  });

  it('lets a held request finish when it closes', async () => {
    const held = Promise.withResolvers<{ kind: 'accepted'; rejected: number; message: string }>();
    intake.answer = held.promise;
    const answer = post(protobufHeaders, request);
    await expect.poll(() => intake.requests.length).toBe(1);
    const closed = server.close();
    held.resolve({ kind: 'accepted', rejected: 0, message: '' });
    expect((await answer).status).toBe(200);
    await closed;
    server = await startOtlpHttp({ host: '127.0.0.1', port: 0 }, intake);
  });
});
