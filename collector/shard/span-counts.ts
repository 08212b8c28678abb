// What became of spans, gathered between two messages: the ledger of the process is brought up to date with them.
import type { Encoding, Transport } from '#collector/receive/intake.ts';

/** Where spans of traces are counted: the ledger of the process, or {@link GatheredCounts} on the way to it. */
export interface TraceLedger {
  receive(spans: number, transport: Transport | 'rescue', encoding: Encoding | 'native'): void;
  sampleOut(spans: number, rule: string): void;
  reject(spans: number, reason: string): void;
  drop(spans: number, reason: string): void;
  /** A whole request was turned away before its spans were counted. */
  refuse(reason: string): void;
}

/** Each entry once. */
export interface SpanCounts {
  readonly received: readonly Received[];
  /** By rule. */
  readonly sampledOut: readonly Counted[];
  /** By reason. */
  readonly rejected: readonly Counted[];
  readonly dropped: readonly Counted[];
  /** Requests, by reason. */
  readonly refused: readonly Counted[];
}

interface Counted {
  readonly of: string;
  count: number;
}

interface Received {
  readonly transport: Transport | 'rescue';
  readonly encoding: Encoding | 'native';
  count: number;
}

/** HOT: per request and decided trace; the lists are as short as there are rules and reasons. */
export class GatheredCounts implements TraceLedger {
  #received: Received[] = [];
  #sampledOut: Counted[] = [];
  #rejected: Counted[] = [];
  #dropped: Counted[] = [];
  #refused: Counted[] = [];
  #isEmpty = true;

  receive(spans: number, transport: Received['transport'], encoding: Received['encoding']): void {
    if (spans === 0) return;
    this.#isEmpty = false;
    const known = this.#received.find((entry) => entry.transport === transport && entry.encoding === encoding);
    if (known === undefined) this.#received.push({ transport, encoding, count: spans });
    else known.count += spans;
  }

  sampleOut(spans: number, rule: string): void {
    this.#add(this.#sampledOut, spans, rule);
  }

  reject(spans: number, reason: string): void {
    this.#add(this.#rejected, spans, reason);
  }

  drop(spans: number, reason: string): void {
    this.#add(this.#dropped, spans, reason);
  }

  refuse(reason: string): void {
    this.#add(this.#refused, 1, reason);
  }

  /** What was counted since the last call; undefined: nothing. */
  flush(): SpanCounts | undefined {
    if (this.#isEmpty) return undefined;
    const counts: SpanCounts = {
      received: this.#received,
      sampledOut: this.#sampledOut,
      rejected: this.#rejected,
      dropped: this.#dropped,
      refused: this.#refused,
    };
    this.#received = [];
    this.#sampledOut = [];
    this.#rejected = [];
    this.#dropped = [];
    this.#refused = [];
    this.#isEmpty = true;
    return counts;
  }

  #add(entries: Counted[], count: number, of: string): void {
    if (count === 0) return;
    this.#isEmpty = false;
    const known = entries.find((entry) => entry.of === of);
    if (known === undefined) entries.push({ of, count });
    else known.count += count;
  }
}

/** Adds what a shard has counted to the ledger of the process. */
export function addCounts(counts: SpanCounts, ledger: TraceLedger): void {
  for (const { transport, encoding, count } of counts.received) ledger.receive(count, transport, encoding);
  for (const { of, count } of counts.sampledOut) ledger.sampleOut(count, of);
  for (const { of, count } of counts.rejected) ledger.reject(count, of);
  for (const { of, count } of counts.dropped) ledger.drop(count, of);
  for (const { of, count } of counts.refused) for (let i = 0; i < count; i++) ledger.refuse(of);
}
