// Large requests are taken in pieces, each in a turn of its own, and answered as one.
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LargeRequests } from '#collector/admit/large-requests/large-requests.ts';
import { LARGE_REQUESTS } from '#collector/admit/large-requests/limits.ts';
import { weigh } from '#collector/admit/large-requests/weigh.ts';
import { Caller } from '#collector/receive/caller.ts';
import type { IntakeAnswer, IntakeRequest } from '#collector/receive/intake.ts';
import { SIGNALS, type Signal } from '#proto/otlp/signal.ts';
import { TestIntake } from '../../receive/test-intake.ts';

const MIB = 1024 * 1024;
const accepted: IntakeAnswer = { kind: 'accepted', rejected: 0, message: '' };

let inner: TestIntake;
let turns: number;
let nowMs: number;
let large: LargeRequests;
beforeEach(() => {
  inner = new TestIntake();
  turns = 0;
  nowMs = 0;
  large = new LargeRequests(inner, {
    maxBodyBytes: 4 * MIB,
    elapsedMs: () => nowMs,
    turn: async () => {
      await turn();
      turns++;
    },
  });
});
afterEach(() => large.close());

function lengthDelimited(payload: Buffer, tag: number): Buffer {
  const head = [tag];
  let rest = payload.length;
  for (; rest > 127; rest = Math.floor(rest / 128)) head.push((rest & 127) | 128);
  return Buffer.concat([Buffer.from([...head, rest]), payload]);
}

/** A span of two ids; an empty record, an empty point. */
const ITEMS: Readonly<Record<Signal, string>> = {
  traces: `121c0a10${'11'.repeat(16)}1208${'22'.repeat(8)}`,
  logs: '1200',
  metrics: '0a00',
};

/** Equal items: a group, a scope, and for metrics a gauge around them. */
function request(signal: Signal, items: number, caller?: Caller): IntakeRequest {
  const all = Buffer.alloc((items * ITEMS[signal].length) / 2, ITEMS[signal], 'hex');
  const inner = signal === 'metrics' ? lengthDelimited(lengthDelimited(all, 0x2a), 0x12) : all;
  return {
    signal,
    body: lengthDelimited(lengthDelimited(inner, 0x12), 0x0a),
    transport: 'grpc',
    encoding: 'protobuf',
    deadlineMs: 10_000,
    caller,
  };
}

it('a small request passes as it is, without a promise', () => {
  const small = request('traces', 100);
  expect(large.accept(small)).toEqual(accepted);
  expect(inner.requests.map(({ body }) => body)).toEqual([small.body]);
});

describe.each(SIGNALS)('%s', (signal) => {
  it('are taken in pieces that are bounded, one a turn, and answered once', async () => {
    let lastTurn = 0;
    const perTurn: number[] = [];
    inner.accept = ((accept) => (taken: IntakeRequest) => {
      perTurn.push(turns - lastTurn);
      lastTurn = turns;
      return accept.call(inner, taken);
    })(inner.accept.bind(inner));
    expect(await large.accept(request(signal, 50_000))).toEqual(accepted);
    const { pieceBytes, pieceWeight } = LARGE_REQUESTS[signal];
    const weights = inner.requests.map(({ body }) => weigh(signal, body));
    expect(weights.reduce((sum, { items }) => sum + items, 0)).toBe(50_000);
    expect(Math.max(...weights.map(({ weight }) => weight))).toBeLessThanOrEqual(pieceWeight);
    expect(Math.max(...inner.requests.map(({ body }) => body.length))).toBeLessThanOrEqual(pieceBytes);
    expect(perTurn).toEqual(perTurn.map(() => 1));
    expect([large.requests[signal], large.pieces[signal], large.pendingBytes]).toEqual([1, inner.requests.length, 0]);
    expect(inner.requests.length).toBe(signal === 'metrics' ? 13 : 7);
  });

  it('are answered with the sum of what was rejected, and what was said of it', async () => {
    inner.answer = { kind: 'accepted', rejected: 3, message: 'three had bad ids' };
    expect(await large.accept(request(signal, 20_000))).toEqual({
      kind: 'accepted',
      rejected: 3 * inner.requests.length,
      message: 'three had bad ids',
    });
    expect(inner.requests.length).toBeGreaterThan(2);
  });
});

it('two requests at once share the turns, one piece in each', async () => {
  let pieces = 0;
  inner.accept = () => {
    expect(turns).toBe(++pieces);
    return accepted;
  };
  await Promise.all([large.accept(request('logs', 50_000)), large.accept(request('traces', 50_000))]);
  expect(pieces).toBe(14);
});

it('what is wrong anywhere is refused whole, by its reason', async () => {
  const broken = request('logs', 50_000);
  broken.body[broken.body.length - 2] = 0x07;
  expect(await large.accept(broken)).toMatchObject({ kind: 'malformed' });
  expect(await large.accept(request('logs', 500_001))).toMatchObject({
    kind: 'too_large',
    message: expect.stringContaining('500000') as string,
  });
  expect([inner.requests, inner.refusals]).toEqual([
    [],
    [
      ['logs', 'malformed'],
      ['logs', 'too_many_items'],
    ],
  ]);
});

it('JSON is taken the same', async () => {
  const body = Buffer.from(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[${'{},'.repeat(19_999)}{}]}]}]}`);
  expect(await large.acceptJson({ ...request('logs', 0), body, encoding: 'json', transport: 'http' })).toEqual(
    accepted,
  );
  expect(
    inner.requests.map(({ encoding, transport, body }) => [encoding, transport, weigh('logs', body).items]),
  ).toEqual([
    ['json', 'http', 7996],
    ['json', 'http', 7996],
    ['json', 'http', 4008],
  ]);
  expect(await large.acceptJson({ ...request('logs', 0), body: Buffer.from('{') })).toMatchObject({
    kind: 'malformed',
  });
});

describe('under pressure', () => {
  it('a piece that is refused ends the request: all of it is to come again', async () => {
    let pieces = 0;
    inner.accept = () =>
      ++pieces === 2 ? { kind: 'busy', retryAfterMs: 1234, message: 'nothing was taken' } : accepted;
    expect(await large.accept(request('logs', 50_000))).toEqual({
      kind: 'busy',
      retryAfterMs: 1234,
      message: expect.stringContaining('send all of it again') as string,
    });
    expect([pieces, large.pendingBytes]).toEqual([2, 0]);
  });

  it('each piece has what is left of the deadline', async () => {
    const deadlines: number[] = [];
    inner.accept = ({ deadlineMs }) => {
      deadlines.push(deadlineMs);
      nowMs += 400;
      return accepted;
    };
    await large.accept(request('logs', 20_000));
    expect(deadlines).toEqual([10_000, 9600, 9200]);
  });

  it('no more bodies wait than twice the largest, and none of them shuts out another signal', async () => {
    inner.answer = new Promise(() => undefined);
    // 4 MiB of the 8 are shared and for this signal; the rest is for the two others.
    const padded = (signal: Signal): IntakeRequest => {
      const made = request(signal, 20_000);
      return { ...made, body: Buffer.concat([made.body, lengthDelimited(Buffer.alloc(2.9 * MIB), 0x7a)]) };
    };
    void large.accept(padded('traces'));
    expect(await large.accept(padded('traces'))).toMatchObject({ kind: 'busy', retryAfterMs: 1000 });
    expect(inner.refusals).toEqual([['traces', 'busy']]);
    void large.accept(request('logs', 200_000));
    await expect
      .poll(() => inner.requests.map(({ signal }) => signal), { timeout: 30_000 })
      .toEqual(['traces', 'logs']);
  });
});

describe('a client that goes', () => {
  it('before its request is checked takes it with it', async () => {
    const caller = new Caller();
    const answer = large.accept(request('logs', 50_000, caller));
    caller.disconnect();
    await answer;
    expect([inner.requests, inner.refusals, large.pendingBytes]).toEqual([[], [['logs', 'canceled']], 0]);
  });

  it('in the middle of it ends it', async () => {
    const caller = new Caller();
    let pieces = 0;
    inner.accept = () => {
      if (++pieces === 3) caller.disconnect();
      return accepted;
    };
    await large.accept(request('logs', 50_000, caller));
    expect([pieces, inner.refusals, large.pendingBytes]).toEqual([3, [['logs', 'canceled']], 0]);
  });
});
