// Sends what waits in the spool: by turns over the signals, as much at a time as the store copes with, each block under its own token until
// it is acknowledged.
import { SIGNALS, type Signal } from '#proto/otlp/signal.ts';
import { Circuit } from './circuit.ts';
import { DrainRate } from './drain-rate.ts';
import { classifyInsertError, textOf, type InsertError, type InsertErrorKind } from './insert-errors.ts';
import { isMissing } from './patience.ts';
import { Refusals } from './refusals.ts';
import { DamagedBlock } from './spool-file.ts';
import type { AsideKind } from './spool-names.ts';
import type { Spool, SpoolEntry } from './spool.ts';
import { TablePauses } from './table-pauses.ts';

/** One lane is left to the others, so that a flood of one signal never has all of them. */
const MAX_IN_FLIGHT_OF_SIGNAL = 3;
/** Bytes of blocks on their way; a larger one travels alone. */
const MAX_IN_FLIGHT_BYTES = 64 * 1024 * 1024;
/** A block that cannot be read, renamed or looked for is tried again after so long. */
const SYSTEM_RETRY_MS = 1_000;
/** A file that is missing in a directory that can be listed is given up after so long: somebody has removed it. */
const MISSING_FOR_MS = 60_000;
const LOG_EVERY_MS = 30_000;
/** Attempts of a block that are logged one by one. */
const LOGGED_FAILURES = 5;

export type InsertResult = 'stored' | InsertErrorKind;
export const INSERT_RESULTS: readonly InsertResult[] = ['stored', 'away', 'overloaded', 'refused'];

export interface SenderOptions {
  readonly spool: Spool;
  readonly insert: (table: string, columns: readonly string[], bytes: Buffer, token: string) => Promise<void>;
  /** A question that costs the store next to nothing. Without it a refusal itself says that the store answers. */
  readonly probe: (() => Promise<void>) | undefined;
  readonly nowMs: () => number;
  readonly log: (level: 'info' | 'warn' | 'error', line: string) => void;
  /** The store has the block; it is still in the spool. */
  readonly onStored: (entry: SpoolEntry) => void;
  /** The block was given up: it is set aside, or its file is missing. */
  readonly onDropped: (entry: SpoolEntry, reason: string) => void;
  /** An attempt is over, with whatever result. */
  readonly onAttempted: () => void;
}

/** What is to become of a block that could not be renamed yet. */
interface Verdict {
  readonly kind: AsideKind;
  readonly reason: string;
  readonly text: string;
}

export class Sender {
  readonly circuit = new Circuit();
  readonly drain = new DrainRate();
  readonly pauses = new TablePauses();
  readonly results: Record<InsertResult, number> = { stored: 0, away: 0, overloaded: 0, refused: 0 };
  /** Why the store is away or overloaded; the last answer. */
  lastError = '';
  /** Why our own system does not let blocks be read or set aside; '' while it does. */
  systemError = '';
  readonly #o: SenderOptions;
  /** Since when, in their order. */
  readonly #inFlight = new Map<SpoolEntry, number>();
  readonly #inFlightOfTable = new Map<string, number>();
  readonly #inFlightOf: Record<Signal, number> = { traces: 0, logs: 0, metrics: 0 };
  readonly #refusals = new Refusals();
  readonly #verdicts = new Map<SpoolEntry, Verdict>();
  readonly #missingSinceMs = new Map<SpoolEntry, number>();
  readonly #stored = new Map<string, number>();
  readonly #loggedMs = new Map<string, number>();
  #inFlightBytes = 0;
  #answers = 0;
  /** Signal whose turn it is. */
  #turn = 0;

  constructor(options: SenderOptions) {
    this.#o = options;
  }

  /** For how long the store has not answered to the insert that it was given first. */
  get silentMs(): number {
    for (const sinceMs of this.#inFlight.values()) return this.#o.nowMs() - sinceMs;
    return 0;
  }

  isInFlight(entry: SpoolEntry): boolean {
    return this.#inFlight.has(entry);
  }

  /** Sends what is due, as far as the store copes with it. */
  send(): void {
    const now = this.#o.nowMs();
    while (this.circuit.room(now, this.#inFlight.size) > 0) {
      const entry = this.#next(now);
      if (entry === undefined) return;
      this.#begin(entry);
    }
  }

  /** Call it every few hundred ms. */
  measure(): void {
    this.drain.advance(this.#o.nowMs(), this.#inFlight.size > 0 || this.#o.spool.entries.size > 0);
  }

  /** The first block of the next signal that has one to send. */
  #next(now: number): SpoolEntry | undefined {
    for (let i = 0; i < SIGNALS.length; i++) {
      const at = (this.#turn + i) % SIGNALS.length;
      const signal = SIGNALS[at]!;
      const entry = this.#inFlightOf[signal] < MAX_IN_FLIGHT_OF_SIGNAL ? this.#firstOf(signal, now) : undefined;
      if (entry === undefined) continue;
      this.#turn = at + 1;
      return entry;
    }
    return undefined;
  }

  #firstOf(signal: Signal, now: number): SpoolEntry | undefined {
    const { spool } = this.#o;
    let earlierSpans = false;
    for (const entry of spool.lanes[signal].values()) {
      // Search reads `traces`: a trace shows only when its spans are there.
      const mustWait = entry.table === 'traces' && earlierSpans;
      if (entry.table === 'spans' && !this.#refusals.isStuck(entry)) earlierSpans = true;
      if (mustWait || this.#inFlight.has(entry) || !spool.isSendable(entry) || !this.#isDue(entry, now)) continue;
      const fits = this.#inFlight.size === 0 || this.#inFlightBytes + entry.size <= MAX_IN_FLIGHT_BYTES;
      return fits ? entry : undefined;
    }
    return undefined;
  }

  #isDue(entry: SpoolEntry, now: number): boolean {
    return (
      this.#refusals.isDue(entry, now) &&
      !this.pauses.isHeld(entry.table, this.#inFlightOfTable.get(entry.table) ?? 0, now)
    );
  }

  #begin(entry: SpoolEntry): void {
    this.#inFlight.set(entry, this.#o.nowMs());
    this.#count(entry, 1);
    const verdict = this.#verdicts.get(entry);
    const attempt = verdict === undefined ? this.#attempt(entry) : this.#setAside(entry, verdict);
    void attempt.finally(() => {
      this.#inFlight.delete(entry);
      this.#count(entry, -1);
      this.#o.onAttempted();
    });
  }

  /** @param by 1: it is on its way; -1: it is no more */
  #count({ signal, table, size }: SpoolEntry, by: 1 | -1): void {
    this.#inFlightOf[signal] += by;
    this.#inFlightOfTable.set(table, (this.#inFlightOfTable.get(table) ?? 0) + by);
    this.#inFlightBytes += by * size;
  }

  async #attempt(entry: SpoolEntry): Promise<void> {
    let bytes: Buffer;
    try {
      bytes = await this.#o.spool.load(entry);
      this.systemError = '';
    } catch (error) {
      if (!(error instanceof DamagedBlock)) return this.#unread(entry, error);
      return this.#setAside(entry, { kind: 'damaged', reason: 'damaged spool file', text: error.message });
    }
    this.#missingSinceMs.delete(entry);
    try {
      await this.#o.insert(entry.table, entry.columns, bytes, entry.token);
    } catch (error) {
      this.#o.spool.unlend(entry, false); // the connection may still be writing them
      await this.#failed(entry, classifyInsertError(error));
      return;
    }
    this.#succeeded(entry);
    this.#o.spool.unlend(entry, true);
  }

  #succeeded(entry: SpoolEntry): void {
    const { circuit } = this;
    const awayMs = circuit.awaySinceMs === undefined ? undefined : this.#o.nowMs() - circuit.awaySinceMs;
    this.results.stored++;
    this.#answers++;
    this.#stored.set(entry.table, (this.#stored.get(entry.table) ?? 0) + 1);
    this.drain.add(entry.size);
    this.#refusals.forget(entry);
    this.pauses.succeeded(entry.table);
    circuit.succeeded();
    if (awayMs !== undefined) {
      this.#loggedMs.delete('away');
      this.#o.log(
        'info',
        `ClickHouse is back after ${Math.round(awayMs / 1000)} s; ${this.#o.spool.entries.size} blocks to send`,
      );
    }
    this.#o.onStored(entry);
  }

  async #failed(entry: SpoolEntry, error: InsertError): Promise<void> {
    const { circuit } = this;
    const { nowMs, spool } = this.#o;
    this.results[error.kind]++;
    this.lastError = error.text;
    if (error.kind !== 'refused' && error.scope === 'table') {
      circuit.answered();
      this.pauses.failed(entry.table, error.text, nowMs());
      this.#logSometimes(
        entry.table,
        'warn',
        `table ${entry.table} accepts no blocks (${error.text}): they wait, and other tables go on`,
      );
    } else if (error.kind === 'away') {
      circuit.away(nowMs());
      const waiting = `${spool.entries.size} blocks, ${mebibytes(spool.bytes)} of ${mebibytes(spool.capBytes)} MiB in the spool`;
      this.#logSometimes('away', 'warn', `ClickHouse does not take data (${error.text}): ${waiting}; trying again`);
    } else if (error.kind === 'overloaded') {
      circuit.overloaded(nowMs());
      const pace = `it gets ${circuit.limit} blocks at a time, and ${spool.entries.size} wait`;
      this.#logSometimes('overloaded', 'warn', `ClickHouse has too much to do (${error.text}): ${pace}`);
    } else {
      circuit.answered();
      if (!this.#refusals.isEvident(entry, error, this.#evidence(entry))) await this.#probe();
    }
    const isHopeless = this.#refusals.failed(entry, error, this.#evidence(entry), nowMs(), circuit.waitMs);
    const failures = this.#refusals.failures(entry);
    if (error.kind === 'refused' && (failures <= LOGGED_FAILURES || failures % 100 === 0)) {
      this.#o.log(
        'error',
        `ClickHouse refuses a block of ${entry.rows} rows of ${entry.table} (attempt ${failures}): ${error.text}`,
      );
    }
    if (!isHopeless) return;
    await this.#setAside(entry, {
      kind: 'refused',
      reason: `ClickHouse refuses the block: ${error.name}`,
      text: error.text,
    });
  }

  /** Whether the store answers at all. */
  async #probe(): Promise<void> {
    if (this.#o.probe === undefined) {
      this.#answers++;
      return;
    }
    try {
      await this.#o.probe();
      this.#answers++;
    } catch {
      // then a refusal says nothing about the block
    }
  }

  #evidence({ table }: SpoolEntry): { answers: number; answersOfTable: number } {
    return { answers: this.#answers, answersOfTable: this.#stored.get(table) ?? 0 };
  }

  async #setAside(entry: SpoolEntry, verdict: Verdict): Promise<void> {
    this.#verdicts.set(entry, verdict);
    try {
      await this.#o.spool.setAside(entry, verdict.kind, verdict.reason);
    } catch (error) {
      if (isMissing(error)) await this.#unread(entry, error);
      else this.#systemFails(entry, `cannot set ${entry.file} aside`, error);
      return;
    }
    this.systemError = '';
    this.#forget(entry);
    const remedy =
      verdict.kind === 'refused'
        ? '"winnow spool retry" sends them again'
        : 'the file is looked at again at each start';
    const what = `${entry.rows} rows of ${entry.table} count as dropped (${verdict.text})`;
    this.#o.log('error', `${what}; they are kept as ${entry.file}.${verdict.kind}: ${remedy}`);
    this.#o.onDropped(entry, verdict.reason);
  }

  async #unread(entry: SpoolEntry, error: unknown): Promise<void> {
    this.#systemFails(entry, `cannot read ${entry.file} back`, error);
    if (!isMissing(error)) return;
    const now = this.#o.nowMs();
    const isThere = await this.#o.spool.isThere(entry).catch(() => true);
    if (isThere) {
      this.#missingSinceMs.delete(entry);
      return;
    }
    const sinceMs = this.#missingSinceMs.get(entry) ?? now;
    this.#missingSinceMs.set(entry, sinceMs);
    if (now - sinceMs < MISSING_FOR_MS) return;
    this.#forget(entry);
    await this.#o.spool.acknowledge(entry).catch(() => undefined);
    this.#o.log('error', `${entry.file} is missing in the spool: its ${entry.rows} rows of ${entry.table} are lost`);
    this.#o.onDropped(entry, 'its spool file was removed');
  }

  #systemFails(entry: SpoolEntry, what: string, error: unknown): void {
    this.systemError = `${what} (${textOf(error)})`;
    this.#refusals.delayed(entry, this.#o.nowMs(), SYSTEM_RETRY_MS);
    this.#logSometimes(
      what.slice(0, 11),
      'error',
      `${this.systemError}: nothing is lost, it is tried again until it works`,
    );
  }

  #forget(entry: SpoolEntry): void {
    this.#refusals.forget(entry);
    this.#verdicts.delete(entry);
    this.#missingSinceMs.delete(entry);
  }

  /** At most every 30 s. */
  #logSometimes(about: string, level: 'warn' | 'error', line: string): void {
    const now = this.#o.nowMs();
    if (now - (this.#loggedMs.get(about) ?? -Infinity) < LOG_EVERY_MS) return;
    this.#loggedMs.set(about, now);
    this.#o.log(level, line);
  }
}

function mebibytes(bytes: number): string {
  return (bytes / 1048576).toFixed(1);
}
