// The one thread, modelled: requests whenever they may, decisions in turns. Both go on under any load, and decisions are late by a bounded time.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { WorkShare } from '#collector/overload/work-share.ts';

const WAIT_MS = 1000;
const SECONDS = 20;

interface Load {
  readonly spansPerRequest: number;
  readonly requestsPerLoop: number;
  readonly requestUsPerSpan: number;
  readonly decisionUsPerSpan: number;
}

/** A loop that is never idle: requests, then a turn of decisions on what is due. */
function run({ spansPerRequest, requestsPerLoop, requestUsPerSpan, decisionUsPerSpan }: Load): {
  received: number;
  decided: number;
  lateMs: number;
} {
  const share = new WorkShare();
  const due: { atMs: number; spans: number }[] = [];
  let first = 0;
  let nowMs = 0;
  let received = 0;
  let decided = 0;
  let lateMs = 0;
  while (nowMs < SECONDS * 1000) {
    for (let i = 0; i < requestsPerLoop; i++) {
      const ms = (spansPerRequest * requestUsPerSpan) / 1000;
      nowMs += ms;
      share.request(ms);
      due.push({ atMs: nowMs + WAIT_MS, spans: spansPerRequest });
      received += spansPerRequest;
    }
    const behindMs = Math.max(0, nowMs - (due[first]?.atMs ?? Infinity));
    let leftMs = share.turnMs(behindMs);
    for (; leftMs > 0 && first < due.length && due[first]!.atMs <= nowMs; first++) {
      const { atMs, spans } = due[first]!;
      const ms = (spans * decisionUsPerSpan) / 1000;
      if (nowMs > (SECONDS * 1000) / 2) lateMs = Math.max(lateMs, nowMs - atMs);
      nowMs += ms;
      leftMs -= ms;
      decided += spans;
    }
  }
  return { received, decided, lateMs };
}

test('with more offered than can be done requests and decisions both go on, and how late a decision is has a bound', () => {
  const load = fc
    .record({
      spansPerRequest: fc.integer({ min: 100, max: 2000 }),
      requestsPerLoop: fc.integer({ min: 1, max: 20 }),
      requestUsPerSpan: fc.double({ min: 0.3, max: 3, noNaN: true }),
      decisionUsPerSpan: fc.double({ min: 0.2, max: 6, noNaN: true }),
    })
    .filter(
      ({ requestUsPerSpan, decisionUsPerSpan, requestsPerLoop, spansPerRequest }) =>
        decisionUsPerSpan < 6 * requestUsPerSpan && requestsPerLoop * spansPerRequest * requestUsPerSpan < 4000,
    );
  fc.assert(
    fc.property(load, (one) => {
      const { received, decided, lateMs } = run(one);
      // Neither side has more than its cost says, give or take what waits.
      expect(decided).toBeGreaterThan(received * 0.8);
      const fair = (SECONDS * 1e6) / (one.requestUsPerSpan + one.decisionUsPerSpan);
      expect(received).toBeGreaterThan(fair * 0.8);
      // At most what came in during one wait, without any decision, takes to decide.
      expect(lateMs).toBeLessThan(WAIT_MS * (one.decisionUsPerSpan / one.requestUsPerSpan) + 100);
    }),
    { seed: 8, numRuns: 60 },
  );
});

test('a turn is at least a millisecond, and no longer than 25 unless requests took longer', () => {
  const share = new WorkShare();
  expect(share.turnMs(0)).toBe(1);
  share.request(10);
  expect(share.turnMs(10_000)).toBe(25);
  share.request(60);
  expect(share.turnMs(10_000)).toBe(60);
  expect(share.turnMs(10_000)).toBe(1);
  expect(share.requestsMs).toBe(70);
});
