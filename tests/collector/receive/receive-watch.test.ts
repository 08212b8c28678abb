// Bodies that come too slowly are cut, by looks and not by the clock.
import { expect, it } from 'vitest';
import { DEFAULT_WATCH_LIMITS, ReceiveWatch, type WatchedRequest } from '#collector/receive/receive-watch.ts';

class Request implements WatchedRequest {
  receivedBytes = 0;
  isWhole = false;
  cuts: string[] = [];

  cut(why: string): void {
    this.cuts.push(why);
  }
}

/** Looks until the request is cut, at most `most` times; how many that took. */
function looksUntilCut(request: Request, each: (look: number) => void = () => undefined, most = 1000): number {
  const watch = new ReceiveWatch();
  watch.add(request);
  let looks = 0;
  while (request.cuts.length === 0 && looks < most) {
    each(++looks);
    watch.look();
  }
  return looks;
}

it('a body that stalls is cut, with what came of it', () => {
  const request = new Request();
  request.receivedBytes = 500;
  expect(looksUntilCut(request)).toBe(DEFAULT_WATCH_LIMITS.rateLooks);
  expect(request.cuts).toEqual(['only 500 bytes of the request came in 10 s']);
});

it('a body that stalls after much of it has come is cut as soon', () => {
  const request = new Request();
  request.receivedBytes = 51 * 1024 * 1024;
  expect(looksUntilCut(request)).toBe(2 * DEFAULT_WATCH_LIMITS.rateLooks);
  expect(request.cuts).toEqual(['only 0 bytes of the request came in 10 s']);
});

it('a body at the least rate has its whole time', () => {
  const request = new Request();
  expect(looksUntilCut(request, () => (request.receivedBytes += 1024))).toBe(DEFAULT_WATCH_LIMITS.wholeLooks);
  expect(request.cuts).toEqual(['the request was not whole after 60 s']);
});

it('a whole request may be held, and is not kept for ever', () => {
  const request = new Request();
  request.isWhole = true;
  expect(looksUntilCut(request)).toBe(DEFAULT_WATCH_LIMITS.answerLooks);
});

it('forgets what was answered', () => {
  const watch = new ReceiveWatch();
  const request = new Request();
  watch.add(request);
  watch.remove(request);
  for (let look = 0; look < 200; look++) watch.look();
  expect([request.cuts, watch.size]).toEqual([[], 0]);
});
