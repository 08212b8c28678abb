// The audit of the ledger: what the store acknowledged is there, once, and can be read. Compared again and again, cheaply; silent as long as it holds.
// Rows are compared by the second they were stored in, parts are opened, and spans are looked for that are there twice (row-check, part-check, copy-check).
import type { DiskSpace } from '#proto/config/disk-reserve.ts';
import type { AcknowledgedBlock } from '../store/writer-options.ts';
import { AUDIT_HORIZON_S, AUDITED, type AuditedTable, type AuditReason, type AuditStatus } from './audited.ts';
import {
  ACCEPTED,
  AuditLog,
  BLOCK,
  DOUBLED_REQUEST,
  DOUBLED_SPANS,
  END,
  LIFE,
  MISSING_IN_LOG,
  type AuditFiles,
  type AuditRecord,
} from './audit-log.ts';
import type { AuditStore, StoredPart } from './audit-store.ts';
import type { Difference } from './compare.ts';
import { CopyCheck } from './copy-check.ts';
import { IntakeAudit, type IntakeFinding } from './intake-audit.ts';
import { PartCheck } from './part-check.ts';
import { RowCheck } from './row-check.ts';
import { sum, textOf, timeOf } from './small.ts';

/** Without a check for so long, though it is tried, something is wrong, ms. */
const UNCHECKED_MS = 300_000;
/** Machines that were started within so many seconds of each other are the same: clocks are set meanwhile. */
const SAME_BOOT_S = 30;
/** Blocks and parts named in one line. */
const MAX_NAMED = 5;

export interface AuditOptions {
  readonly files: AuditFiles;
  /** 32 bits of what is audited: this collector's rows in one database. */
  readonly key: number;
  readonly store: AuditStore;
  /** What is noted survives loss of power. */
  readonly sync: boolean;
  /** Unix ms; never goes back. */
  readonly nowMs: () => number;
  /** When the machine was started, Unix s. */
  readonly bootedS: number;
  /** Seconds of blocks of a table that are not acknowledged; undefined for a block that does not say. */
  readonly pending: (table: string) => ReadonlySet<number | undefined>;
  /** Whether the block of that number is not acknowledged in this life. */
  readonly isPending: (seq: number) => boolean;
  /** Of the disk of the data directory; undefined when it does not say. */
  readonly space: () => Promise<DiskSpace | undefined>;
  /** How much of it is to stay free, bytes. */
  readonly reserveBytes: (space: DiskSpace) => number;
  readonly log: (level: 'info' | 'warn' | 'error', line: string) => void;
}

interface TableAudit extends AuditedTable {
  readonly rows: RowCheck;
  readonly parts: PartCheck;
}

type BySignal = AuditStatus['missing'];

export class Audit {
  /** The half that looks at what is received. */
  readonly intake: IntakeAudit;
  readonly #o: AuditOptions;
  readonly #tables: readonly TableAudit[];
  readonly #copies: CopyCheck;
  readonly #startedMs: number;
  #log!: AuditLog;
  /** The first second that is compared: of those before blocks were acknowledged while no audit recorded them, or before differences were accepted. */
  #since: number;
  #checkedMs: number | null = null;
  #lookedBackTo: number | null = null;
  #failure: string | null = null;
  #isRunning = false;
  /** Blocks noted by an earlier life that are sent again, as their files outlived it. As bounded as the spool. */
  readonly #again = new Set<number>();

  private constructor(options: AuditOptions) {
    const { store, nowMs, pending, files, space, reserveBytes, log } = options;
    this.#o = options;
    this.#startedMs = nowMs();
    this.#since = this.#nowS() + 1;
    this.#tables = AUDITED.map((one) => ({
      ...one,
      rows: new RowCheck(one.table, store, nowMs, () => pending(one.table)),
      parts: new PartCheck(store),
    }));
    this.#copies = new CopyCheck(store, (from, to) => this.#tables[0]!.rows.expectedRows(from, to));
    this.intake = new IntakeAudit({
      files,
      nowS: () => this.#nowS(),
      space,
      reserveBytes,
      keep: (found) => void this.#note(recordOf(found)).catch(() => undefined), // this life knows it
      log,
    });
  }

  /** Reads what earlier lives left. Rejects when the directory cannot be read or written. */
  static async open(options: AuditOptions): Promise<Audit> {
    const audit = new Audit(options);
    await audit.#recall();
    return audit;
  }

  /** The store has a block. Resolved when that is noted, however long the system refuses it. */
  acknowledged({ table, storedAt, rows, digest, seq }: AcknowledgedBlock): Promise<void> {
    const number = this.#tables.findIndex((one) => one.table === table);
    if (number < 0 || this.#again.delete(seq)) return Promise.resolve();
    this.#tables[number]!.rows.expect(storedAt, rows, digest);
    return this.#log.keep({ kind: BLOCK, table: number, second: storedAt, rows, digest, seq });
  }

  /** Checks once. Call it every some seconds: a difference counts when two runs see it. */
  async run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#log.retry();
    try {
      let back = Infinity;
      for (const { rows } of this.#tables) rows.begin();
      let parts = await this.#o.store.parts();
      for (const [number, table] of this.#tables.entries()) {
        const before = table.rows.differences.length;
        const partsOf = async (again: boolean): Promise<readonly StoredPart[]> => {
          if (again) parts = await this.#o.store.parts();
          return parts.filter((part) => part.table === table.table);
        };
        const { from, worse } = await table.rows.run(partsOf, this.#since);
        back = Math.min(back, from);
        if (worse.length > 0) this.#o.log('error', await this.#describe(number, table, worse));
        else if (before > 0 && table.rows.differences.length === 0)
          this.#o.log('info', `audit: all ${table.items} are there again`);
        for (const text of await table.parts.run(await partsOf(false), this.#nowS(), table.rows.counts.unreadable))
          this.#o.log('error', `audit: ${text}`);
      }
      const copies = await this.#copies.run(this.#nowS(), this.#since);
      if (copies !== undefined) {
        this.#o.log('error', `audit: ${copies.text}`);
        const { second, rows, slice } = copies.found;
        await this.#note({ kind: DOUBLED_SPANS, second, rows, seq: slice });
      }
      this.#checkedMs = this.#o.nowMs();
      this.#lookedBackTo = back;
      this.#failure = null;
    } catch (error) {
      this.#failure = textOf(error);
    } finally {
      this.#isRunning = false;
    }
  }

  /** What differs is known, as when somebody deleted rows: from now on only what comes later is compared. */
  async accept(): Promise<void> {
    this.#since = this.#nowS() + 1;
    this.#copies.forget();
    this.intake.forget();
    for (const { rows } of this.#tables) rows.forget();
    await this.#note({ kind: ACCEPTED, second: this.#nowS() });
  }

  /** The life of the collector ends in order: every block that was acknowledged is noted. */
  async close(): Promise<void> {
    await this.intake.close();
    await this.#note({ kind: END, second: this.#nowS() });
  }

  status(): AuditStatus {
    const doubled = this.#by(({ rows, signal }) => rows.doubled + this.intake.doubled(signal));
    return {
      checked_ms: this.#checkedMs,
      since_ms: this.#lookedBackTo === null ? null : this.#lookedBackTo * 1000,
      failure: this.#failure,
      missing: this.#by(({ rows, parts, signal }) => rows.missing + parts.rows + this.intake.missing(signal)),
      doubled: { ...doubled, traces: doubled.traces + this.#copiedSpans },
      below_reserve: this.intake.belowReserve,
    };
  }

  /** Why the collector is not well; empty when it is. */
  reasons(): AuditReason[] {
    const reasons: AuditReason[] = [];
    const accept = 'POST /audit/accept on the admin address';
    for (const { signal, items, rows, parts } of this.#tables) {
      const doubled = rows.doubled + (signal === 'traces' ? this.#copiedSpans : 0);
      if (rows.missing > 0) {
        reasons.push({
          reason: `${rows.missing} ${items} that ClickHouse acknowledged are missing there`,
          remedy: `look for parts that ClickHouse set aside (system.detached_parts, its log); where they were deleted on purpose: ${accept}`,
        });
      }
      if (parts.rows > 0) {
        reasons.push({
          reason: `${parts.rows} ${items} cannot be read: ${[...parts.unreadable.keys()].slice(0, MAX_NAMED).join(', ')}`,
          remedy:
            'restart ClickHouse within minutes: ClickHouse then uses the parts that a failed merge was made of, as long as they are there',
        });
      }
      if (doubled > 0) {
        reasons.push({
          reason: `${doubled} ${items} are stored twice`,
          remedy: `see that no two collectors use one data directory and that the tables keep non_replicated_deduplication_window; then ${accept}`,
        });
      }
    }
    reasons.push(...this.intake.reasons(accept));
    if (this.#log.failure !== undefined) {
      reasons.push({
        reason: `what ClickHouse acknowledged cannot be noted: ${textOf(this.#log.failure)}`,
        remedy:
          'free disk or file descriptors, or make DATA/audit writable: until then stored blocks keep their files in the spool',
      });
    }
    if (this.#failure !== null && this.ageMs > UNCHECKED_MS) {
      reasons.push({
        reason: `the store cannot be audited: ${this.#failure}`,
        remedy:
          'give clickhouse.user the right to read the tables, system.parts and system.tables, or see the log of ClickHouse',
      });
    }
    return reasons;
  }

  /** How long ago everything was last checked, ms; since the start when it never was. */
  get ageMs(): number {
    return this.#o.nowMs() - (this.#checkedMs ?? this.#startedMs);
  }

  async #recall(): Promise<void> {
    const { files, key, sync, nowMs, bootedS, isPending, log } = this.#o;
    let since = this.#since;
    let life: AuditRecord | undefined;
    this.#log = await AuditLog.open({ files, key, sync, nowS: () => Math.floor(nowMs() / 1000), log }, (record) => {
      const { kind, table, second, rows, digest, seq } = record;
      if (kind === BLOCK) {
        this.#tables[table]?.rows.expect(second, rows, digest);
        if (isPending(seq)) this.#again.add(seq);
      } else if (kind === LIFE) {
        since = Math.min(since, second + 1);
        life = record;
      } else if (kind === END) life = undefined;
      else if (kind === DOUBLED_SPANS) this.#copies.add({ second, rows, slice: seq });
      else if (kind === MISSING_IN_LOG || kind === DOUBLED_REQUEST) this.intake.recall(findingOf(record));
      else if (kind === ACCEPTED) {
        since = second + 1;
        this.#copies.forget();
        this.intake.forget();
      }
    });
    this.#since = since;
    // The machine failed: of the blocks acknowledged last only some may have reached the disk.
    if (life !== undefined && Math.abs(life.digest - bootedS) > SAME_BOOT_S)
      for (const { rows } of this.#tables) rows.doubtNewest();
    if (this.#log.damaged > 0)
      log('warn', `audit: ${this.#log.damaged} records cannot be read: blocks that they named are not compared`);
    await this.#note({ kind: LIFE, second: this.#nowS(), digest: bootedS });
  }

  get #copiedSpans(): number {
    return this.#copies.rows(Math.max(this.#since, this.#nowS() - AUDIT_HORIZON_S));
  }

  #nowS(): number {
    return Math.floor(this.#o.nowMs() / 1000);
  }

  #note(record: Partial<AuditRecord> & Pick<AuditRecord, 'kind' | 'second'>): Promise<void> {
    return this.#log.append({ table: 0, rows: 0, digest: 0, seq: 0, ...record });
  }

  #by(count: (table: TableAudit) => number): BySignal {
    const [traces = 0, logs = 0, metrics = 0] = this.#tables.map(count);
    return { traces, logs, metrics };
  }

  async #describe(number: number, { items }: TableAudit, differences: readonly Difference[]): Promise<string> {
    const [missing, doubled] = [sum(differences.map((one) => one.missing)), sum(differences.map((one) => one.doubled))];
    const seconds = differences.map(({ second }) => second).sort((a, b) => a - b);
    const blocks = await this.#log.blocksOf(number, new Set(seconds)).catch((): AuditRecord[] => []);
    const names = blocks
      .slice(0, MAX_NAMED)
      .map(({ seq, rows }) => `${seq} (${rows} rows)`)
      .join(', ');
    const what = [
      missing > 0 ? `${missing} ${items} are missing in the store` : '',
      doubled > 0 ? `${doubled} ${items} are there more often than they were acknowledged` : '',
    ].filter((text) => text !== '');
    const more = blocks.length > MAX_NAMED ? ` and ${blocks.length - MAX_NAMED} more` : '';
    return `audit: ${what.join(', ')}: stored ${timeOf(seconds[0]!)} to ${timeOf(seconds.at(-1)!)}, blocks ${names}${more}`;
  }
}

function recordOf({
  what,
  signal,
  items,
  second,
}: IntakeFinding): Partial<AuditRecord> & Pick<AuditRecord, 'kind' | 'second'> {
  const table = AUDITED.findIndex((one) => one.signal === signal);
  return { kind: what === 'missing' ? MISSING_IN_LOG : DOUBLED_REQUEST, table, rows: items, second };
}

function findingOf({ kind, table, rows, second }: AuditRecord): IntakeFinding {
  return {
    what: kind === MISSING_IN_LOG ? 'missing' : 'doubled',
    signal: AUDITED[table]?.signal ?? 'traces',
    items: rows,
    second,
  };
}
