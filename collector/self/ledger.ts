// Where every item went: received = stored + sampled_out + rejected + dropped + pending, to the item, for each signal, over all lives of a data
// directory. Plain counts, added to per request or per decision; pending is counted where items lie, so that a difference means something.
import type { LedgerAnswer } from '#proto/admin/answers.ts';
import type { Signal } from '#proto/otlp/signal.ts';
import type { Encoding, Transport } from '../receive/intake.ts';

/** The names of one signal's items in metric names. */
export const ITEM_NAMES: Readonly<Record<Signal, string>> = {
  traces: 'spans',
  logs: 'log_records',
  metrics: 'metric_points',
};

/** The counts of one signal as the write-ahead log keeps them: each list is of pairs. */
export interface SignalCounts {
  readonly stored: number;
  readonly received: readonly (readonly [string, number])[];
  readonly sampledOut: readonly (readonly [string, number])[];
  readonly rejected: readonly (readonly [string, number])[];
  readonly dropped: readonly (readonly [string, number])[];
  readonly refused: readonly (readonly [string, number])[];
}

export type LedgerCounts = Readonly<Record<Signal, SignalCounts>>;

export class SignalLedger {
  readonly #received = new Map<string, number>();
  readonly #sampledOut = new Map<string, number>();
  readonly #rejected = new Map<string, number>();
  readonly #dropped = new Map<string, number>();
  readonly #refused = new Map<string, number>();
  /** Acknowledged by the store. */
  stored = 0;
  receivedTotal = 0;
  /** … of it in requests, and not back from the spool or the rescue ring. */
  receivedInRequests = 0;
  sampledOutTotal = 0;
  rejectedTotal = 0;
  droppedTotal = 0;
  /** Counts the items that are buffered, encoded, spooled or on their way, where they lie. */
  countPending: () => number = () => 0;

  /** `spool native`: blocks of a version that kept no ledger, or that were given up and are sent after all; `wal native`: a request of a log without ledger. `rescue native`: sampled out before, and back. */
  receive(items: number, transport: Transport | 'spool' | 'rescue', encoding: Encoding | 'native'): void {
    this.receivedTotal += items;
    if (encoding !== 'native') this.receivedInRequests += items;
    add(this.#received, `${transport} ${encoding}`, items);
  }

  /** Kept by no rule: left out on purpose. */
  sampleOut(items: number, rule: string): void {
    this.sampledOutTotal += items;
    add(this.#sampledOut, rule, items);
  }

  /** Invalid by itself (a bad id, say): reported to the sender in partial_success. */
  reject(items: number, reason: string): void {
    this.rejectedTotal += items;
    add(this.#rejected, reason, items);
  }

  /** Valid and accepted, yet not stored: a named loss. */
  drop(items: number, reason: string): void {
    this.droppedTotal += items;
    add(this.#dropped, reason, items);
  }

  /** A whole request turned away before its items were counted. */
  refuse(reason: string): void {
    add(this.#refused, reason, 1);
  }

  /** Items that are buffered, encoded, spooled or on their way to the store. */
  get pending(): number {
    return this.countPending();
  }

  /** Received, and not yet stored, sampled out, rejected or dropped: so many items have to be pending. */
  get open(): number {
    return this.receivedTotal - this.stored - this.sampledOutTotal - this.rejectedTotal - this.droppedTotal;
  }

  /** 0 in a correct ledger. Above 0: so many items were lost without being counted. Below 0: so many were counted twice. */
  get imbalance(): number {
    return this.open - this.pending;
  }

  /** For {@link restore}. */
  counts(): SignalCounts {
    return {
      stored: this.stored,
      received: [...this.#received],
      sampledOut: [...this.#sampledOut],
      rejected: [...this.#rejected],
      dropped: [...this.#dropped],
      refused: [...this.#refused],
    };
  }

  /** Goes on from the counts of an earlier life. */
  restore({ stored, received, sampledOut, rejected, dropped, refused }: SignalCounts): void {
    this.stored += stored;
    this.receivedTotal += addAll(this.#received, received);
    for (const [key, items] of received) if (!key.endsWith(' native')) this.receivedInRequests += items;
    this.sampledOutTotal += addAll(this.#sampledOut, sampledOut);
    this.rejectedTotal += addAll(this.#rejected, rejected);
    this.droppedTotal += addAll(this.#dropped, dropped);
    addAll(this.#refused, refused);
  }

  receivedBy(): { transport: string; encoding: string; items: number }[] {
    return [...this.#received].map(([key, items]) => {
      const [transport = '', encoding = ''] = key.split(' ');
      return { transport, encoding, items };
    });
  }

  sampledOutByRule(): [rule: string, items: number][] {
    return [...this.#sampledOut];
  }

  rejectedByReason(): [reason: string, items: number][] {
    return [...this.#rejected];
  }

  droppedByReason(): [reason: string, items: number][] {
    return [...this.#dropped];
  }

  refusedByReason(): [reason: string, requests: number][] {
    return [...this.#refused];
  }
}

function add(counts: Map<string, number>, key: string, items: number): void {
  if (items !== 0) counts.set(key, (counts.get(key) ?? 0) + items);
}

/** Returns their sum. */
function addAll(counts: Map<string, number>, more: readonly (readonly [string, number])[]): number {
  for (const [key, items] of more) add(counts, key, items);
  return more.reduce((sum, [, items]) => sum + items, 0);
}

export class Ledger {
  readonly traces = new SignalLedger();
  readonly logs = new SignalLedger();
  readonly metrics = new SignalLedger();

  counts(): LedgerCounts {
    return { traces: this.traces.counts(), logs: this.logs.counts(), metrics: this.metrics.counts() };
  }

  restore(counts: LedgerCounts): void {
    for (const signal of ['traces', 'logs', 'metrics'] as const) this[signal].restore(counts[signal]);
  }

  /** Items received in requests, and not back from the spool or the rescue ring. */
  receivedInRequests(): Record<Signal, number> {
    const { traces, logs, metrics } = this;
    return { traces: traces.receivedInRequests, logs: logs.receivedInRequests, metrics: metrics.receivedInRequests };
  }

  /** The shape of GET /api/ledger. */
  toJson(): Pick<LedgerAnswer, 'spans' | 'log_records' | 'metric_points'> {
    return {
      spans: ledgerJson(this.traces),
      log_records: ledgerJson(this.logs),
      metric_points: ledgerJson(this.metrics),
    };
  }
}

function ledgerJson(ledger: SignalLedger): LedgerAnswer['spans'] {
  return {
    received: ledger.receivedTotal,
    stored: ledger.stored,
    sampled_out: ledger.sampledOutTotal,
    rejected: ledger.rejectedTotal,
    dropped: ledger.droppedTotal,
    pending: ledger.pending,
    imbalance: ledger.imbalance,
    sampled_out_by_rule: ledger.sampledOutByRule().map(([rule, count]) => ({ rule, count })),
    rejected_by_reason: ledger.rejectedByReason().map(([reason, count]) => ({ reason, count })),
    dropped_by_reason: ledger.droppedByReason().map(([reason, count]) => ({ reason, count })),
  };
}
