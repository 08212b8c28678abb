// Compares the rows of one table with what was acknowledged: finds blocks, or rows of them, that the store lost, and blocks that it has twice.
import { AUDIT_HORIZON_S, type AuditedTable } from './audited.ts';
import type { AuditStore, StoredPart } from './audit-store.ts';
import { compareSeconds, confirmed, type Difference } from './compare.ts';
import { PartCounts } from './part-counts.ts';
import { SecondCounts } from './second-counts.ts';
import { sum } from './small.ts';

/** Seconds younger than this may still be written. */
const SETTLE_S = 2;
/** The store is asked how long it keeps rows this often, s. */
const TTL_EVERY_S = 600;
/** Rows are compared while they are younger than this part of what the table keeps. */
const TTL_SHARE = 0.9;
/** Of a table whose TTL was written by hand only so much is compared, s. */
const UNKNOWN_TTL_S = 600;

export class RowCheck {
  /** Of the last run, confirmed by the one before. */
  differences: Difference[] = [];
  readonly counts: PartCounts;
  readonly #expected = new SecondCounts();
  readonly #table: AuditedTable['table'];
  readonly #store: AuditStore;
  readonly #nowMs: () => number;
  readonly #pending: () => ReadonlySet<number | undefined>;
  /** Seconds that blocks were acknowledged for, and that were pending, since the last run began. */
  readonly #changed = new Set<number>();
  #open: ReadonlySet<number | undefined> = new Set();
  /** Seconds of which blocks may have been forgotten when the machine failed. */
  readonly #uncertain = new Set<number>();
  #seen: Difference[] = [];
  #keptS = 0;
  #askedTtlS = -Infinity;

  /** @param pending seconds of blocks that are not acknowledged; undefined for a block that does not say */
  constructor(
    table: AuditedTable['table'],
    store: AuditStore,
    nowMs: () => number,
    pending: () => ReadonlySet<number | undefined>,
  ) {
    this.counts = new PartCounts(table, store);
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

  /** A block was acknowledged. */
  expect(second: number, rows: number, digest: number): void {
    this.#expected.add(second, rows, digest);
    this.#changed.add(second);
  }

  /** Rows acknowledged in the seconds [from, to]. */
  expectedRows(from: number, to: number): number {
    let rows = 0;
    for (let second = from; second <= to; second++) rows += this.#expected.rows(second);
    return rows;
  }

  /** Of the newest second only some blocks may be known. */
  doubtNewest(): void {
    this.#uncertain.add(this.#expected.newest());
  }

  forget(): void {
    this.#seen = [];
    this.differences = [];
  }

  /** What is acknowledged from now on may or may not be in the parts that are asked for next. */
  begin(): void {
    this.#changed.clear();
    this.#open = new Set(this.#pending());
  }

  /**
   * Compares once, after {@link begin}.
   * @param parts of the table, asked for since; again where that is true
   * @param since seconds before are not known
   * @returns the second it looked back to, and what is worse than before
   */
  async run(
    parts: (again: boolean) => Promise<readonly StoredPart[]>,
    since: number,
  ): Promise<{ from: number; worse: Difference[] }> {
    const to = Math.floor(this.#nowMs() / 1000) - SETTLE_S;
    const from = Math.max(since, to - Math.min(AUDIT_HORIZON_S, await this.#kept()));
    if (from >= to) return { from, worse: [] };
    let uncounted = await this.counts.update(await parts(false), from);
    // A part may be merged away before it is counted: what it became is counted then.
    if (uncounted.length > 0) uncounted = await this.counts.update(await parts(true), from);
    // Blocks that are sent or acknowledged while the store is asked leave their seconds open.
    const seconds = [...this.#open, ...this.#pending(), ...this.#changed];
    const open = new Set(seconds.filter((second) => second !== undefined));
    const mayHaveMore = seconds.includes(undefined);
    const seen = compareSeconds(from, to, {
      expected: this.#expected,
      stored: this.counts.stored,
      open,
      uncounted,
      mayHaveMore,
      uncertain: this.#uncertain,
    });
    const before = this.differences;
    this.differences = confirmed(this.#seen, seen);
    this.#seen = seen;
    const worse = this.differences.filter((now) => {
      const earlier = before.find(({ second }) => second === now.second);
      return now.missing > (earlier?.missing ?? 0) || now.doubled > (earlier?.doubled ?? 0);
    });
    return { from: Math.max(from, ...uncounted.map((range) => Math.min(to, range.to + 1))), worse };
  }

  async #kept(): Promise<number> {
    const nowS = this.#nowMs() / 1000;
    if (nowS - this.#askedTtlS >= TTL_EVERY_S) {
      this.#keptS = Math.floor(((await this.#store.ttl(this.#table)) ?? UNKNOWN_TTL_S) * TTL_SHARE);
      this.#askedTtlS = nowS;
    }
    return this.#keptS;
  }
}
