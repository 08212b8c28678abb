// The half of the audit that looks at what is received: a later life must find in its log what an earlier one acknowledged, a request must be received
// once, and the reserve of the disk must stay free. What the store has of it is compared in audit.ts.
import type { DiskSpace } from '#proto/config/disk-reserve.ts';
import { SIGNALS, type Signal } from '#proto/otlp/signal.ts';
import {
  readAcknowledged,
  removeAcknowledged,
  writeAcknowledged,
  type AcknowledgedItems,
} from './acknowledged-file.ts';
import { AUDIT_HORIZON_S, type AuditReason, type AuditStatus } from './audited.ts';
import type { AuditFiles } from './audit-log.ts';
import { RepeatedRequests } from './repeated-requests.ts';
import { ReserveCheck } from './reserve-check.ts';
import { sum, textOf } from './small.ts';

/** Findings kept; older ones go first. */
const MAX_FOUND = 10_000;

export interface IntakeAuditOptions {
  readonly files: AuditFiles;
  /** Unix s; never goes back. */
  readonly nowS: () => number;
  /** Of the disk of the data directory; undefined when it does not say. */
  readonly space: () => Promise<DiskSpace | undefined>;
  /** How much of it is to stay free, bytes. */
  readonly reserveBytes: (space: DiskSpace) => number;
  /** Keeps what was found for later lives. */
  readonly keep: (found: IntakeFinding) => void;
  readonly log: (level: 'warn' | 'error', line: string) => void;
}

export interface IntakeFinding {
  /** `missing`: acknowledged, and not in the log of a later life. `doubled`: of a request that was received twice. */
  readonly what: 'missing' | 'doubled';
  readonly signal: Signal;
  readonly items: number;
  /** Unix s. */
  readonly second: number;
}

/** What its items are called. */
const ITEMS: Readonly<Record<Signal, string>> = { traces: 'spans', logs: 'log records', metrics: 'metric points' };

export class IntakeAudit {
  readonly #o: IntakeAuditOptions;
  readonly #found: IntakeFinding[] = [];
  readonly #requests = new RepeatedRequests();
  readonly #reserve = new ReserveCheck();
  /** undefined until the log was read, and where there is none. */
  #acknowledged: (() => AcknowledgedItems) | undefined;
  #noted: AcknowledgedItems | undefined;
  #isLooking = false;

  constructor(options: IntakeAuditOptions) {
    this.#o = options;
  }

  /** Of an earlier life. */
  recall(found: IntakeFinding): void {
    this.#found.push(found);
    if (this.#found.length > MAX_FOUND) this.#found.shift();
  }

  /**
   * The log of earlier lives has been read.
   * @param acknowledged items of requests that are in the log, now and whenever it is asked later; undefined: nothing is written to a log
   * @param isNew there was no log: what is not in it is no loss of its reader
   */
  async logRead(acknowledged: (() => AcknowledgedItems) | undefined, isNew: boolean): Promise<void> {
    try {
      if (acknowledged === undefined) await removeAcknowledged(this.#o.files);
      else this.#compare(await readAcknowledged(this.#o.files), acknowledged(), isNew);
    } catch (error) {
      this.#o.log('warn', `audit: cannot compare the write-ahead log with what was acknowledged (${textOf(error)})`);
    }
    this.#acknowledged = acknowledged;
  }

  /** A request was accepted that is no copy of a known one. Spans are known by their ids, and looked for in the store. */
  accepted(signal: Signal, body: Buffer, items: number): void {
    if (signal === 'traces' || !this.#requests.add(signal, body, this.#o.nowS())) return;
    this.#find({ what: 'doubled', signal, items, second: this.#o.nowS() });
    this.#o.log(
      'error',
      `audit: a request with ${items} ${ITEMS[signal]} was received twice, and not known the second time`,
    );
  }

  /** Call it every second. */
  async look(): Promise<void> {
    const items = this.#acknowledged?.();
    if (this.#isLooking || items === undefined) return;
    this.#isLooking = true;
    try {
      await this.#note(items);
      const space = await this.#o.space();
      if (space === undefined) return;
      const reserve = this.#o.reserveBytes(space);
      if (this.#reserve.look(space.freeBytes, reserve, sum(Object.values(items))))
        this.#o.log(
          'error',
          `audit: requests are acknowledged although ${space.freeBytes} bytes of the disk are free, and ${reserve} are to stay free`,
        );
    } finally {
      this.#isLooking = false;
    }
  }

  /** The life of the collector ends in order. */
  async close(): Promise<void> {
    const items = this.#acknowledged?.();
    if (items !== undefined) await this.#note(items);
  }

  forget(): void {
    this.#found.length = 0;
    this.#reserve.forget();
  }

  missing(signal: Signal): number {
    return this.#items('missing', signal);
  }

  doubled(signal: Signal): number {
    return this.#items('doubled', signal);
  }

  /** Items acknowledged while the reserve of the disk was used up. */
  get belowReserve(): AuditStatus['below_reserve'] {
    return this.#reserve.items;
  }

  reasons(accept: string): AuditReason[] {
    const reasons: AuditReason[] = [];
    for (const signal of SIGNALS) {
      const [missing, doubled] = [this.missing(signal), this.doubled(signal)];
      if (missing > 0)
        reasons.push({
          reason: `${missing} ${ITEMS[signal]} that were acknowledged were not in the write-ahead log at a start`,
          remedy: `look for errors of the disk of the data directory, and for *.wal.damaged there; then ${accept}`,
        });
      if (doubled > 0)
        reasons.push({
          reason: `${doubled} ${ITEMS[signal]} came in requests that were received twice`,
          remedy: `keep the log of the collector and report it; then ${accept}`,
        });
    }
    if (this.belowReserve > 0)
      reasons.push({
        reason: `${this.belowReserve} items were acknowledged while more than half of the reserve of the disk was used up`,
        remedy: `free space on the disk of the data directory, keep the log of the collector and report it; then ${accept}`,
      });
    return reasons;
  }

  #compare(noted: AcknowledgedItems | undefined, found: AcknowledgedItems, isNew: boolean): void {
    if (isNew) {
      // How much of it was in blocks by then the log alone knew.
      if (noted !== undefined && sum(Object.values(noted)) > 0)
        this.#o.log(
          'warn',
          'audit: the write-ahead log of earlier lives is not there: what they acknowledged and had not stored is lost',
        );
      return;
    }
    for (const signal of SIGNALS) {
      const items = (noted?.[signal] ?? 0) - found[signal];
      if (items <= 0) continue;
      this.#find({ what: 'missing', signal, items, second: this.#o.nowS() });
      this.#o.log(
        'error',
        `audit: ${items} ${ITEMS[signal]} that an earlier life acknowledged are not in the write-ahead log`,
      );
    }
  }

  /** What cannot be written now is written with a later look: meanwhile less is known. */
  async #note(items: AcknowledgedItems): Promise<void> {
    if (SIGNALS.every((signal) => this.#noted?.[signal] === items[signal])) return;
    try {
      await writeAcknowledged(this.#o.files, items);
      this.#noted = items;
    } catch {
      this.#noted = undefined;
    }
  }

  #find(found: IntakeFinding): void {
    this.recall(found);
    this.#o.keep(found);
  }

  #items(what: IntakeFinding['what'], signal: Signal): number {
    const since = this.#o.nowS() - AUDIT_HORIZON_S;
    return sum(
      this.#found
        .filter((found) => found.what === what && found.signal === signal && found.second >= since)
        .map(({ items }) => items),
    );
  }
}
