// Opens the engine so that it can be trusted: repairs its files after a crash or a failed write, opens it, looks at what it set
// aside, and reads back what was written last.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { reserveBytes } from '#proto/config/disk-reserve.ts';
import { lockDirectory } from './directory-lock.ts';
import { diskSpace, diskSpaceNow } from './disk-space.ts';
import { Engine } from './engine.ts';
import { writeEngineConfig } from './engine-config.ts';
import { bootId, EngineStateFile } from './engine-state.ts';
import { EngineWatch, ROOM_BYTES, TABLE_ROOM_BYTES, textOf } from './engine-watch.ts';
import { hasStrayToken, needsRepair, repairEngineFiles } from './repair.ts';
import { backUpSchemas } from './schema-files.ts';
import { EngineQuestions } from './watched-engine.ts';

/** Times of files are coarser than the clock. */
const TIME_MARGIN_MS = 2_000;
const WAIT_FOR_ROOM_MS = 5_000;
const LOG_EVERY = 12;
/** Repairs in a row; then the engine is used as it is, and the log says so. */
const MAX_REPAIRS = 4;

export interface OpenOptions {
  readonly dataDir: string;
  readonly memoryBytes: number;
  /** `disk.reserve_bytes` */
  readonly reserveSetting: number;
  readonly log: (line: string) => void;
  /** Ends the process in order; the launcher starts it again. */
  readonly restart: () => void;
  /** Called every few seconds while it waits for room on the disk. */
  readonly stillWaiting: () => void;
}

export interface EngineStatus {
  /** A write failed: nothing is stored until the restart. */
  readonly suspect: boolean;
  readonly reason: string;
  /** Unix ms of this process's start. */
  readonly startedMs: number;
  /** Why it was started: `clean`, `crash`, `suspect`. */
  readonly startedAfter: string;
  /** Parts that the engine set aside as broken at this start. */
  readonly brokenParts: number;
  /** Parts whose rows are in no other part. */
  readonly lostParts: number;
  readonly lostRows: number;
  /** Parts that cannot be read and stay, because nothing else has their rows. */
  readonly unreadableParts: readonly string[];
  readonly readErrors: number;
  readonly lastReadError: string;
  readonly freeBytes: number | undefined;
  readonly totalBytes: number | undefined;
  readonly mergesStopped: boolean;
  /** Parts read back since this start; undefined while that goes on or where there was no need. */
  readonly readBackParts: number | undefined;
}

interface Parts {
  readonly o: OpenOptions;
  readonly engine: Engine;
  readonly watch: EngineWatch;
  readonly mustRestart: boolean;
  readonly state: EngineStateFile;
  readonly questions: EngineQuestions;
  readonly startedMs: number;
  readonly startedAfter: string;
  /** Unix ms: what was written since is in doubt. undefined: nothing is. */
  readonly doubtMs: number | undefined;
  /** Unix ms: inserts since then that are broken were not acknowledged. */
  readonly unacknowledgedSinceMs: number;
}

export class OpenedEngine {
  readonly engine: Engine;
  readonly watch: EngineWatch;
  /** Files are to be repaired once more before it is used. */
  readonly mustRestart: boolean;
  readonly #o: OpenOptions;
  readonly #state: EngineStateFile;
  readonly #questions: EngineQuestions;
  readonly #startedMs: number;
  readonly #startedAfter: string;
  readonly #doubtMs: number | undefined;
  readonly #unacknowledgedSinceMs: number;
  #brokenParts = 0;
  #readBackParts: number | undefined;

  private constructor(made: Parts) {
    this.#o = made.o;
    this.engine = made.engine;
    this.watch = made.watch;
    this.mustRestart = made.mustRestart;
    this.#state = made.state;
    this.#questions = made.questions;
    this.#startedMs = made.startedMs;
    this.#startedAfter = made.startedAfter;
    this.#doubtMs = made.doubtMs;
    this.#unacknowledgedSinceMs = made.unacknowledgedSinceMs;
  }

  /** Throws when another process owns the directory, or it cannot be written. */
  static async open(o: OpenOptions): Promise<OpenedEngine> {
    const { dataDir, log } = o;
    const startedMs = Date.now();
    const engineDir = join(dataDir, 'engine');
    await roomForNew(o, engineDir);
    mkdirSync(dataDir, { recursive: true });
    lock = lockDirectory(join(dataDir, 'engine.lock'));
    if (lock === undefined)
      log(`cannot lock ${join(dataDir, 'engine.lock')}: make sure that no other process uses this directory`);
    const state = new EngineStateFile(join(dataDir, 'engine-state.json'), log);
    const before = state.read();
    const wellMs = before.kind === 'suspect' ? before.sinceMs : state.lastSeenMs();
    const doubtMs = before.kind === 'clean' ? undefined : wellMs - TIME_MARGIN_MS;
    const space = diskSpaceNow(dataDir);
    const hasRoom = space === undefined || space.freeBytes >= ROOM_BYTES;
    const repairs = doubtMs !== undefined && hasRoom;
    if (repairs) repair(engineDir, dataDir, doubtMs, before.setAside, log);
    if (before.kind === 'clean') state.change({ kind: 'running' });
    state.change({ lost: before.lost.filter(({ path }) => existsSync(join(engineDir, path))) });
    const config = writeEngineConfig(join(dataDir, 'config'), {
      memoryBytes: o.memoryBytes,
      reserveBytes: reserveBytes(o.reserveSetting, space?.totalBytes),
      diskBytes: space?.totalBytes,
    });
    const engine = new Engine(engineDir, config);
    const questions = new EngineQuestions(engine);
    await questions.allLoaded();
    const mustRestart = hasRoom && before.attempts <= MAX_REPAIRS && needsRepair(engineDir);
    if (mustRestart) {
      log(
        'broken parts that were never acknowledged were set aside: the engine is opened once more, to accept their rows again',
      );
      state.change({ kind: 'suspect', sinceMs: doubtMs ?? startedMs, setAside: [], attempts: before.attempts + 1 });
    } else if (before.setAside.length > 0 && repairs) state.change({ setAside: [] });
    const watch = new EngineWatch({
      engine: questions,
      state,
      space: () => diskSpace(dataDir),
      nowMs: Date.now,
      wait: sleep,
      log,
      restart: o.restart,
      hasStrayToken: (sinceMs) => hasStrayToken(engineDir, sinceMs),
      readErrors: (await questions.readErrors()).count,
      unrepairedSinceMs: hasRoom ? undefined : doubtMs,
    });
    await watch.poll();
    // While the machine runs nothing breaks an insert but a write that failed, and then it was not acknowledged. A loss of power may.
    const hasRun = before.bootId !== '' && before.bootId === bootId();
    const unacknowledgedSinceMs = before.kind === 'suspect' || hasRun ? (doubtMs ?? Infinity) : Infinity;
    const startedAfter = before.kind === 'running' ? 'crash' : before.kind;
    const opened = new OpenedEngine({
      o,
      engine,
      watch,
      mustRestart,
      state,
      questions,
      startedMs,
      startedAfter,
      doubtMs,
      unacknowledgedSinceMs,
    });
    await opened.#lookAtBroken();
    await opened.#lookAtUnreadable();
    if (!watch.isSuspect && !mustRestart) opened.backUp();
    return opened;
  }

  /** Copies the definitions of tables. */
  backUp(): void {
    try {
      backUpSchemas(join(this.#o.dataDir, 'engine'), join(this.#o.dataDir, 'schema'));
    } catch (error) {
      this.#o.log(`the definitions of tables could not be copied to ${this.#o.dataDir}/schema: ${textOf(error)}`);
    }
  }

  /** Reads back what was written since the engine was last known to be well. The engine answers meanwhile. */
  async readBack(): Promise<void> {
    if (this.#doubtMs === undefined || this.watch.isSuspect) return;
    const { log } = this.#o;
    const begunMs = performance.now();
    try {
      const { parts, wrong } = await this.#questions.readBackSince(this.#doubtMs);
      this.#readBackParts = parts;
      for (const { path, text } of wrong) log(`${path} cannot be read back: ${text}`);
      const result = wrong.length === 0 ? 'all are whole' : `${wrong.length} are broken`;
      log(
        `${parts} parts written since ${new Date(this.#doubtMs).toISOString()} were read back in ${elapsed(begunMs)} ms: ${result}`,
      );
      if (this.watch.isSuspect) return;
      const unreadable = new Set([...this.#state.state.unreadable, ...wrong.map(({ path }) => path)]);
      this.#state.change({ kind: 'running', reason: '', unreadable: [...unreadable] });
    } catch (error) {
      log(`parts could not be read back: ${textOf(error)}`);
    }
  }

  status(): EngineStatus {
    const { state } = this.#state;
    const { space, readErrors } = this.watch;
    return {
      suspect: this.watch.isSuspect,
      reason: state.kind === 'suspect' ? state.reason : '',
      startedMs: this.#startedMs,
      startedAfter: this.#startedAfter,
      brokenParts: this.#brokenParts,
      lostParts: state.lost.length,
      lostRows: state.lost.reduce((sum, { rows }) => sum + rows, 0),
      unreadableParts: state.unreadable,
      readErrors: readErrors.count,
      lastReadError: readErrors.last,
      freeBytes: space?.freeBytes,
      totalBytes: space?.totalBytes,
      mergesStopped: this.watch.isSuspect,
      readBackParts: this.#readBackParts,
    };
  }

  /** All was stored and nothing is in doubt: the next start has nothing to put right. */
  endInOrder(): void {
    if (this.#state.state.kind === 'running') this.#state.change({ kind: 'clean' });
  }

  /** Forgets those that were merged, dropped or detached. */
  async #lookAtUnreadable(): Promise<void> {
    const { unreadable } = this.#state.state;
    if (unreadable.length === 0) return;
    const wrong = await Promise.all(unreadable.map((path) => this.#questions.findBroken(path)));
    this.#state.change({ unreadable: unreadable.filter((_, i) => wrong[i] !== undefined) });
  }

  async #lookAtBroken(): Promise<void> {
    const { broken, lost } = await this.#questions.brokenSince(this.#startedMs, this.#unacknowledgedSinceMs);
    this.#brokenParts = broken;
    const notLost = `the rows of ${broken - lost.length} are in other parts, or were never acknowledged`;
    if (broken > 0) this.#o.log(`${broken} broken parts were set aside in detached/; ${notLost}`);
    if (lost.length === 0) return;
    for (const { path, rows } of lost) {
      const count = rows === 0 ? 'how many is not known' : `${rows} rows`;
      this.#o.log(
        `the rows of ${path} are lost (${count}): the engine could not read it at its start, and no other part has them`,
      );
    }
    this.#state.change({ lost: [...this.#state.state.lost, ...lost] });
  }
}

/** A new directory needs room for its tables. One that is there can be read without any. */
async function roomForNew({ dataDir, log, stillWaiting }: OpenOptions, engineDir: string): Promise<void> {
  for (let i = 0; !existsSync(engineDir); i++) {
    const space = diskSpaceNow(dataDir);
    if (space === undefined || space.freeBytes >= TABLE_ROOM_BYTES) return;
    if (i % LOG_EVERY === 0)
      log(`${dataDir}: ${space.freeBytes} bytes are free on its disk, ${TABLE_ROOM_BYTES} are needed: free some`);
    stillWaiting();
    await sleep(WAIT_FOR_ROOM_MS);
  }
}

/** Held as long as the process lives. */
let lock: ReturnType<typeof lockDirectory> | undefined;

function repair(
  engineDir: string,
  dataDir: string,
  sinceMs: number,
  setAside: readonly string[],
  log: (line: string) => void,
): void {
  const begunMs = performance.now();
  const [schemaDir, temporaryFile] = [join(dataDir, 'schema'), join(dataDir, 'repair.part')];
  const report = repairEngineFiles({ engineDir, schemaDir, temporaryFile, sinceMs, setAside });
  const lines = [
    ...report.schemas.map((file) => `the definition ${file} was cut short and put back`),
    ...(report.damagedLines > 0
      ? [`${report.damagedLines} lines of deduplication logs were cut short and removed`]
      : []),
    ...(report.forgottenTokens > 0
      ? [`${report.forgottenTokens} deduplication tokens had no part and are forgotten`]
      : []),
    ...report.setAside.map((path) => `${path} was set aside: it was never acknowledged, or is broken`),
    ...report.doubtful.map(
      (path) => `${path} was never acknowledged but is merged with others: its rows may be doubled`,
    ),
  ];
  for (const line of lines) log(line);
  log(`files were checked after a crash or a failed write, in ${elapsed(begunMs)} ms`);
}

function elapsed(begunMs: number): number {
  return Math.round(performance.now() - begunMs);
}
