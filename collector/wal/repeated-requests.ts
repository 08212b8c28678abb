// A crash may come between writing a request and answering it: its sender sends it again, byte for byte. It is known here, and not taken twice.
import { hash } from 'node:crypto';
import type { IntakeRequest } from '../receive/intake.ts';

/** Requests of the last seconds before a crash are those that nobody was told about. */
const TAIL_MS = 5000;
/** At most so many of them. */
const MOST_REQUESTS = 16_384;
/** Clients that try again do so within this time. */
const FORGET_AFTER_MS = 120_000;

export class RepeatedRequests {
  /** Requests recognised so far. */
  recognised = 0;
  /** Digest of each, and when it was written. */
  readonly #known = new Map<string, number>();
  #openedMs = Infinity;

  /** A request of the log, in its order. */
  add(request: Pick<IntakeRequest, 'signal' | 'body'>, atMs: number): void {
    this.#known.set(digest(request), atMs);
    for (const [oldest, writtenMs] of this.#known) {
      if (this.#known.size <= MOST_REQUESTS && atMs - writtenMs <= TAIL_MS) return;
      this.#known.delete(oldest);
    }
  }

  /** Requests come in from now on. */
  open(nowMs: number): void {
    this.#openedMs = nowMs;
  }

  /** Whether it was taken by the earlier life. Each is recognised once. */
  has(request: IntakeRequest, nowMs: number): boolean {
    if (this.#known.size === 0) return false;
    if (nowMs - this.#openedMs > FORGET_AFTER_MS) {
      this.#known.clear();
      return false;
    }
    if (!this.#known.delete(digest(request))) return false;
    this.recognised++;
    return true;
  }
}

/** Names a request by all of its bytes. */
export function digest({ signal, body }: Pick<IntakeRequest, 'signal' | 'body'>): string {
  return `${signal} ${hash('sha256', body, 'base64')}`;
}
