// Brings what a shard emits to where it belongs: counts into the ledger, rows into the tables of the store, decided traces into the
// next commit, and what joins several traces to those who join it.
import type { FactsOfShard } from '#collector/derive/global/global-facts.ts';
import { appendDecidedRows, type DecidedRows } from '#collector/rows/decided-rows.ts';
import type { TraceTables } from '#collector/rows/trace-tables.ts';
import type { DecidedEntries } from '#collector/wal/decided-traces.ts';
import type { ShardOutput } from '../messages.ts';
import { addCounts, type TraceLedger } from '../span-counts.ts';
import type { ShardReceiver } from './shard-link.ts';

/** Who wants to know, beside ledger and tables. */
export interface ShardObserver {
  /** A row of `traces` was appended. */
  noteSummary(row: DecidedRows['traces'][number]): void;
  noteDecided(entries: DecidedEntries): void;
  noteFailure(error: string): void;
}

export class OutputReceiver implements ShardReceiver {
  readonly #ledger: TraceLedger;
  readonly #tables: TraceTables;
  readonly #facts: FactsOfShard;
  readonly #observer: ShardObserver;

  constructor(ledger: TraceLedger, tables: TraceTables, facts: FactsOfShard, observer: ShardObserver) {
    this.#facts = facts;
    this.#ledger = ledger;
    this.#tables = tables;
    this.#observer = observer;
  }

  receive(output: ShardOutput): void {
    switch (output.kind) {
      case 'span-counts':
        return addCounts(output.counts, this.#ledger);
      case 'rows':
        appendDecidedRows(output.rows, this.#tables);
        for (const row of output.rows.traces) this.#observer.noteSummary(row);
        return;
      case 'decided':
        return this.#observer.noteDecided(output.entries);
      case 'names':
        return this.#facts.addNames(output.names);
      case 'edge-facts':
        return this.#facts.addEdgeFacts(output.facts);
      case 'derived':
        return this.#facts.addPart(output.part);
      case 'failure':
        return this.#observer.noteFailure(output.error);
      default:
        return;
    }
  }
}
