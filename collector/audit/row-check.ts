// Compares the rows of one table with what was acknowledged: finds blocks, or rows of them, that the store lost, and blocks that it has twice.
import { AUDIT_HORIZON_S, type AuditedTable } from './audited.ts';
import type { AuditStore } from './audit-store.ts';
import { compareSeconds, confirmed, differentMinutes, type Difference, type Judgement, type StoredCount } from './compare.ts';
import { Expectations } from './expectations.ts';
import { isTooMuch, sum } from './small.ts';

/** Seconds younger than this may still be written. */
const SETTLE_S = 2;
/** So many seconds, and up to a minute more, are compared by themselves; what is older by the minute. */
const RECENT_S = 180;
/** Minutes that differ whose seconds are looked at in one run: beyond, the minute stands for itself. */
const MAX_MINUTES = 120;
/** The store is asked how long it keeps rows this often, s. */
const TTL_EVERY_S = 600;
/** Rows are compared while they are younger than this part of what the table keeps. */
const TTL_SHARE = 0.9;
/** Of a table whose TTL was written by hand only so much is compared, s. */
const UNKNOWN_TTL_S = 600;
/** How far back a comparison looks at least, s, where the store cannot answer for more in time. */
const LEAST_HORIZON_S = 300;
/** An answer within this time may be asked for more, ms. */
const FAST_MS = 1000;

export class RowCheck {
  readonly expected = new Expectations();
  /** Of the last run, confirmed by the one before. */
  differences: Difference[] = [];
  readonly #table: AuditedTable['table'];
  readonly #store: AuditStore;
  readonly #nowMs: () => number;
  readonly #pending: () => ReadonlySet<number | undefined>;
  #seen: Difference[] = [];
  #horizonS = AUDIT_HORIZON_S;
  #keptS = 0;
  #askedTtlS = -Infinity;

  /** @param pending seconds of blocks that are not acknowledged; undefined for a block that does not say */
  constructor(table: AuditedTable['table'], store: AuditStore, nowMs: () => number, pending: () => ReadonlySet<number | undefined>) {
    this.#table = table;
    this.#store = store;
    this.#nowMs = nowMs;
    this.#pending = pending;
  }

  get missing(): number {
    return sum(this.differences.map((one) => one.missing));
  }

  get doubled(): number {
    return sum(this.differences.map((one) => one.doubled));
  }

  forget(): void {
    this.#seen = [];
    this.differences = [];
  }

  /** Compares once. @param since what is older is not known @returns the second it looked back to, and what is worse than before */
  async run(since: number): Promise<{ from: number; worse: Difference[] }> {
    const to = Math.floor(this.#nowMs() / 1000) - SETTLE_S;
    const from = Math.max(since, to - Math.min(this.#horizonS, await this.#kept()));
    if (from >= to) return { from, worse: [] };
    const before = this.differences;
    const seen = (await this.#compare(since, from, to)).filter(({ second }) => second >= since);
    this.differences = confirmed(this.#seen, seen);
    this.#seen = seen;
    const worse = this.differences.filter((now) => {
      const earlier = before.find(({ second }) => second === now.second);
      return now.missing > (earlier?.missing ?? 0) || now.doubled > (earlier?.doubled ?? 0);
    });
    return { from, worse };
  }

  async #kept(): Promise<number> {
    const nowS = this.#nowMs() / 1000;
    if (nowS - this.#askedTtlS >= TTL_EVERY_S) {
      this.#keptS = Math.floor(((await this.#store.ttl(this.#table)) ?? UNKNOWN_TTL_S) * TTL_SHARE);
      this.#askedTtlS = nowS;
    }
    return this.#keptS;
  }

  async #compare(since: number, from: number, to: number): Promise<Difference[]> {
    const { expected } = this;
    const recent = Math.floor((to - RECENT_S) / 60) * 60;
    // From the beginning of a minute on: nothing is expected of what comes before it is known.
    const firstMinute = Math.floor(from / 60) * 60;
    const start = firstMinute < recent ? firstMinute : from;
    const judge = this.#judgement();
    const minutes = new Map<number, StoredCount>();
    const seconds = new Map<number, StoredCount>();
    for (const count of await this.#counts(start, recent, to)) (count.second >= recent ? seconds : minutes).set(count.second, count);
    const seen = compareSeconds(seconds, Math.max(start, recent), to, judge());
    if (firstMinute >= recent) return seen;
    const different = differentMinutes(minutes, firstMinute, recent, judge());
    const looked = different.slice(-MAX_MINUTES);
    if (looked.length > 0) {
      const found = new Map((await this.#store.countsOf(this.#table, looked)).map((count) => [count.second, count]));
      for (const minute of looked) seen.push(...compareSeconds(found, minute, minute + 60, judge()));
    }
    const { open } = judge();
    for (const minute of different.slice(0, -MAX_MINUTES)) {
      const all = Array.from({ length: 60 }, (_, i) => minute + i);
      const more = (minutes.get(minute)?.rows ?? 0) - sum(all.map((second) => expected.rows(second)));
      if (more !== 0 && !all.some((second) => open.has(second))) seen.push({ second: Math.max(minute, since), missing: Math.max(0, -more), doubled: Math.max(0, more) });
    }
    return seen;
  }

  /** What is on its way now, and until each call: blocks that are sent or acknowledged while the store is asked leave their seconds open. */
  #judgement(): () => Judgement {
    const { expected } = this;
    const open = new Set<number>();
    let mayHaveMore = false;
    const note = (): void => {
      for (const second of this.#pending()) {
        if (second === undefined) mayHaveMore = true;
        else open.add(second);
      }
      for (const second of expected.takeChanged()) open.add(second);
    };
    expected.takeChanged();
    note();
    return () => {
      note();
      return { expected, open, mayHaveMore };
    };
  }

  /** Looks back less far where the store cannot answer in time, as where a table is large and its projection is not there. */
  async #counts(start: number, recent: number, to: number): Promise<StoredCount[]> {
    const askedMs = this.#nowMs();
    try {
      const counts = await this.#store.counts(this.#table, start, recent, to);
      if (this.#nowMs() - askedMs < FAST_MS) this.#horizonS = Math.min(AUDIT_HORIZON_S, this.#horizonS * 2);
      return counts;
    } catch (error) {
      if (isTooMuch(error)) this.#horizonS = Math.max(LEAST_HORIZON_S, Math.floor(this.#horizonS / 2));
      throw error;
    }
  }
}
