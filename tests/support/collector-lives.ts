// A collector without its sockets that crashes and comes back: pipeline, writer, spool and log over disks in memory, a store that takes every
// block once, and clients that send again what was not answered.
import { setImmediate as turn } from 'node:timers/promises';
import { loadConfig } from '#proto/config/load.ts';
import { compileSampling } from '#collector/decide/compile-sampling.ts';
import { Pipeline } from '#collector/pipeline.ts';
import type { IntakeAnswer, Signal } from '#collector/receive/intake.ts';
import { Spool } from '#collector/store/spool.ts';
import { StoreWriter } from '#collector/store/writer.ts';
import { readLog } from '#collector/wal/read-log.ts';
import { WriteAheadLog } from '#collector/wal/write-ahead-log.ts';
import { MemoryLogFiles } from './memory-log-files.ts';
import { MemorySpoolFiles } from './memory-spool-files.ts';

/** What a stop gives the store. */
const STOP_MS = 50;

interface Sent {
  readonly signal: Signal;
  readonly body: Buffer;
  isAnswered: boolean;
  isBusy: boolean;
}

export interface LivesOptions {
  /** Its configuration file. */
  readonly yaml?: string;
  readonly capBytes?: number;
  readonly segmentBytes?: number;
  readonly spoolBytes?: number;
  readonly maxBlockRows?: number;
  readonly spansPerTrace?: number;
  /** How many turns of the event loop a write takes. */
  readonly slowness?: () => number;
}

class SlowSpoolFiles extends MemorySpoolFiles {
  slowness: () => number = () => 0;

  override async write(name: string, parts: readonly Buffer[]): Promise<void> {
    for (let turns = this.slowness(); turns > 0; turns--) await turn();
    return super.write(name, parts);
  }
}

export class CollectorLives {
  /** Unix ms. */
  nowMs = 1_700_000_000_000;
  pipeline!: Pipeline;
  writer!: StoreWriter;
  wal!: WriteAheadLog;
  isStoreAway = false;
  /** Blocks that the store has, by token. */
  readonly blocks = new Map<string, { readonly table: string; readonly columns: readonly string[]; readonly rows: number; readonly bytes: Buffer }>();
  readonly failures: unknown[] = [];
  readonly #options: LivesOptions;
  #log = new MemoryLogFiles();
  #spool = new SlowSpoolFiles();
  #life = 0;
  #open: Sent[] = [];

  constructor(options: LivesOptions = {}) {
    this.#options = options;
  }

  get log(): MemoryLogFiles {
    return this.#log;
  }

  /** Names of the files in the spool. */
  get spooled(): Iterable<string> {
    return this.#spool.files.keys();
  }

  /** Of all disks. */
  set failure(error: Error | undefined) {
    this.#log.failWrites = error;
    this.#spool.failWrites = error;
  }

  async start(): Promise<void> {
    const life = ++this.#life;
    const { yaml = '{}', capBytes = 2 ** 30, segmentBytes = 2000, spoolBytes = 2 ** 30, maxBlockRows = 40, spansPerTrace = 100, slowness } = this.#options;
    if (slowness !== undefined) this.#spool.slowness = slowness;
    const loaded = loadConfig({ argv: ['--clickhouse.url=http://nowhere', '--sampling.wait.quiet=1s', '--sampling.wait.after_root=2s', '--sampling.wait.max=3s', '--sampling.rescue.max_bytes=1MiB', '--config=winnow.yaml'], env: {}, readFile: () => yaml });
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
    const { blockPath } = loaded.value;
    const config = { ...loaded.value.config, buffer: { ...loaded.value.config.buffer, max_spans_per_trace: spansPerTrace } };
    const decider = compileSampling(config.sampling, blockPath);
    if (!decider.ok) throw new Error(JSON.stringify(decider.error));
    let elapsedMs = 0;
    const pipeline = new Pipeline({
      config, decider: decider.value, nowMs: () => this.nowMs, elapsedMs: () => elapsedMs++ / 1000, seed: 7,
      onFailure: (error) => this.failures.push(error),
      onRows: () => {
        if (life === this.#life) this.writer.check();
      },
    });
    const left = await readLog(this.#log);
    this.wal = new WriteAheadLog({ files: this.#log, sync: false, capBytes, existing: left.segments, segmentBytes });
    pipeline.makeDurable(this.wal, left);
    const spool = await Spool.open({ files: this.#spool, capBytes: spoolBytes, sync: false, newInstallId: 'lives', committedTo: left.commit?.block });
    this.pipeline = pipeline;
    this.writer = new StoreWriter({
      spool, tables: pipeline.tables.all, nowMs: () => this.nowMs, maxBlockRows, commits: pipeline.commits, log: () => undefined,
      insert: async (table, columns, bytes, token) => {
        await turn();
        if (life !== this.#life) return new Promise(() => undefined);
        if (this.isStoreAway) throw Object.assign(new Error('away'), { code: 'ECONNREFUSED' });
        const entry = [...spool.entries.values()].find((one) => spool.token(one) === token)!;
        if (!this.blocks.has(token)) this.blocks.set(token, { table, columns, rows: entry.rows, bytes });
        await turn();
        return undefined;
      },
      onStored: (table, rows) => pipeline.stored(table, rows),
      onDropped: (table, rows, reason) => {
        this.failures.push(`${rows} rows of ${table}: ${reason}`);
        pipeline.lost(table, rows, reason);
      },
    });
    for (const table of ['traces', 'spans', 'logs', 'samples'] as const) pipeline.recovered(table, this.writer.recoveredRows(table));
    await pipeline.takeAgain(left, this.writer.lastBlock);
    this.sendAgain();
  }

  /** SIGTERM, and a start afterwards. @param decides what is undecided, or leaves it to the next life */
  async restart(decides: boolean): Promise<void> {
    if (decides) while (this.pipeline.drain());
    this.pipeline.flushDerived(true);
    await this.writer.close(this.isStoreAway ? 0 : STOP_MS);
    await this.wal.close();
    await this.crash();
  }

  /** kill -9, now: what the disks show is what the next life finds. */
  async crash(): Promise<void> {
    this.#life++;
    const log = new MemoryLogFiles();
    for (const [name, bytes] of this.#log.files) log.files.set(name, bytes);
    const spool = new SlowSpoolFiles();
    for (const [name, bytes] of this.#spool.files) spool.files.set(name, bytes);
    this.#log = log;
    this.#spool = spool;
    for (const sent of this.#open) if (!sent.isAnswered) sent.isBusy = true;
    this.nowMs += 500;
    await this.start();
  }

  send(signal: Signal, body: Buffer): void {
    const sent: Sent = { signal, body, isAnswered: false, isBusy: false };
    this.#open.push(sent);
    this.#ask(sent);
  }

  /** Clients that were told to come again do. */
  sendAgain(): void {
    this.#open = this.#open.filter((sent) => !sent.isAnswered);
    for (const sent of this.#open) {
      if (!sent.isBusy) continue;
      sent.isBusy = false;
      this.#ask(sent);
    }
  }

  /** Requests not yet answered. */
  get unanswered(): number {
    return this.#open.filter((sent) => !sent.isAnswered).length;
  }

  /** Time passes: what is due is decided, cut, written, sent. */
  async pass(ms: number, turns = 20): Promise<void> {
    for (let left = ms; left > 0; left -= 250) {
      this.nowMs += Math.min(250, left);
      while (this.pipeline.tick());
      this.writer.tick();
      for (let i = 0; i < turns; i++) await turn();
    }
  }

  /** Until all that was sent is stored. */
  async settle(): Promise<void> {
    for (let round = 0; round < 10; round++) {
      this.sendAgain();
      await this.pass(4000);
      this.pipeline.flushDerived();
      await this.pass(2000);
    }
  }

  rows(table: string): number {
    return [...this.blocks.values()].reduce((sum, block) => sum + (block.table === table ? block.rows : 0), 0);
  }

  /** Sum of a column of 64-bit whole numbers. */
  sum(table: string, column: string): number {
    let sum = 0n;
    const head = Buffer.concat([Buffer.from([column.length]), Buffer.from(column), Buffer.from([6]), Buffer.from('UInt64')]);
    for (const block of this.blocks.values()) {
      if (block.table !== table) continue;
      const at = block.bytes.indexOf(head) + head.length;
      for (let row = 0; row < block.rows; row++) sum += block.bytes.readBigUInt64LE(at + row * 8);
    }
    return Number(sum);
  }

  /** Of the stored traces. */
  weights(): number[] {
    const head = Buffer.concat([Buffer.from([6]), Buffer.from('weight'), Buffer.from([7]), Buffer.from('Float64')]);
    return [...this.blocks.values()].filter(({ table }) => table === 'traces').flatMap(({ bytes, rows }) => {
      const at = bytes.indexOf(head) + head.length;
      return Array.from({ length: rows }, (_, row) => bytes.readDoubleLE(at + row * 8));
    });
  }

  #ask(sent: Sent): void {
    const life = this.#life;
    const note = (answer: IntakeAnswer): void => {
      if (life !== this.#life) return;
      if (answer.kind === 'busy') sent.isBusy = true;
      else sent.isAnswered = true;
    };
    // As the gate does.
    if (this.writer.full || this.pipeline.durability!.full) {
      sent.isBusy = true;
      return;
    }
    const answer = this.pipeline.accept({ signal: sent.signal, body: sent.body, transport: 'grpc', encoding: 'protobuf', deadlineMs: Infinity });
    if (answer instanceof Promise) void answer.then(note);
    else note(answer);
  }
}
