// A writer over a directory in memory, with a clock and a store of the test's own: time passes when the test says so.
import { setImmediate as turn } from 'node:timers/promises';
import { Spool, type SpoolOptions } from '#collector/store/spool.ts';
import { StoreTables } from '#collector/store/tables/store-tables.ts';
import type { StoreWriterOptions } from '#collector/store/writer-options.ts';
import { StoreWriter } from '#collector/store/writer.ts';
import { ImpatientTimers } from './impatient-timers.ts';
import { MemorySpoolFiles } from './memory-spool-files.ts';

const STEP_MS = 200;

export interface Insert {
  readonly table: string;
  readonly token: string;
  readonly bytes: number;
  readonly atMs: number;
}

/** An error as the client of ClickHouse gives it. */
export function storeError(code: number | string, type = 'MADE_UP'): Error {
  return Object.assign(new Error(`code ${code}`), { code: String(code), type });
}

export class WriterRig {
  nowMs = 1_700_000_000_000;
  readonly files = new MemorySpoolFiles();
  readonly tables = new StoreTables();
  /** What the store has: rows by token. */
  readonly stored = new Map<string, { readonly table: string; readonly rows: number }>();
  readonly inserts: Insert[] = [];
  readonly dropped: string[] = [];
  readonly back: string[] = [];
  readonly lines: string[] = [];
  writer!: StoreWriter;
  spool!: Spool;
  /** What the store says to an insert: undefined = it takes it. May take its time. */
  answer: (insert: Insert) => Error | undefined | Promise<Error | undefined> = () => undefined;
  /** Rows counted as stored. */
  readonly counted = new Map<string, number>();
  #isProbed = 0;

  static async start(options: Partial<StoreWriterOptions> = {}, spool: Partial<SpoolOptions> = {}): Promise<WriterRig> {
    const rig = new WriterRig();
    await rig.open(options, spool);
    return rig;
  }

  async open(options: Partial<StoreWriterOptions> = {}, spool: Partial<SpoolOptions> = {}): Promise<void> {
    this.spool = await Spool.open({
      files: this.files,
      capBytes: 2 ** 20,
      sync: false,
      newInstallId: 'rig',
      timers: new ImpatientTimers(),
      ...spool,
    });
    this.writer = new StoreWriter({
      spool: this.spool,
      tables: this.tables.all,
      nowMs: () => this.nowMs,
      maxBlockRows: 100,
      timers: new ImpatientTimers(),
      insert: async (table, _columns, bytes, token) => {
        const insert: Insert = { table, token, bytes: bytes.length, atMs: this.nowMs };
        this.inserts.push(insert);
        await turn();
        const error = await this.answer(insert);
        if (error !== undefined) throw error;
        const rows = [...this.spool.entries.values()].find((entry) => entry.token === token)?.rows ?? 0;
        if (!this.stored.has(token)) this.stored.set(token, { table, rows });
      },
      probe: async () => {
        this.#isProbed++;
        await turn();
      },
      onStored: (table, rows) => this.counted.set(table, (this.counted.get(table) ?? 0) + rows),
      onDropped: (table, rows, reason) => this.dropped.push(`${rows} ${table}: ${reason}`),
      onBack: (table, rows) => this.back.push(`${rows} ${table}`),
      log: (_level, line) => this.lines.push(line),
      ...options,
    });
    this.writer.start();
  }

  get probes(): number {
    return this.#isProbed;
  }

  /** Sample rows; a hundred are a block. */
  samples(rows: number): void {
    for (let i = 0; i < rows; i++) this.tables.samples.append(1, i, i, i, 0);
  }

  logs(rows: number): void {
    const row = {
      serviceBytes: Buffer.from('s'),
      weight: 1,
      resourceIdHi: 0,
      resourceIdLo: 0,
      scopeIdHi: 0,
      scopeIdLo: 0,
      receivedHi: 0,
      receivedLo: 0,
    };
    for (let i = 0; i < rows; i++) this.tables.logs.append(Buffer.alloc(0), 0, 0, row);
  }

  spans(rows: number): void {
    const row = {
      traceStartHi: 0,
      traceStartLo: 0,
      skewNs: 0,
      skewErrorNs: 0,
      thresholdHi: 0,
      thresholdLo: 0,
      weight: 1,
      serviceBytes: Buffer.from('s'),
      resourceIdHi: 0,
      resourceIdLo: 0,
      scopeIdHi: 0,
      scopeIdLo: 0,
    };
    for (let i = 0; i < rows; i++) this.tables.spans.append(Buffer.alloc(0), 0, 0, row);
  }

  async pass(ms: number, stepMs = STEP_MS): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      this.nowMs += Math.min(stepMs, left);
      this.writer.tick();
      for (let i = 0; i < 12; i++) await turn();
    }
  }

  storedRows(table: string): number {
    return [...this.stored.values()].reduce((sum, block) => sum + (block.table === table ? block.rows : 0), 0);
  }

  fileNames(suffix: string): string[] {
    return [...this.files.files.keys()].filter((name) => name.endsWith(suffix));
  }
}
