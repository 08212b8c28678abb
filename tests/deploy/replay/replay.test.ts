// A replay from file to a real receiver: counts, shifted times, refusals, batches, and JSON as it was recorded.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { encodeRequest } from '#deploy/replay/encode-request.ts';
import { createOtlpClient, type OtlpProtocol } from '#deploy/replay/otlp-client.ts';
import { replay, type ReplayOptions, type ReplayResult } from '#deploy/replay/replay.ts';
import { startOtlpReceiver, type OtlpReceiver, type ReceiverScript } from '#tests/support/otlp-receiver.ts';
import { readSpans } from '#tests/support/read-spans.ts';

const folder = mkdtempSync(join(tmpdir(), 'winnow-replay-'));
afterAll(() => rmSync(folder, { recursive: true }));
const receivers: OtlpReceiver[] = [];
afterEach(async () => {
  for (const receiver of receivers.splice(0)) await receiver.close();
});

const SECOND = 1_000_000_000n;
const recordedNs = 1_600_000_000n * SECOND;

/** `requests` requests of three spans each: one span per trace, a second apart. */
function requestsOf(requests: number): object[] {
  return Array.from({ length: requests }, (_, i) => {
    const spans = [0, 1, 2].map((j) => {
      const number = i * 3 + j;
      const start = recordedNs + BigInt(number) * SECOND;
      return {
        traceId: (number + 1).toString(16).padStart(32, '0'),
        spanId: '00000000000000aa',
        name: `span ${number}`,
        startTimeUnixNano: String(start),
        endTimeUnixNano: String(start + 5n),
      };
    });
    return {
      resourceSpans: [
        { resource: { attributes: [{ key: 'service.name', value: { stringValue: 'a' } }] }, scopeSpans: [{ spans }] },
      ],
    };
  });
}

function framesFile(requests: object[]): string {
  const frames = requests.flatMap((request) => {
    const bytes = encodeRequest('traces', request);
    const prefix = Buffer.alloc(4);
    prefix.writeUInt32BE(bytes.length);
    return [prefix, bytes];
  });
  const path = join(folder, `${performance.now()}.pb.frames`);
  writeFileSync(path, Buffer.concat(frames));
  return path;
}

async function run(
  file: string,
  options: Partial<ReplayOptions> = {},
  script?: ReceiverScript,
  protocol: OtlpProtocol = 'grpc',
): Promise<{ result: ReplayResult; receiver: OtlpReceiver }> {
  const receiver = await startOtlpReceiver(script);
  receivers.push(receiver);
  const client = createOtlpClient({
    protocol,
    endpoint: protocol === 'grpc' ? receiver.grpcEndpoint : receiver.httpEndpoint,
  });
  try {
    return {
      receiver,
      result: await replay({ files: [file], client, keepTimes: true, speed: 'max', concurrency: 4, ...options }),
    };
  } finally {
    client.close();
  }
}

describe('a replay', () => {
  test('sends every request once and counts spans and traces', async () => {
    const { result, receiver } = await run(framesFile(requestsOf(20)));
    expect(result).toMatchObject({ spans: 60, traces: 60, requests: 20, refused: 0, unacknowledged: 0 });
    const names = receiver.requests.flatMap(({ body }) => readSpans(body).map(({ name }) => name));
    expect(new Set(names).size).toBe(60);
    expect(names).toHaveLength(60);
  });

  test('moves all times by one offset so that the capture ends now', async () => {
    const before = BigInt(Date.now()) * 1_000_000n;
    const { receiver } = await run(framesFile(requestsOf(3)), { keepTimes: false });
    const after = BigInt(Date.now()) * 1_000_000n;
    const spans = receiver.requests.flatMap(({ body }) => readSpans(body));
    const starts = spans.map((span) => BigInt(span.startTimeUnixNano)).toSorted((a, b) => (a < b ? -1 : 1));
    const latest = starts.at(-1) ?? 0n;
    expect(latest).toBeGreaterThanOrEqual(before - 1000n);
    expect(latest).toBeLessThanOrEqual(after + 1000n);
    expect(starts.map((start) => start - (starts[0] ?? 0n))).toEqual(starts.map((_, i) => BigInt(i) * SECOND));
  });

  test('rides out refusals that may be retried, and loses nothing', async () => {
    const { result, receiver } = await run(framesFile(requestsOf(5)), {}, (_request, number) =>
      number % 2 === 0 && number < 6 ? { grpc: { code: status.UNAVAILABLE } } : undefined,
    );
    expect(result).toMatchObject({ requests: 5, refused: 0, unacknowledged: 0 });
    expect(receiver.requests).toHaveLength(8);
  });

  test('reports what was refused for good', async () => {
    const partial = Buffer.from([0x0a, 2, 0x08, 1]);
    const { result } = await run(framesFile(requestsOf(4)), { concurrency: 1 }, (_request, number) => {
      if (number === 1) return { grpc: { code: status.INVALID_ARGUMENT, message: 'no spans today' } };
      return number === 2 ? { body: partial } : undefined;
    });
    expect(result).toMatchObject({
      spans: 12,
      refused: 4,
      unacknowledged: 1,
      failures: ['INVALID_ARGUMENT: no spans today', ''],
    });
  });

  test.each([
    [1, 12],
    [2, 8],
    [5, 4],
    [100, 1],
  ])('rebuilds requests to %i spans', async (spansPerRequest, requests) => {
    const { result, receiver } = await run(framesFile(requestsOf(4)), { spansPerRequest, concurrency: 1 });
    expect(result).toMatchObject({ spans: 12, requests });
    const spans = receiver.requests.flatMap(({ body }) => readSpans(body));
    expect(spans.map(({ name }) => name)).toEqual(Array.from({ length: 12 }, (_, i) => `span ${i}`));
    expect(spans.every(({ service }) => service === 'a')).toBe(true);
  });

  test('sends the recorded JSON text as it is when times are kept', async () => {
    const text = JSON.stringify(requestsOf(1)[0]).replace('{', '{ "unknown":1, ');
    const path = join(folder, 'recorded.jsonl');
    writeFileSync(path, `${text}\n`);
    const { receiver, result } = await run(path, {}, undefined, 'http/json');
    expect(receiver.requests.map(({ body }) => body.toString())).toEqual([text]);
    expect(result.spans).toBe(3);
  });

  test('writes standard JSON when the capture is not JSON, or not standard', async () => {
    const path = join(folder, 'snake.jsonl');
    writeFileSync(
      path,
      '{"resource_spans":[{"scope_spans":[{"spans":[{"trace_id":"0123456789abcdef0123456789abcdef","kind":"SPAN_KIND_SERVER"}]}]}]}',
    );
    const { receiver } = await run(path, {}, undefined, 'http/json');
    expect(receiver.requests.map(({ body }) => JSON.parse(body.toString()) as unknown)).toEqual([
      { resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: '0123456789abcdef0123456789abcdef', kind: 2 }] }] }] },
    ]);
  });

  test('paces by the recorded times', async () => {
    const { result } = await run(framesFile(requestsOf(2)), { speed: 50 });
    // The last span starts 5 s after the first: 0.1 s at fifty times the pace.
    expect(result.seconds).toBeGreaterThan(0.09);
  });
});
