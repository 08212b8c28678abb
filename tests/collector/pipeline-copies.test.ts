// A request that comes again is received once: at once, later, in every signal, after crashes, while its first copy is still being written.
import fc from 'fast-check';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { WINDOW_MS } from '#collector/wal/request-window.ts';
import { SIGNALS, type Signal } from '#proto/otlp/signal.ts';
import { CollectorLives, type LivesOptions } from '#tests/support/collector-lives.ts';
import { SignalLoad } from '#tests/support/signal-load.ts';

const TIMEOUT_MS = 300_000;

async function livesOf(options: LivesOptions = {}): Promise<{ lives: CollectorLives; load: SignalLoad }> {
  const lives = new CollectorLives(options);
  await lives.start();
  return { lives, load: new SignalLoad(lives) };
}

describe.each(SIGNALS)('a request of %s that comes again', (signal) => {
  test.each([
    ['at once', 0],
    ['after 4 s, when its traces are decided and stored', 4000],
    ['after 59 s', 59_000],
  ])('%s is answered and not received again', async (_when, waitMs) => {
    const { lives, load } = await livesOf();
    load.send(signal, 5);
    await lives.pass(waitMs);
    const answers = [1, 2, 3, 4].map(() => load.again(load.sent[0]!));
    await lives.pass(250);
    for (const answer of answers) expect(answer()).toEqual({ kind: 'accepted', rejected: 0, message: '' });
    expect(lives.pipeline.requests.copies[signal]).toBe(4);
    expect(lives.pipeline.ledger[signal].receivedTotal).toBe(5);
    await lives.settle();
    expect(load.stored).toEqual(load.expected);
  });

  test.each([1, 2, 3])('after %i crashes, the log cut short in between, is not received again', async (crashes) => {
    const { lives, load } = await livesOf({ segmentBytes: 500 });
    load.send(signal, 5);
    await lives.pass(250);
    const began = lives.nowMs;
    for (let crash = 0; crash < crashes; crash++) {
      await lives.crash();
      // Others come and are stored: the segment with the first request goes.
      for (let i = 0; i < 12; i++) {
        load.send(signal, 2, 2);
        lives.pipeline.flushDerived();
        await lives.pass(1000);
      }
    }
    await lives.crash();
    expect(
      [...lives.log.files.keys()].some((name) => name.startsWith('0000000000000000')),
      'its own record has gone',
    ).toBe(false);
    expect(lives.nowMs - began).toBeLessThan(WINDOW_MS);
    load.again(load.sent[0]!);
    await lives.settle();
    expect(load.stored).toEqual(load.expected);
  });

  test('is acknowledged no sooner than the first, also when that one was not in time', async () => {
    const { lives, load } = await livesOf();
    load.send(signal, 1, 2);
    await lives.pass(250);
    lives.isStalled = true;
    const first = load.send(signal, 5);
    const copy = load.again(load.sent[1]!);
    await lives.pass(1000);
    expect([first(), copy()]).toEqual([undefined, undefined]);
    await lives.pass(8000);
    expect([first(), copy(), lives.unanswered], 'told to come again').toEqual([undefined, undefined, 2]);
    lives.isStalled = false;
    await lives.pass(250);
    lives.sendAgain();
    expect(lives.pipeline.durability?.late[signal]).toBe(2);
    await lives.settle();
    expect([first(), copy()]).toEqual([
      { kind: 'accepted', rejected: 0, message: '' },
      { kind: 'accepted', rejected: 0, message: '' },
    ]);
    expect(load.stored).toEqual(load.expected);
  });
});

test.each([1, 2, 3])(
  'spans in a batch that overlaps one from before %i crashes, whose part of the log has gone, count once',
  async (crashes) => {
    const { lives, load } = await livesOf({ segmentBytes: 500 });
    load.send('traces', 5);
    await lives.pass(250);
    for (let crash = 0; crash < crashes; crash++) {
      await lives.crash();
      for (let i = 0; i < 12; i++) {
        load.send('traces', 2, 2);
        lives.pipeline.flushDerived();
        await lives.pass(1000);
      }
    }
    await lives.crash();
    expect(
      [...lives.log.files.keys()].some((name) => name.startsWith('0000000000000000')),
      'their own record has gone',
    ).toBe(false);
    load.overlapping([2, 4]);
    load.overlapping([1, 2, 3, 4, 5]);
    await lives.settle();
    expect(load.stored).toEqual(load.expected);
    expect(lives.pipeline.ledger.traces.imbalance).toBe(0);
  },
);

test.each([0, 1, 2, 3])(
  'spans in a batch that overlaps one whose part of the log is removed later count once, over %i more crashes',
  async (crashes) => {
    const { lives, load } = await livesOf({ segmentBytes: 500 });
    const segments = (): string[] => [...lives.log.files.keys()].toSorted();
    load.send('traces', 5);
    await lives.pass(2750);
    load.send('traces', 1, 3); // waits for three seconds, and with it this part of the log
    await lives.pass(500);
    expect(lives.pipeline.shard.state.pending, 'the first is decided').toBe(1);
    while (segments().length < 2) {
      load.send('logs', 5);
      await lives.pass(250);
    }
    const [first] = segments();
    expect(first).toBe('0000000000000000-1.wal');
    load.overlapping([1, 2, 3, 4, 5], 1, 5);
    for (let i = 0; i < 11 && segments()[0] === first; i++) {
      await lives.pass(250);
      lives.pipeline.flushDerived();
    }
    expect(segments()[0]).not.toBe(first);
    expect(lives.pipeline.shard.state.pending, 'its new span waits').toBeGreaterThan(0);
    await lives.crash();
    for (let crash = 0; crash < crashes; crash++) await lives.crash();
    await lives.settle();
    expect(load.stored).toEqual(load.expected);
    expect(lives.pipeline.ledger.traces.imbalance).toBe(0);
  },
);

test.each([1, 2, 3])(
  'spans count once though another of their trace comes late, and again after %i crashes together with others',
  async (crashes) => {
    const { lives, load } = await livesOf({ segmentBytes: 500 });
    load.send('traces', 5);
    await lives.pass(3000);
    // The record of the first, and that of its decision, are in parts of the log that can be removed.
    const segments = (): string[] => [...lives.log.files.keys()].toSorted();
    for (let i = 0; i < 40 && segments().length < 6; i++) {
      load.send('logs', 5);
      await lives.pass(250);
    }
    expect(segments()[0]).toBe('0000000000000000-1.wal');
    load.send('traces', 1); // late, and not decided when the record of the others is removed
    for (let i = 0; i < 3 && segments()[0] === '0000000000000000-1.wal'; i++) {
      lives.pipeline.flushDerived();
      await lives.pass(250);
    }
    expect([segments()[0] === '0000000000000000-1.wal', lives.pipeline.shard.state.pending]).toEqual([false, 1]);
    for (let crash = 0; crash < crashes; crash++) await lives.crash();
    load.overlapping([1, 2, 3, 4, 5], 1, 5);
    await lives.settle();
    expect(load.stored).toEqual(load.expected);
    expect(lives.pipeline.ledger.traces.imbalance).toBe(0);
  },
);

test.each([0, 0.5, 1])(
  'a crash while the disk stands still loses nothing that was answered and doubles nothing, where %d of the write has reached it',
  async (share) => {
    const { lives, load } = await livesOf();
    for (const signal of SIGNALS) load.send(signal, 3);
    await lives.pass(250);
    lives.isStalled = true;
    for (const signal of SIGNALS) load.send(signal, 3);
    await lives.pass(250);
    for (const sent of load.sent.slice(SIGNALS.length)) load.instead(sent);
    await lives.pass(12_000);
    expect([lives.unanswered, lives.longestWaitMs < 10_000]).toEqual([3, true]);
    await lives.crash(share);
    await lives.settle();
    expect(load.stored).toEqual(load.expected);
  },
);

test('a disk that stands still for 20 s: nobody waits longer than its deadline, nothing new is taken, and all of it is stored once', async () => {
  const { lives, load } = await livesOf();
  for (let i = 0; i < 4; i++) for (const signal of SIGNALS) load.send(signal, 2, i + 1);
  await lives.pass(1000);
  lives.isStalled = true;
  const taken: number[] = [];
  for (let second = 0; second < 20; second++) {
    for (const signal of SIGNALS) load.send(signal, 2, second + 1);
    await lives.pass(1000);
    lives.sendAgain();
    taken.push(lives.pipeline.ledger.traces.receivedTotal);
  }
  expect(new Set(taken.slice(2)).size, 'nothing after two seconds').toBe(1);
  expect(SIGNALS.map((signal) => lives.pipeline.durability?.isFull(signal))).toEqual([true, true, true]);
  expect(lives.longestWaitMs).toBeLessThan(10_000);
  lives.isStalled = false;
  await lives.settle();
  expect(load.stored).toEqual(load.expected);
  expect(lives.longestWaitMs).toBeLessThan(10_000);
});

test('the copy of a partial success is one, over crashes and though its record has gone', async () => {
  const { lives, load } = await livesOf({ segmentBytes: 500 });
  const good = load.send('traces', 1);
  await lives.pass(250);
  expect(good()).toEqual({ kind: 'accepted', rejected: 0, message: '' });
  const body = Buffer.from(load.sent[0]!.body);
  const at = body.indexOf(Buffer.from('0000000000000001', 'hex'));
  body.fill(0, at, at + 8);
  const bad = lives.send('traces', body);
  await lives.pass(250);
  const told = bad();
  expect(told).toMatchObject({ kind: 'accepted', rejected: 1 });
  for (let life = 0; life < 3; life++) {
    const again = lives.send('traces', Buffer.from(body));
    await lives.pass(250);
    expect(again()).toEqual(told);
    for (let i = 0; i < 10; i++) {
      load.send('logs');
      await lives.pass(1000);
    }
    await lives.crash();
  }
});

test('a request without items is no copy of another', async () => {
  const { lives } = await livesOf();
  for (const signal of SIGNALS) {
    const answers = [Buffer.alloc(0), Buffer.alloc(0), Buffer.from([10, 0]), Buffer.from([10, 0])].map((body) =>
      lives.send(signal, body),
    );
    await lives.pass(250);
    for (const answer of answers) expect(answer()).toMatchObject({ kind: 'accepted', rejected: 0 });
  }
  expect(lives.pipeline.requests.copies).toEqual({ traces: 0, logs: 0, metrics: 0 });
  expect(lives.pipeline.requests.size).toBe(0);
});

test('the same bytes of another signal, and a body that differs in one byte, are other requests', async () => {
  const { lives } = await livesOf();
  const empty = Buffer.from([10, 4, 18, 2, 18, 0]); // one resource, one scope, one empty item
  for (const signal of ['logs', 'traces'] as const) lives.send(signal, empty);
  await lives.pass(250);
  expect(lives.pipeline.requests.copies).toEqual({ traces: 0, logs: 0, metrics: 0 });
});

/** Spans of decided traces are known for so long (collector/assemble/decided-spans.ts). */
const SPANS_MS = 60_000;

type Step =
  | { readonly kind: 'request'; readonly signal: Signal; readonly items: number; readonly trace: number }
  | { readonly kind: 'copy'; readonly of: number; readonly instead: boolean }
  | { readonly kind: 'overlap'; readonly of: number; readonly from: number; readonly trace: number }
  | { readonly kind: 'pass'; readonly ms: number; readonly turns: number }
  | { readonly kind: 'crash'; readonly turns: number; readonly share: number }
  | { readonly kind: 'restart'; readonly decides: boolean }
  | { readonly kind: 'away' | 'back' | 'fail' | 'heal' | 'stall' | 'resume' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('request' as const),
      signal: fc.constantFrom(...SIGNALS),
      items: fc.integer({ min: 1, max: 4 }),
      trace: fc.integer({ min: 1, max: 6 }),
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('copy' as const), of: fc.nat(), instead: fc.boolean() }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('overlap' as const),
      of: fc.nat(),
      from: fc.nat({ max: 2 }),
      trace: fc.integer({ min: 1, max: 9 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      ms: fc.constantFrom(250, 1000, 3000, 10_000),
      turns: fc.integer({ min: 1, max: 6 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('crash' as const),
      turns: fc.integer({ min: 0, max: 12 }),
      share: fc.constantFrom(0, 0.3, 1),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const), decides: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom(...(['away', 'back', 'fail', 'heal', 'stall', 'resume'] as const)) }),
  },
);

test(
  'over random requests, copies, overlapping batches, waits, crashes, failing and stalling disks, each item is taken exactly once',
  { timeout: TIMEOUT_MS },
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.integer({ min: 0, max: 5 }), async (steps, slow) => {
        let n = 0;
        const { lives, load } = await livesOf({
          slowness: () => (n++ * 7) % (slow + 1),
          maxBlockRows: 15,
          segmentBytes: 600,
        });
        for (const one of steps) {
          if (one.kind === 'request') load.send(one.signal, one.items, one.trace);
          else if (one.kind === 'copy') {
            const recent = load.sent.filter(({ atMs }) => lives.nowMs - atMs < WINDOW_MS);
            if (recent.length > 0) load[one.instead ? 'instead' : 'again'](recent[one.of % recent.length]!);
          } else if (one.kind === 'overlap') {
            const recent = load.sent.filter(({ signal, atMs }) => signal === 'traces' && lives.nowMs - atMs < SPANS_MS);
            const earlier = recent[one.of % recent.length];
            if (earlier !== undefined) load.overlapping(earlier.numbers.slice(one.from), earlier.trace, one.trace);
          } else if (one.kind === 'pass') {
            await lives.pass(one.ms, one.turns);
            lives.pipeline.flushDerived();
          } else if (one.kind === 'crash') {
            for (let i = 0; i < one.turns; i++) await turn();
            await lives.crash(one.share);
          } else if (one.kind === 'restart') {
            lives.isStalled = false;
            await lives.restart(one.decides);
          } else if (one.kind === 'fail' || one.kind === 'heal')
            lives.failure = one.kind === 'fail' ? new Error('no space left') : undefined;
          else if (one.kind === 'stall' || one.kind === 'resume') lives.isStalled = one.kind === 'stall';
          else lives.isStoreAway = one.kind === 'away';
          lives.sendAgain();
        }
        lives.failure = undefined;
        lives.isStalled = false;
        lives.isStoreAway = false;
        await lives.settle();
        expect(load.stored).toEqual(load.expected);
        expect(lives.longestWaitMs).toBeLessThan(10_000);
      }),
      { numRuns: 15, seed: 13 },
    );
  },
);
