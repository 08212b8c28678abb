// Where every item went: received = stored + sampled_out + rejected + dropped + pending, to the item, for each signal.
// Plain counts, added to per request or per decision; read by /metrics, /ledger and the UI.
import type { Encoding, Signal, Transport } from '../receive/intake.ts';

/** The names of one signal's items in metric names. */
export const ITEM_NAMES: Readonly<Record<Signal, string>> = { traces: 'spans', logs: 'log_records', metrics: 'metric_points' };

export class SignalLedger {
  readonly #received = new Map<string, number>();
  readonly #sampledOut = new Map<string, number>();
  readonly #rejected = new Map<string, number>();
  readonly #dropped = new Map<string, number>();
  readonly #refused = new Map<string, number>();
  /** Acknowledged by the store. */
  stored = 0;
  receivedTotal = 0;
  sampledOutTotal = 0;
  rejectedTotal = 0;
  droppedTotal = 0;

  /** `spool native`: accepted by an earlier life of the process and stored by this one; likewise the transport `wal`. `rescue native`: sampled out before, and back. */
  receive(items: number, transport: Transport | 'spool' | 'rescue', encoding: Encoding | 'native'): void {
    this.receivedTotal += items;
    add(this.#received, `${transport} ${encoding}`, items);
  }

  /** Kept by no rule: left out on purpose. */
  sampleOut(items: number, rule: string): void {
    this.sampledOutTotal += items;
    add(this.#sampledOut, rule, items);
  }

  /** Invalid by itself (a bad id, say): told to the sender in partial_success. */
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

  /** What is neither stored nor accounted for yet: buffered, encoded, spooled or on its way. */
  get pending(): number {
    return this.receivedTotal - this.stored - this.sampledOutTotal - this.rejectedTotal - this.droppedTotal;
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

export class Ledger {
  readonly traces = new SignalLedger();
  readonly logs = new SignalLedger();
  readonly metrics = new SignalLedger();

  /** The shape of GET /api/ledger. */
  toJson(): Record<string, unknown> {
    return Object.fromEntries((['traces', 'logs', 'metrics'] as const).map((signal) => [ITEM_NAMES[signal], ledgerJson(this[signal])]));
  }
}

function ledgerJson(ledger: SignalLedger): Record<string, unknown> {
  return {
    received: ledger.receivedTotal,
    stored: ledger.stored,
    sampled_out: ledger.sampledOutTotal,
    rejected: ledger.rejectedTotal,
    dropped: ledger.droppedTotal,
    pending: ledger.pending,
    sampled_out_by_rule: ledger.sampledOutByRule().map(([rule, count]) => ({ rule, count })),
    rejected_by_reason: ledger.rejectedByReason().map(([reason, count]) => ({ reason, count })),
    dropped_by_reason: ledger.droppedByReason().map(([reason, count]) => ({ reason, count })),
  };
}
