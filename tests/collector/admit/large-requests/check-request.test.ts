// A large request is refused whole where any part of it is wrong, with the words of the stage that would read it.
import { hash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { RequestIndex } from '#collector/assemble/request-index.ts';
import { LogRequestIndex } from '#collector/logs/log-request-index.ts';
import { MetricsTranslator } from '#collector/metrics/metrics-translator.ts';
import { checkRequest, type Checked } from '#collector/admit/large-requests/check-request.ts';
import { cutRequest } from '#collector/admit/large-requests/cut-request.ts';
import { LARGE_REQUESTS } from '#collector/admit/large-requests/limits.ts';
import { weigh } from '#collector/admit/large-requests/weigh.ts';
import { createSpanMemory } from '#collector/model/span-memory.ts';
import { SIGNALS, type Signal } from '#proto/otlp/signal.ts';
import { decodeRequest, digest } from '#tests/support/otlp-digests.ts';
import { encodeRequest, itemLines } from '#tests/support/random-requests.ts';

const MAX_BODY_BYTES = 64 * 1024 * 1024;
const check = (signal: Signal, body: Buffer, encoding: 'protobuf' | 'json' = 'protobuf'): Checked =>
  checkRequest({ signal, encoding, body, maxBodyBytes: MAX_BODY_BYTES });

/** A request with as many items as wanted, each a little different. */
function requestOf(signal: Signal, items: number): object {
  const time = '1700000000000000000';
  const attributes = [{ key: 'service.name', value: { stringValue: 'shop' } }];
  const made = Array.from({ length: items }, (_, i) => {
    if (signal === 'traces')
      return {
        traceId: Buffer.alloc(16, 7),
        spanId: Buffer.from((i + 1).toString(16).padStart(16, '0'), 'hex'),
        name: `span ${i % 7}`,
        startTimeUnixNano: time,
        endTimeUnixNano: time,
      };
    if (signal === 'logs') return { timeUnixNano: time, severityNumber: 9, body: { stringValue: `line ${i}` } };
    return { timeUnixNano: time, asDouble: i };
  });
  if (signal === 'traces') return { resourceSpans: [{ resource: { attributes }, scopeSpans: [{ spans: made }] }] };
  if (signal === 'logs') return { resourceLogs: [{ resource: { attributes }, scopeLogs: [{ logRecords: made }] }] };
  return {
    resourceMetrics: [
      { resource: { attributes }, scopeMetrics: [{ metrics: [{ name: 'm', gauge: { dataPoints: made } }] }] },
    ],
  };
}

/** What the stage says that reads the request whole; undefined when it takes it. */
function problemOf(signal: Signal, body: Buffer): string | undefined {
  const memory = createSpanMemory(1000, 7);
  if (signal === 'traces') return new RequestIndex(memory).index(body);
  if (signal === 'logs') return new LogRequestIndex(memory).index(body);
  const rows = new MetricsTranslator().translate(body, 0);
  return typeof rows === 'string' ? rows : undefined;
}

/** Why nothing of a request is taken, be it said here or by the stage that gets it as it is. */
function refusalOf(signal: Signal, body: Buffer): string | undefined {
  const checked = check(signal, body);
  if (checked.kind === 'refused') return checked.message;
  const problems = checked.pieces.map((piece) => problemOf(signal, Buffer.from(piece)));
  // Of several pieces the first are taken before the last is looked at: none may be refused then.
  return problems.length === 1
    ? problems[0]
    : problems.find((problem) => problem !== undefined && `after a part of the request was taken: ${problem}`);
}

function piecesOf(checked: Checked): readonly Uint8Array[] {
  if (checked.kind !== 'pieces') throw new Error(checked.message);
  return checked.pieces;
}

describe.each(SIGNALS)('%s', (signal) => {
  const body = encodeRequest(signal, requestOf(signal, 20_000));

  it('that are sound are pieces of bounded weight that say the same', () => {
    const pieces = piecesOf(check(signal, body));
    expect(pieces.length).toBeGreaterThan(2);
    const { pieceBytes, pieceWeight } = LARGE_REQUESTS[signal];
    for (const piece of pieces) {
      expect(weigh(signal, piece).weight).toBeLessThanOrEqual(pieceWeight);
      expect(piece.length).toBeLessThanOrEqual(pieceBytes + 100);
    }
    expect(digest(itemLines(signal, pieces))).toBe(digest(itemLines(signal, [body])));
  });

  it('in JSON are the same pieces', () => {
    const json = Buffer.from(
      JSON.stringify(decodeRequest(signal, body), (_key, value: unknown) =>
        isBytes(value) ? Buffer.from(value.data).toString('hex') : value,
      ),
    );
    expect(digestsOf(piecesOf(check(signal, json, 'json')))).toEqual(digestsOf(piecesOf(check(signal, body))));
  });

  it('that are broken anywhere are refused whole, in the words of their stage', () => {
    for (const at of [0.001, 0.3, 0.5, 0.9, 0.9999]) {
      const broken = Buffer.from(body);
      // A field of wire type 7 in the middle of an item, wherever that is.
      broken[Math.floor(body.length * at)] = 0x07;
      expect(refusalOf(signal, broken)).toBe(problemOf(signal, broken));
    }
    for (const cut of [body.subarray(0, body.length - 1), Buffer.concat([body, Buffer.from([0xff])])]) {
      expect(problemOf(signal, cut)).toBeDefined();
      expect(refusalOf(signal, cut)).toBe(problemOf(signal, cut));
    }
  });

  it('that are not large stay as they are', () => {
    const few = encodeRequest(signal, requestOf(signal, 10));
    expect(digestsOf(piecesOf(check(signal, few)))).toEqual(digestsOf([few]));
    expect(check(signal, Buffer.from('{"no'), 'json')).toMatchObject({ kind: 'refused', reason: 'malformed' });
    expect(check(signal, Buffer.from([0x7b, 0xff, 0x7d]), 'json')).toMatchObject({
      kind: 'refused',
      reason: 'malformed',
      message: 'the body is not valid UTF-8',
    });
  });
});

const digestsOf = (pieces: readonly Uint8Array[]): string[] => pieces.map((piece) => hash('sha256', piece));

function isBytes(value: unknown): value is { data: number[] } {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer';
}

const many = (items: number, bytes: string): Buffer => Buffer.alloc((items * bytes.length) / 2, bytes, 'hex');
function field(number: number, payload: Buffer): Buffer {
  const head: number[] = [];
  for (let rest of [number * 8 + 2, payload.length]) {
    for (; rest > 127; rest = Math.floor(rest / 128)) head.push((rest & 127) | 128);
    head.push(rest);
  }
  return Buffer.concat([Buffer.from(head), payload]);
}
const inScope = (items: Buffer): Buffer => field(1, field(2, items));

describe('too many', () => {
  it.each([
    ['log records', 'logs', (n: number) => inScope(many(n, '1200'))],
    ['metric data points', 'metrics', (n: number) => inScope(field(2, field(5, many(n, '0a00'))))],
  ] as const)('%s: 500,000 are taken, one more is refused, with the bound', (words, signal, make) => {
    const pieces = piecesOf(check(signal, make(500_000)));
    expect(pieces.reduce((sum, piece) => sum + weigh(signal, piece).items, 0)).toBe(500_000);
    expect(check(signal, make(500_001))).toEqual({
      kind: 'refused',
      reason: 'too_many_items',
      message: `the request has 500001 ${words}, more than 500000: send smaller batches`,
    });
    expect(check(signal, make(9_500_000))).toMatchObject({ kind: 'refused', reason: 'too_many_items' });
  });

  it('records in JSON', () => {
    const json = Buffer.from(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[${'{},'.repeat(500_000)}{}]}]}]}`);
    expect(check('logs', json, 'json')).toMatchObject({ kind: 'refused', reason: 'too_many_items' });
  });

  it('numbers in data points', () => {
    const histogram = field(1, field(6, Buffer.alloc(8 * 100_000)));
    expect(
      check('metrics', inScope(field(2, field(9, Buffer.concat(Array.from({ length: 7 }, () => histogram)))))),
    ).toMatchObject({ kind: 'pieces' });
    const exponential = field(1, field(8, field(2, Buffer.alloc(1_500_000, 1))));
    expect(check('metrics', inScope(field(2, field(10, Buffer.concat([exponential, exponential])))))).toMatchObject({
      kind: 'pieces',
    });
    const three = inScope(field(2, field(10, Buffer.concat([exponential, exponential, exponential]))));
    expect(check('metrics', three)).toMatchObject({
      kind: 'refused',
      reason: 'too_many_items',
      message: expect.stringContaining('numbers') as string,
    });
    const quantiles = inScope(field(2, field(11, field(1, many(5_100_000, '3200')))));
    expect(check('metrics', quantiles)).toMatchObject({
      kind: 'refused',
      reason: 'too_many_items',
      message: expect.stringContaining('buckets') as string,
    });
    const bounds = field(1, field(7, Buffer.alloc(8 * 600_000)));
    expect(
      check('metrics', inScope(field(2, field(9, Buffer.concat(Array.from({ length: 7 }, () => bounds)))))),
    ).toMatchObject({
      kind: 'refused',
      reason: 'too_many_items',
      message: expect.stringContaining('numbers') as string,
    });
  });

  it('spans are only what no sender has', () => {
    expect(piecesOf(check('traces', inScope(many(2_000_000, '1200')))).length).toBe(251);
    expect(check('traces', inScope(many(2_500_001, '1200')))).toMatchObject({
      kind: 'refused',
      reason: 'too_many_items',
    });
  });

  it.each([
    ['spans', 'traces', (values: Buffer) => field(9, field(2, field(5, values)))],
    ['log records', 'logs', (values: Buffer) => field(5, field(5, values))],
    ['metric data points', 'metrics', (values: Buffer) => field(7, field(2, field(5, values)))],
  ] as const)('values in one of the %s', (_words, signal, item) => {
    const inItem = (bytes: Buffer): Buffer =>
      inScope(signal === 'metrics' ? field(2, field(5, field(1, bytes))) : field(2, bytes));
    expect(check(signal, inItem(item(many(900_000, '0a00'))))).toMatchObject({ kind: 'pieces' });
    expect(check(signal, inItem(item(many(1_100_000, '0a00'))))).toMatchObject({
      kind: 'refused',
      reason: 'too_many_items',
    });
  });

  it('values are not those of one long text', () => {
    expect(piecesOf(check('logs', inScope(field(2, field(5, field(1, Buffer.alloc(30_000_000, 'a')))))))).toHaveLength(
      1,
    );
  });

  it('attributes of a span are more than any has', () => {
    const attribute = field(9, Buffer.concat([field(1, Buffer.from('key')), field(2, field(1, Buffer.from('value')))]));
    expect(
      piecesOf(check('traces', inScope(field(2, Buffer.concat(Array.from({ length: 300_000 }, () => attribute)))))),
    ).toHaveLength(1);
  });
});

it('what the cut alone refuses is refused as it says', () => {
  const body = field(
    1,
    Buffer.concat([field(1, field(1, field(1, Buffer.alloc(5_000_000, 'a')))), field(2, field(2, Buffer.alloc(0)))]),
  );
  const cut = cutRequest('logs', body);
  expect(check('logs', body)).toEqual({
    kind: 'refused',
    reason: 'too_large',
    message: cut.kind === 'too_large' ? cut.message : '',
  });
});
