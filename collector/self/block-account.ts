// What becomes of the items in blocks, for the ledger: stored when ClickHouse has their rows, dropped when a block is given up, over all lives of a
// data directory.
import { AckQueue } from './ack-queue.ts';
import type { LedgerAccount, WaitingBlock } from './ledger-account.ts';
import type { Ledger } from './ledger.ts';

/** Tables whose rows metric points wait for. */
export type PointTable = 'samples' | 'histograms';

function isPointTable(table: string): table is PointTable {
  return table === 'samples' || table === 'histograms';
}

/** Metric points, which count as stored when all their rows are. */
export interface AwaitedPoints {
  await(table: PointTable, points: number): void;
  appended(table: PointTable, rows: number): void;
  done(table: PointTable, rows: number, lossReason?: string): void;
}

export class BlockAccount {
  readonly #ledger: Ledger;
  readonly #points: AwaitedPoints;
  /** Spans count as stored when search can find their trace: after the summary rows appended until then. */
  readonly #spans: AckQueue;

  constructor(ledger: Ledger, points: AwaitedPoints) {
    this.#ledger = ledger;
    this.#points = points;
    this.#spans = new AckQueue((spans) => {
      ledger.traces.stored += spans;
    });
  }

  /** Spans in ClickHouse whose trace cannot be found yet, as its summary was not acknowledged. */
  get unsummarisedSpans(): number {
    return this.#spans.awaited;
  }

  /** The summary of a trace became a row. */
  summarised(): void {
    this.#spans.appended(1);
  }

  /** A block was acknowledged by the store. */
  stored(table: string, rows: number): void {
    if (table === 'spans') this.#spans.await(rows);
    else if (table === 'traces') this.#spans.done(rows);
    else if (table === 'logs') this.#ledger.logs.stored += rows;
    else if (isPointTable(table)) this.#points.done(table, rows);
  }

  /** A block that was given up is sent after all: its rows are received once more. */
  back(table: string, rows: number): void {
    if (table === 'traces') this.#spans.appended(rows);
    else if (isPointTable(table)) this.#points.appended(table, rows); // nobody knows which points they belong to: only the rows are awaited
    else if (table === 'spans') this.#ledger.traces.receive(rows, 'spool', 'native');
    else if (table === 'logs') this.#ledger.logs.receive(rows, 'spool', 'native');
  }

  /** A block was given up. */
  lost(table: string, rows: number, reason: string): void {
    if (table === 'spans') this.#ledger.traces.drop(rows, reason);
    else if (table === 'traces') this.#spans.done(rows);
    else if (table === 'logs') this.#ledger.logs.drop(rows, reason);
    else if (isPointTable(table)) this.#points.done(table, rows, reason);
  }

  /**
   * Blocks of an earlier life: those that still wait, those found damaged (they count as lost already), and what became of those that waited at
   * the last commit and are in neither list.
   * @param account of the last commit; undefined: there is none
   * @param isRefused whether a block was set aside because ClickHouse refuses it
   */
  recover(
    account: LedgerAccount | undefined,
    waiting: readonly WaitingBlock[],
    damaged: readonly WaitingBlock[],
    isRefused: (seq: number) => boolean,
  ): void {
    const counted = new Map((account?.blocks ?? []).map((block) => [block[0], block]));
    const aside = account?.aside === undefined ? undefined : new Set(account.aside);
    for (const [seq, table, rows] of [...waiting, ...damaged]) {
      // ClickHouse had acknowledged it: its file could not be removed before the end, or loss of power brought it back.
      const isStored = aside?.has(seq) === false && !counted.has(seq);
      if (isStored && table === 'spans') this.#ledger.traces.stored -= rows;
      else if (isStored && table === 'logs') this.#ledger.logs.stored -= rows;
      else if (!counted.delete(seq) || table === 'traces' || isPointTable(table)) this.back(table, rows);
    }
    if (account === undefined) return;
    let spans = account.unsummarisedSpans;
    for (const [seq, table, rows] of counted.values()) {
      if (isRefused(seq)) {
        if (table === 'traces' || isPointTable(table)) this.back(table, rows);
        this.lost(table, rows, 'ClickHouse refuses the block');
      } else if (table === 'spans') spans += rows;
      else if (table === 'logs') this.#ledger.logs.stored += rows;
    }
    this.#spans.await(spans);
    this.#points.await('samples', account.points);
    this.#points.await('histograms', account.histograms ?? 0);
  }
}
