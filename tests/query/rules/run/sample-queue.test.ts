// Samples of rules reach the collector in order and once, wait while it is away, and are counted where they are lost.
import { beforeEach, expect, test } from 'vitest';
import { LabelSet } from '#query/promql/labels.ts';
import type { RuleSample } from '#query/rules/model.ts';
import { FreshSamples } from '#query/rules/run/fresh-samples.ts';
import { SampleQueue, type SendOutcome } from '#query/rules/run/sample-queue.ts';
import { SampleDoor } from '#query/rules/run/write-samples.ts';
import { makeMatcher } from '#query/promql/matcher.ts';
import { keptLog } from '#tests/support/kept-log.ts';
import { turns, VirtualClock } from '#tests/support/virtual-clock.ts';

const ACCEPTED: SendOutcome = { kind: 'accepted', refused: 0, message: '' };
const AWAY: SendOutcome = { kind: 'away', message: 'connection refused' };
let clock: VirtualClock;
let fresh: FreshSamples;
let sent: RuleSample[][];
let answers: SendOutcome[];
let queue: SampleQueue;

function samples(count: number, name = 'm', timeMs = 0): RuleSample[] {
  return Array.from({ length: count }, (_, at) => ({
    labels: LabelSet.from([
      ['__name__', name],
      ['n', String(at)],
    ]),
    timeMs,
    value: at,
  }));
}

beforeEach(() => {
  clock = new VirtualClock(1_000_000);
  fresh = new FreshSamples(clock.nowMs);
  sent = [];
  answers = [];
  const send = (some: readonly RuleSample[]): Promise<SendOutcome> => {
    sent.push([...some]);
    return Promise.resolve(answers.shift() ?? ACCEPTED);
  };
  queue = new SampleQueue({ send, clock, fresh, log: keptLog().log });
});

test('what waits while a request is on its way goes with the next one, in order', async () => {
  for (let at = 0; at < 5; at++) queue.add(samples(700, `m${at}`));
  expect(queue.waiting).toBe(3500);
  await turns();
  expect(sent.map((some) => some.length)).toEqual([700, 2000, 800]);
  expect(sent.flat().map(({ labels }) => labels.get('__name__'))).toEqual(
    [0, 1, 2, 3, 4].flatMap((at) => Array.from({ length: 700 }, () => `m${at}`)),
  );
  expect([queue.waiting, queue.written, queue.isAway]).toEqual([0, 3500, false]);
});

test('the same request is sent again while the collector is away, ever more rarely, and no sooner than it asks', async () => {
  answers = [AWAY, AWAY, { kind: 'away', message: '503', retryAfterMs: 3000 }];
  queue.add(samples(3));
  await turns();
  expect([sent.length, queue.isAway]).toEqual([1, true]);
  await clock.advance(100);
  expect(sent).toHaveLength(2);
  await clock.advance(199);
  expect(sent).toHaveLength(2);
  await clock.advance(1);
  expect(sent).toHaveLength(3);
  await clock.advance(2999);
  expect(sent).toHaveLength(3);
  await clock.advance(1);
  expect(sent).toHaveLength(4);
  expect(new Set(sent.map((some) => JSON.stringify(some))).size).toBe(1);
  expect([queue.waiting, queue.written, queue.isAway]).toEqual([0, 3, false]);
});

test('when the queue is full the oldest that are not on their way are dropped, and counted', async () => {
  answers = [AWAY];
  queue.add(samples(10, 'first'));
  await turns();
  const many = samples(100_000);
  for (let at = 0; at < 11; at++) queue.add(many.map((sample) => ({ ...sample, timeMs: at })));
  expect(queue.waiting).toBe(1_000_010 - 100_000);
  expect(queue.dropped.queue_full).toBe(200_000);
  await clock.advance(100);
  expect(sent[1]?.[0]?.labels.get('__name__')).toBe('first');
  expect(sent[2]?.[0]?.timeMs).toBe(2);
  expect(queue.written).toBe(10 + 900_000);
});

test('parts that the collector refuses are counted', async () => {
  answers = [{ kind: 'accepted', refused: 2, message: '400 a label is too long' }];
  queue.add(samples(5));
  await turns();
  expect([queue.written, queue.dropped.refused, queue.waiting]).toEqual([3, 2, 0]);
});

test('at the end what waits is sent, or dropped and counted when time is over', async () => {
  answers = Array.from({ length: 100 }, () => AWAY);
  queue.add(samples(7));
  const closed = queue.close(2000);
  await clock.advance(2000);
  await closed;
  expect([queue.waiting, queue.dropped.shutdown]).toEqual([0, 7]);
});

test('samples are seen from the moment they are written until the store shows them for sure', async () => {
  const named = [[makeMatcher('__name__', '=', 'm'), makeMatcher('n', '=~', '1|2')]];
  queue.add(samples(5, 'm', 10));
  queue.add(samples(5, 'other', 10));
  queue.add(samples(2, 'm', 20));
  expect(fresh.matching(named)).toEqual([
    { labels: [['__name__', 'm'], ['n', '1']], timesMs: [10, 20], values: [1, 1] }, // prettier-ignore
    { labels: [['__name__', 'm'], ['n', '2']], timesMs: [10], values: [2] }, // prettier-ignore
  ]);
  await clock.advance(14_999);
  expect(fresh.count).toBe(12);
  await clock.advance(2);
  expect(fresh.matching(named)).toEqual([]);
  expect(fresh.count).toBe(0);
});

test('a series has one point at a time: what another rule wrote is not written again, and a marker never hides a value', async () => {
  const door = new SampleDoor(fresh, queue);
  const [one] = samples(1, 'm', 10);
  door.write([one!]);
  door.write([one!]);
  door.write([{ ...one!, value: 'stale' }]);
  expect(() => door.write([{ ...one!, value: 3 }, ...samples(1, 'beside', 10)])).toThrow(
    'duplicate sample for timestamp',
  );
  expect(() => door.write([{ ...one!, timeMs: 9 }])).toThrow('out of order sample');
  door.write([{ ...one!, timeMs: 11, value: 'stale' }]);
  await turns();
  expect(sent.flat().map(({ labels, value }) => [labels.get('__name__'), value])).toEqual([
    ['m', 0],
    ['beside', 0],
    ['m', 'stale'],
  ]);
  expect(door.discarded).toBe(3);
});
