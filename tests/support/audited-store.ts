// A writer with its audit over a real ClickHouse, on a clock of its own: blocks of spans, logs and samples, lives that end in order or by kill -9.
import type { ClickHouseClient } from '@clickhouse/client';
import { Audit } from '#collector/audit/audit.ts';
import { ClickHouseAuditStore, type AuditStore } from '#collector/audit/audit-store.ts';
import { insertBlock } from '#collector/store/insert-block.ts';
import { Spool, type SpoolEntry } from '#collector/store/spool.ts';
import { StoreTables } from '#collector/store/tables/store-tables.ts';
import { pendingSeconds } from '#collector/store/waiting-blocks.ts';
import { StoreWriter } from '#collector/store/writer.ts';
import { MemoryAuditFiles } from './memory-audit-files.ts';
import { MemorySpoolFiles } from './memory-spool-files.ts';
import { spanMessage, type SpanShape } from './trace-requests.ts';

/** Parts are as old as ClickHouse's clock says: this one is ahead of it, so that parts are old enough to be opened. */
const AHEAD_MS = 60_000;

let stores = 0;
const never = (): Promise<void> => new Promise(() => undefined);

export class AuditedStore {
  nowMs = Date.now() + AHEAD_MS;
  readonly lines: string[] = [];
  readonly auditFiles = new MemoryAuditFiles();
  /** When the machine was started, Unix s. */
  bootedS = 1_700_000_000;
  /** Appended to tokens: ClickHouse does not know a block again. */
  forgetTokens = '';
  /** ClickHouse has the block, and the collector does not hear of it. */
  losesAnswers = false;
  /** Files of the spool stay when they are to go. */
  keepsFiles = false;
  /** Asked in place of ClickHouse. */
  asked: ((store: AuditStore) => AuditStore) | undefined;
  audit!: Audit;
  tables!: StoreTables;
  writer!: StoreWriter;
  spool!: Spool;
  readonly #client: ClickHouseClient;
  readonly #installId: string;
  #spoolFiles = new MemorySpoolFiles();
  #span = 0;
  /** The block that was sent last. */
  #sent: Buffer | undefined;
  #life = 0;
  #inserted = 0;

  private constructor(client: ClickHouseClient) {
    this.#client = client;
    this.#installId = `audited-${process.pid}-${++stores}`;
  }

  static async open(client: ClickHouseClient): Promise<AuditedStore> {
    const store = new AuditedStore(client);
    await store.start();
    store.pass(1); // what is stored in the second of the start is not compared
    return store;
  }

  async start(): Promise<void> {
    const life = ++this.#life;
    this.tables = new StoreTables();
    const files = this.#spoolFiles;
    const remove = files.remove.bind(files);
    files.remove = async (name) => (this.keepsFiles ? undefined : remove(name));
    this.spool = await Spool.open({ files, capBytes: 2 ** 30, sync: false, newInstallId: this.#installId });
    let audit: Audit | undefined;
    this.writer = new StoreWriter({
      spool: this.spool,
      tables: this.tables.all,
      nowMs: () => this.nowMs,
      maxBlockRows: 1_000_000,
      insert: async (table, columns, bytes, token) => {
        if (life !== this.#life) await never();
        this.#sent = Buffer.from(bytes);
        await insertBlock(this.#client, table, columns, bytes, token + this.forgetTokens);
        this.#inserted++;
        if (this.losesAnswers) await never();
      },
      onStored: () => undefined,
      onAcknowledged: (block) => audit!.acknowledged(block),
      onDropped: () => undefined,
      log: () => undefined,
    });
    const clickhouse = new ClickHouseAuditStore(this.#client, this.writer.writerId);
    audit = await Audit.open({
      files: this.auditFiles,
      key: this.writer.writerId,
      store: this.asked?.(clickhouse) ?? clickhouse,
      sync: false,
      nowMs: () => this.nowMs,
      bootedS: this.bootedS,
      pending: (table) => pendingSeconds(this.spool, table),
      space: () => Promise.resolve(undefined),
      reserveBytes: () => 0,
      isPending: (seq) => this.spool.entries.has(seq),
      log: (_level, line) => this.lines.push(line),
    });
    this.audit = audit;
  }

  /** Blocks of each table, stored now. */
  async store(spans: number, logs = 0, samples = 0): Promise<void> {
    for (let i = 0; i < spans; i++) this.append({ trace: this.#span, span: ++this.#span });
    const record = Buffer.concat([Buffer.from([0x09]), Buffer.alloc(8, 3)]);
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
    for (let i = 0; i < logs; i++) {
      record.writeUInt32LE((i * 7919) >>> 0, 1);
      this.tables.logs.append(record, 0, record.length, row);
    }
    for (let i = 0; i < samples; i++) this.tables.samples.append(i, i * 31, this.nowMs, i, 0);
    await this.writer.flush();
  }

  /** Until everything is acknowledged. */
  async acknowledgeAll(): Promise<void> {
    await this.writer.flush();
  }

  /** A block of spans that ClickHouse has and does not acknowledge, see {@link losesAnswers}. */
  async send(spans: number): Promise<void> {
    for (let i = 0; i < spans; i++) this.append({ trace: this.#span, span: ++this.#span });
    const before = this.#inserted;
    void this.writer.flush();
    while (this.#inserted === before) await new Promise(setImmediate);
  }

  /** As {@link store}, and the block as it was sent. */
  async storeAndKeep(spans: number): Promise<{ entry: SpoolEntry; bytes: Buffer }> {
    for (let i = 0; i < spans; i++) this.append({ trace: this.#span, span: ++this.#span });
    const before = new Set(this.spool.entries.keys());
    this.#sent = undefined;
    const flushed = this.writer.flush();
    let entry: SpoolEntry | undefined;
    while (entry === undefined) {
      await new Promise(setImmediate);
      entry = [...this.spool.entries].find(([key]) => !before.has(key))?.[1];
    }
    await flushed;
    return { entry, bytes: this.#sent! };
  }

  /** A span of these facts, written with the next block. */
  append(shape: SpanShape): void {
    const bytes = spanMessage(shape);
    this.tables.spans.append(bytes, 0, bytes.length, {
      traceStartHi: 0x18000000,
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
    });
  }

  pass(seconds: number): void {
    this.nowMs += seconds * 1000;
  }

  /** Two checks, and some seconds before each: what is there to find is found then. */
  async check(): Promise<{ missing: object; doubled: object; failure: string | null }> {
    for (let run = 0; run < 2; run++) {
      this.pass(15);
      await this.audit.run();
    }
    const { missing, doubled, failure } = this.audit.status();
    return { missing, doubled, failure };
  }

  /** Checks until all ids were looked through. */
  async checkAll(): Promise<{ missing: object; doubled: object; failure: string | null }> {
    for (let run = 0; run < 2; run++) await this.check();
    return this.check();
  }

  /** kill -9, and a new life on what the disks have. */
  async crash(): Promise<void> {
    const spool = new MemorySpoolFiles();
    for (const [name, bytes] of this.#spoolFiles.files) spool.files.set(name, bytes);
    this.#spoolFiles = spool;
    await this.start();
  }

  /** SIGTERM, and a new life. */
  async restart(): Promise<void> {
    await this.writer.close();
    await this.audit.close();
    await this.start();
  }
}
