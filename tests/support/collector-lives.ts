// A collector without its sockets that crashes and comes back: pipeline, writer, spool and log over disks in memory, a store that takes every
// block once, and clients that send again what was not answered.
import { setImmediate as turn } from 'node:timers/promises';
import { loadConfig } from '#proto/config/load.ts';
import { Pipeline } from '#collector/pipeline.ts';
import type { IntakeAnswer } from '#collector/receive/intake.ts';
import type { MakeShardHost } from '#collector/shard/hosts/shard-link.ts';
import { Spool } from '#collector/store/spool.ts';
import { asideBlocks, damagedBlocks, waitingBlocks } from '#collector/store/waiting-blocks.ts';
import { StoreWriter } from '#collector/store/writer.ts';
import { readLog } from '#collector/wal/read-log.ts';
import { WriteAheadLog } from '#collector/wal/write-ahead-log.ts';
import type { Signal } from '#proto/otlp/signal.ts';
import { MemoryLogFiles } from './memory-log-files.ts';
import { MemorySpoolFiles } from './memory-spool-files.ts';

/** What a stop gives the store. */
const STOP_MS = 50;
/** Clients wait for an answer so long, and then ask again. */
const DEADLINE_MS = 10_000;

interface Sent {
  readonly signal: Signal;
  readonly body: Buffer;
  answer: IntakeAnswer | undefined;
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
  /** Where the shard runs. */
  readonly shardHost?: MakeShardHost;
  /** What earlier lives left. */
  readonly log?: MemoryLogFiles;
  /** A start takes so long between opening the spool and reading it, ms: ClickHouse is waited for. */
  readonly openMs?: number;
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
  readonly blocks = new Map<
    string,
    { readonly table: string; readonly columns: readonly string[]; readonly rows: number; readonly bytes: Buffer }
  >();
  readonly failures: unknown[] = [];
  /** How long a client has waited for an answer at most, ms. */
  longestWaitMs = 0;
  readonly #options: LivesOptions;
  #log = new MemoryLogFiles();
  #spool = new SlowSpoolFiles();
  #life = 0;
  #open: Sent[] = [];
  #stall: PromiseWithResolvers<void> | undefined;
  #timers: { readonly atMs: number; readonly run: () => void }[] = [];

  constructor(options: LivesOptions = {}) {
    this.#options = options;
    this.#log = options.log ?? this.#log;
  }

  get log(): MemoryLogFiles {
    return this.#log;
  }

  /** Names of the files in the spool. */
  get spooled(): Iterable<string> {
    return this.#spool.files.keys();
  }

  /** Files of the spool cannot be removed. */
  set keepsFiles(keeps: boolean) {
    this.#spool.failing = (operation) => (keeps && operation === 'remove' ? new Error('no permission') : undefined);
  }

  /** Of all disks. */
  set failure(error: Error | undefined) {
    this.#log.failWrites = error;
    this.#spool.failWrites = error;
  }

  async start(): Promise<void> {
    const life = ++this.#life;
    const {
      yaml = '{}',
      capBytes = 2 ** 30,
      segmentBytes = 2000,
      spoolBytes = 2 ** 30,
      maxBlockRows = 40,
      spansPerTrace = 100,
      slowness,
    } = this.#options;
    if (slowness !== undefined) this.#spool.slowness = slowness;
    const loaded = loadConfig({
      argv: [
        '--clickhouse.url=http://nowhere',
        '--sampling.wait.quiet=1s',
        '--sampling.wait.after_root=2s',
        '--sampling.wait.max=3s',
        '--sampling.rescue.max_bytes=1MiB',
        '--config=winnow.yaml',
      ],
      env: {},
      readFile: () => yaml,
    });
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
    const config = {
      ...loaded.value.config,
      buffer: { ...loaded.value.config.buffer, max_spans_per_trace: spansPerTrace },
    };
    let elapsedMs = 0;
    let writer: StoreWriter | undefined;
    const pipeline: Pipeline = new Pipeline({
      config,
      nowMs: () => this.nowMs,
      elapsedMs: () => this.nowMs + (elapsedMs++ % 1000) / 1e6,
      seed: 7,
      installId: 'lives',
      shardHost: this.#options.shardHost,
      onFailure: (error) => this.failures.push(error),
      onRows: () => {
        if (life === this.#life) this.writer.check();
      },
      waitingRows: (table) => writer?.pendingRows(table) ?? pipeline.tables[table].rows,
      waitingBlocks: () => (writer === undefined ? [] : waitingBlocks(writer.spool)),
      asideBlocks: () => (writer === undefined ? [] : asideBlocks(writer.spool)),
    });
    const left = await readLog(this.#log);
    this.#timers = [];
    this.wal = new WriteAheadLog({
      files: this.#log,
      sync: false,
      capBytes,
      existing: left.segments,
      segmentBytes,
      epoch: life,
      after: (ms, run) => {
        if (life === this.#life) this.#timers.push({ atMs: this.nowMs + ms, run });
      },
    });
    pipeline.restoreLedger(left);
    pipeline.makeDurable(this.wal, left);
    const spool = await Spool.open({
      files: this.#spool,
      capBytes: spoolBytes,
      sync: false,
      newInstallId: 'lives',
      committedTo: left.commit?.block,
    });
    this.pipeline = pipeline;
    writer = new StoreWriter({
      spool,
      tables: pipeline.tables.all,
      nowMs: () => this.nowMs,
      maxBlockRows,
      commits: pipeline.commits,
      log: () => undefined,
      insert: async (table, columns, bytes, token) => {
        await turn();
        if (life !== this.#life) return new Promise(() => undefined);
        if (this.isStoreAway) throw Object.assign(new Error('away'), { code: 'ECONNREFUSED' });
        const entry = [...spool.entries.values()].find((one) => one.token === token)!;
        if (!this.blocks.has(token)) this.blocks.set(token, { table, columns, rows: entry.rows, bytes });
        await turn();
        return undefined;
      },
      onStored: (table, rows) => pipeline.blocks.stored(table, rows),
      onDropped: (table, rows, reason) => {
        this.failures.push(`${rows} rows of ${table}: ${reason}`);
        pipeline.blocks.lost(table, rows, reason);
      },
    });
    this.writer = writer;
    for (let left = this.#options.openMs ?? 0; left > 0; left -= 250) {
      this.nowMs += 250;
      writer.tick();
      for (let i = 0; i < 20; i++) await turn();
    }
    pipeline.recoverBlocks(waitingBlocks(spool), damagedBlocks(spool), () => false);
    await pipeline.replay(left, this.writer.lastBlock);
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

  /** The disk of the log stops answering, or answers again. */
  set isStalled(stalls: boolean) {
    if (stalls === (this.#stall !== undefined)) return;
    this.#stall?.resolve();
    this.#stall = stalls ? Promise.withResolvers<void>() : undefined;
    const { promise } = this.#stall ?? { promise: Promise.resolve() };
    this.#log.beforeWrite = () => promise;
  }

  /** kill -9, now: what the disks show is what the next life finds. @param share of the write to the log that was under way */
  async crash(share = 0): Promise<void> {
    this.#life++;
    this.#stall = undefined;
    const log = this.#log.afterKill(share);
    const spool = new SlowSpoolFiles();
    for (const [name, bytes] of this.#spool.files) spool.files.set(name, bytes);
    this.#log = log;
    this.#spool = spool;
    for (const sent of this.#open) if (sent.answer === undefined) sent.isBusy = true;
    this.nowMs += 500;
    await this.start();
  }

  /** Until it is answered. Returns how to see the answer. */
  send(signal: Signal, body: Buffer): () => IntakeAnswer | undefined {
    const sent: Sent = { signal, body, answer: undefined, isBusy: false };
    this.#open.push(sent);
    this.#ask(sent);
    return () => sent.answer;
  }

  /** Those that wait for an answer to this request give up, and never ask again. */
  giveUp(signal: Signal, body: Buffer): void {
    this.#open = this.#open.filter((sent) => sent.signal !== signal || !sent.body.equals(body));
  }

  /** Clients that were told to come again do. */
  sendAgain(): void {
    this.#open = this.#open.filter((sent) => sent.answer === undefined);
    for (const sent of this.#open) {
      if (!sent.isBusy) continue;
      sent.isBusy = false;
      this.#ask(sent);
    }
  }

  /** Requests not yet answered. */
  get unanswered(): number {
    return this.#open.filter((sent) => sent.answer === undefined).length;
  }

  /** Time passes: what is due is decided, cut, written, sent. */
  async pass(ms: number, turns = 20): Promise<void> {
    for (let left = ms; left > 0; left -= 250) {
      this.nowMs += Math.min(250, left);
      for (const timer of this.#timers.filter(({ atMs }) => atMs <= this.nowMs)) {
        this.#timers.splice(this.#timers.indexOf(timer), 1);
        timer.run();
      }
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
    const head = Buffer.concat([
      Buffer.from([column.length]),
      Buffer.from(column),
      Buffer.from([6]),
      Buffer.from('UInt64'),
    ]);
    for (const block of this.blocks.values()) {
      if (block.table !== table) continue;
      const at = block.bytes.indexOf(head) + head.length;
      for (let row = 0; row < block.rows; row++) sum += block.bytes.readBigUInt64LE(at + row * 8);
    }
    return Number(sum);
  }

  /** Of the stored traces. */
  weights(): number[] {
    return this.floats('traces', 'weight');
  }

  /** Values of a column of 64-bit floats. */
  floats(of: string, column: string): number[] {
    const head = Buffer.concat([
      Buffer.from([column.length]),
      Buffer.from(column),
      Buffer.from([7]),
      Buffer.from('Float64'),
    ]);
    return [...this.blocks.values()]
      .filter(({ table }) => table === of)
      .flatMap(({ bytes, rows }) => {
        const at = bytes.indexOf(head) + head.length;
        return Array.from({ length: rows }, (_, row) => bytes.readDoubleLE(at + row * 8));
      });
  }

  /** Every value of a column of doubles. */
  doubles(table: string, column: string): number[] {
    const head = Buffer.concat([
      Buffer.from([column.length]),
      Buffer.from(column),
      Buffer.from([7]),
      Buffer.from('Float64'),
    ]);
    return [...this.blocks.values()]
      .filter((block) => block.table === table)
      .flatMap(({ bytes, rows }) => {
        const at = bytes.indexOf(head) + head.length;
        return Array.from({ length: rows }, (_, row) => bytes.readDoubleLE(at + row * 8));
      });
  }

  /** Every text of a column of short strings. */
  texts(table: string, column: string): string[] {
    const head = Buffer.concat([
      Buffer.from([column.length]),
      Buffer.from(column),
      Buffer.from([6]),
      Buffer.from('String'),
    ]);
    return [...this.blocks.values()]
      .filter((block) => block.table === table)
      .flatMap(({ bytes, rows }) => {
        let at = bytes.indexOf(head) + head.length;
        return Array.from({ length: rows }, () => {
          const text = bytes.toString('utf8', at + 1, at + 1 + bytes[at]!);
          at += 1 + bytes[at]!;
          return text;
        });
      });
  }

  /** Rows of the largest block. */
  get largestBlock(): number {
    return Math.max(0, ...[...this.blocks.values()].map(({ rows }) => rows));
  }

  #ask(sent: Sent): void {
    const life = this.#life;
    const askedMs = this.nowMs;
    const note = (answer: IntakeAnswer): void => {
      if (life !== this.#life) return;
      this.longestWaitMs = Math.max(this.longestWaitMs, this.nowMs - askedMs);
      if (answer.kind === 'busy') sent.isBusy = true;
      else sent.answer = answer;
    };
    // As the gate does.
    if (this.writer.isFull(sent.signal) || this.pipeline.durability!.isFull(sent.signal)) {
      sent.isBusy = true;
      return;
    }
    const answer = this.pipeline.accept({
      signal: sent.signal,
      body: sent.body,
      transport: 'grpc',
      encoding: 'protobuf',
      deadlineMs: DEADLINE_MS,
    });
    if (answer instanceof Promise) void answer.then(note);
    else note(answer);
  }
}
