// Decides whether the engine can be trusted. chDB does not report a write that failed: it acknowledges the INSERT and goes on
// with the merged part. But it counts such writes. From the first one on nothing more is accepted, no insert is
// acknowledged, and the process ends as soon as the disk has room, so that the next start repairs the files.
import type { EngineStateFile } from './engine-state.ts';

/** Free bytes with which a start can repair files and accept data. */
export const ROOM_BYTES = 8 * 1024 * 1024;
/** Tables are made and changed only with so much. */
export const TABLE_ROOM_BYTES = 32 * 1024 * 1024;
/**
 * An engine that failed to write is restarted without room after this long: parts that were merged badly are set aside, and
 * those they were merged from can be read again.
 */
const RESTART_WITHOUT_ROOM_MS = 120_000;
/** The same for one that was started without room. */
const RESTART_AGAIN_MS = 300_000;
/** No restart sooner after the start: twice as long with every restart in a row that did not help, after the first few. */
const MIN_LIFE_MS = 1_000;
const MAX_MIN_LIFE_MS = 15_000;
const FREE_ATTEMPTS = 8;
/** After this long without a failure the restarts before count no more. */
const WELL_AFTER_MS = 60_000;
/** What merged parts were made of stays longer on a disk of usual size (engine-config.ts). */
export const READ_RESTART_EVERY_MS = 600_000;
/** Another insert that had just written its token has its part after this. */
const INSERT_ENDS_MS = 500;
/** Times of files are coarser than the clock. */
const FILE_TIME_MS = 2_000;
/** Errors of reading are asked for this seldom. */
const READ_ERRORS_EVERY_MS = 10_000;

export interface DiskSpace {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

export interface ReadErrors {
  /** How often parts could not be read, over all codes. */
  readonly count: number;
  /** The part of the last one, as `store/XXX/UUID/PART`, when its text names it. */
  readonly part: string | undefined;
  readonly text: string;
}

export interface BrokenPart {
  /** As `store/XXX/UUID/PART`. */
  readonly path: string;
  readonly text: string;
}

/** What the watch asks of the engine. */
export interface WatchedEngine {
  /** Writes that failed since the engine was opened. */
  failedWrites(): Promise<number>;
  readErrors(): Promise<ReadErrors>;
  stopMerges(): Promise<void>;
  /** Reads a part back, or all of them as far as time allows: the first that is broken. */
  findBroken(part: string | undefined): Promise<BrokenPart | undefined>;
  /** Whether the parts that this one was merged from are still there. */
  hasSources(part: string): Promise<boolean>;
}

export interface WatchOptions {
  readonly engine: WatchedEngine;
  readonly state: EngineStateFile;
  /** Of the engine's disk; undefined when it cannot be known. */
  readonly space: () => Promise<DiskSpace | undefined>;
  readonly nowMs: () => number;
  readonly wait: (ms: number) => Promise<void>;
  /** Whether a table written to since then (Unix ms) knows a token without its part. */
  readonly hasStrayToken: (sinceMs: number) => boolean;
  readonly log: (line: string) => void;
  /** Ends the process; the launcher starts it again. */
  readonly restart: (reason: string) => void;
  /** Times that parts could not be read while it was opened: those were set aside. */
  readonly readErrors: number;
  /** The engine was opened without room to repair its files, which are in doubt since then (Unix ms): it only answers questions. */
  readonly unrepairedSinceMs: number | undefined;
}

export class EngineWatch {
  readonly #o: WatchOptions;
  readonly #startMs: number;
  #space: DiskSpace | undefined;
  #suspectMs: number | undefined;
  #restarting = false;
  #lastWellMs: number;
  /** When the engine was last asked after an insert and had written all; undefined: not since the last poll. */
  #confirmedMs: number | undefined;
  #readErrors = 0;
  #readErrorsMs: number;
  #lastReadError = '';
  /** Not yet looked at, or waiting for the next restart. */
  #unread: ReadErrors | undefined;

  constructor(options: WatchOptions) {
    this.#o = options;
    this.#startMs = options.nowMs();
    this.#lastWellMs = this.#startMs;
    this.#readErrorsMs = this.#startMs;
    this.#readErrors = options.readErrors;
    if (options.unrepairedSinceMs !== undefined)
      this.#suspect('it was started without room on the disk', options.unrepairedSinceMs);
  }

  get space(): DiskSpace | undefined {
    return this.#space;
  }

  get isSuspect(): boolean {
    return this.#suspectMs !== undefined;
  }

  /** Times that a part could not be read in this life, and the last of them. */
  get readErrors(): { readonly count: number; readonly last: string } {
    return { count: this.#readErrors - this.#o.readErrors, last: this.#lastReadError };
  }

  /** Before anything is written. Throws what the sender may repeat. */
  admitWrite(what: 'tables' | 'rows'): void {
    // The engine reserves room for rows itself. A table's definition that is cut short costs the table.
    if (what === 'tables' && (this.#space?.freeBytes ?? Infinity) < TABLE_ROOM_BYTES) {
      throw notEnoughSpace(`tables are changed only while ${TABLE_ROOM_BYTES / 1048576} MiB are free`);
    }
    if (this.isSuspect)
      throw notEnoughSpace('the engine could not write to its disk and starts again when there is room');
  }

  /** After something was written, before it is acknowledged. Throws when it may not be on disk. */
  async confirmWrite(): Promise<void> {
    const askedMs = this.#o.nowMs();
    const failed = this.isSuspect ? 1 : await this.#o.engine.failedWrites();
    if (failed === 0) {
      this.#confirmedMs = askedMs;
      return;
    }
    this.#suspect(`${failed} writes failed`, this.#lastWellMs);
    throw notEnoughSpace('a write of the engine to its disk failed meanwhile: this is stored when it is sent again');
  }

  /** After an insert that failed, begun at that time. Throws what the sender may repeat where the engine would not store it again. */
  async writeFailed(begunMs: number): Promise<void> {
    const sinceMs = begunMs - FILE_TIME_MS;
    if (this.isSuspect || !this.#o.hasStrayToken(sinceMs)) return;
    await this.#o.wait(INSERT_ENDS_MS);
    if (!this.#o.hasStrayToken(sinceMs)) return;
    this.#suspect('an insert failed behind its deduplication token', this.#lastWellMs);
    throw notEnoughSpace('the insert failed half way: it is stored when it is sent again');
  }

  /** Called about once a second. */
  async poll(): Promise<void> {
    if (this.#restarting) return;
    const now = this.#o.nowMs();
    this.#space = await this.#o.space();
    if (this.isSuspect) {
      this.#restartWhenDue(now);
      return;
    }
    // An insert may have asked a moment ago.
    const confirmedMs = this.#confirmedMs;
    this.#confirmedMs = undefined;
    const failed = confirmedMs === undefined ? await this.#o.engine.failedWrites() : 0;
    if (failed > 0) {
      this.#suspect(`${failed} writes failed`, this.#lastWellMs);
      return;
    }
    // The clock may have been set back in between.
    this.#lastWellMs = Math.min(confirmedMs ?? now, now);
    this.#o.state.touch(now);
    if (this.#o.state.state.attempts > 0 && now - this.#startMs >= WELL_AFTER_MS) this.#o.state.change({ attempts: 0 });
    if (now - this.#readErrorsMs < READ_ERRORS_EVERY_MS) return;
    this.#readErrorsMs = now;
    await this.#lookAtReadErrors(now);
  }

  #suspect(reason: string, sinceMs: number): void {
    if (this.isSuspect) return;
    const now = this.#o.nowMs();
    this.#suspectMs = now;
    const { state } = this.#o;
    // What an earlier process could not repair is still in doubt.
    const earlier = state.state;
    const since = earlier.kind === 'suspect' && earlier.sinceMs > 0 ? Math.min(earlier.sinceMs, sinceMs) : sinceMs;
    state.change({ kind: 'suspect', sinceMs: since, reason });
    this.#o.log(
      `${reason}: nothing is stored until the engine has been restarted, when ${ROOM_BYTES / 1048576} MiB are free on its disk`,
    );
    this.#o.engine.stopMerges().catch((error: unknown) => {
      this.#o.log(`merges could not be stopped: ${textOf(error)}`);
    });
  }

  #restartWhenDue(now: number): void {
    const { attempts } = this.#o.state.state;
    if (now - this.#startMs < Math.min(MAX_MIN_LIFE_MS, MIN_LIFE_MS * 2 ** Math.max(0, attempts - FREE_ATTEMPTS)))
      return;
    const hasRoom = this.#space === undefined || this.#space.freeBytes >= ROOM_BYTES;
    const patienceMs = this.#o.unrepairedSinceMs !== undefined ? RESTART_AGAIN_MS : RESTART_WITHOUT_ROOM_MS;
    if (!hasRoom && now - (this.#suspectMs ?? now) < patienceMs) return;
    this.#o.state.change({ attempts: attempts + 1 });
    const parts = 'a write had failed: all parts are checked';
    this.#restart(hasRoom ? parts : `${parts}, although the disk has no room yet`);
  }

  async #lookAtReadErrors(now: number): Promise<void> {
    const errors = await this.#o.engine.readErrors();
    const { state, log } = this.#o;
    if (errors.count > this.#readErrors) {
      this.#readErrors = errors.count;
      this.#lastReadError = errors.text;
      this.#unread = errors;
      log(`a part could not be read: ${errors.text}`);
    }
    if (this.#unread === undefined) return;
    const broken = await this.#o.engine.findBroken(this.#unread.part);
    if (broken === undefined || state.state.unreadable.includes(broken.path)) {
      this.#unread = undefined;
      return;
    }
    if (now - state.state.readRestartMs < READ_RESTART_EVERY_MS) return;
    // With its sources there nothing is lost by setting it aside; without them what can be read of it must stay.
    const aside = await this.#o.engine.hasSources(broken.path);
    state.change({
      kind: 'suspect',
      sinceMs: this.#lastWellMs,
      reason: `a part could not be read: ${broken.text}`,
      readRestartMs: now,
      setAside: aside ? [broken.path] : [],
      unreadable: aside ? state.state.unreadable : [...state.state.unreadable, broken.path],
    });
    this.#restart(
      `${broken.path} is broken${aside ? ': it is set aside, and the parts that it was merged from come back' : ''}`,
    );
  }

  #restart(reason: string): void {
    this.#restarting = true;
    this.#o.log(`the engine is restarted: ${reason}`);
    this.#o.restart(reason);
  }
}

function notEnoughSpace(text: string): Error {
  return new Error(`Code: 243. DB::Exception: ${text}. (NOT_ENOUGH_SPACE)`);
}

export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
