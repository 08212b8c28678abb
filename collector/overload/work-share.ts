// Shares the one thread between requests and decisions: while decisions are due, they get turns as long as requests took since the last
// one, and longer ones the more they are behind. So neither starves the other, and how late a decision is has a bound, whatever is offered.
import type { Metric } from '#collector/model/metric-table.ts';

/** Turns are no shorter: even when no request comes something gets done. */
const LEAST_TURN_MS = 1;
/** Nor longer, unless requests took longer themselves: a request waits no longer than this for its turn. */
const MOST_TURN_MS = 25;
/**
 * A turn is as long as requests took since the last one. For each BEHIND_MS that decisions are late it is longer by the same time again,
 * up to MOST_SHARES times.
 */
const BEHIND_MS = 25;
const MOST_SHARES = 8;

export class WorkShare {
  /** Time of requests and of decisions since the start, ms. */
  requestsMs = 0;
  decisionsMs = 0;
  #sinceTurnMs = 0;

  /** A request took so long. */
  request(ms: number): void {
    this.requestsMs += ms;
    this.#sinceTurnMs += ms;
  }

  /** How long the next turn of decisions may be, ms. @param behindMs how late the earliest decision is */
  turnMs(behindMs: number): number {
    const shares = Math.min(MOST_SHARES, 1 + behindMs / BEHIND_MS);
    const ms = Math.min(Math.max(MOST_TURN_MS, this.#sinceTurnMs), Math.max(LEAST_TURN_MS, this.#sinceTurnMs * shares));
    this.#sinceTurnMs = 0;
    return ms;
  }

  /** A turn of decisions took so long. */
  turn(ms: number): void {
    this.decisionsMs += ms;
  }
}

export const WORK_METRICS: readonly Metric<WorkShare>[] = [
  {
    name: 'winnow_work_seconds_total',
    kind: 'counter',
    labels: ['on'],
    help: 'time spent on requests and on decisions, in one thread',
    read: ({ requestsMs, decisionsMs }) => [
      [{ on: 'requests' }, requestsMs / 1000],
      [{ on: 'decisions' }, decisionsMs / 1000],
    ],
  },
];
