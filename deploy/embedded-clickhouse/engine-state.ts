// What must be known of the engine after a crash: whether it ended in order, or could not be trusted any more. One small
// file, made at the first start and then written in place, so that a full disk does not hinder it.
import { isCount, isList, membersOf } from '#proto/model/untyped.ts';
import {
  closeSync,
  fdatasyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  statSync,
  utimesSync,
  writeSync,
} from 'node:fs';

/** The file never grows: its block on disk is reserved. */
const FILE_BYTES = 4096;
/** Lists are cut so that they fit. */
const MAX_LISTED = 8;
const MAX_REASON = 300;

/** A part that is broken and whose rows are nowhere else. */
export interface LostPart {
  /** Where it lies, below the engine's directory. */
  readonly path: string;
  readonly rows: number;
}

export interface EngineState {
  /** `clean`: it ended in order. `running`: it did not, or runs now. `suspect`: a write failed, or a part cannot be read. */
  readonly kind: 'clean' | 'running' | 'suspect';
  /** Unix ms: what was written before is not in doubt. */
  readonly sinceMs: number;
  readonly reason: string;
  /** Parts to set aside before the next start, as `store/XXX/UUID/PART`. */
  readonly setAside: readonly string[];
  /** Parts that cannot be read and for which the engine was restarted in vain. */
  readonly unreadable: readonly string[];
  readonly lost: readonly LostPart[];
  /** Unix ms of the last restart because of a part that cannot be read; 0 = none. */
  readonly readRestartMs: number;
  /** Restarts in a row that did not lead to a trusted engine. */
  readonly attempts: number;
  /** Of the machine that wrote it: what the page cache held is there as long as it is the same. Empty = unknown. */
  readonly bootId: string;
}

const CLEAN: EngineState = {
  kind: 'clean',
  sinceMs: 0,
  reason: '',
  setAside: [],
  unreadable: [],
  lost: [],
  readRestartMs: 0,
  attempts: 0,
  bootId: '',
};

/** What a version before this one did not write is as if nothing had happened. */
function stateIn(json: unknown): EngineState {
  const state = membersOf(json);
  const { kind, sinceMs, reason, setAside, unreadable, lost, readRestartMs, attempts, bootId: boot } = state;
  const kinds: readonly EngineState['kind'][] = ['clean', 'running', 'suspect'];
  return {
    kind: kinds.find((known) => known === kind) ?? CLEAN.kind,
    sinceMs: typeof sinceMs === 'number' ? sinceMs : 0,
    reason: typeof reason === 'string' ? reason : '',
    setAside: isList(setAside) ? setAside.map(String) : [],
    unreadable: isList(unreadable) ? unreadable.map(String) : [],
    lost: isList(lost) ? lost.map(lostPartIn) : [],
    readRestartMs: typeof readRestartMs === 'number' ? readRestartMs : 0,
    attempts: isCount(attempts) ? attempts : 0,
    bootId: typeof boot === 'string' ? boot : '',
  };
}

function lostPartIn(json: unknown): LostPart {
  const { path, rows } = membersOf(json);
  return { path: String(path), rows: Number(rows) };
}

/** Changes with every start of the machine; empty where it is not known. */
export function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  } catch {
    return '';
  }
}

export class EngineStateFile {
  readonly #path: string;
  readonly #log: (line: string) => void;
  #state: EngineState = CLEAN;

  constructor(path: string, log: (line: string) => void) {
    this.#path = path;
    this.#log = log;
  }

  get state(): EngineState {
    return this.#state;
  }

  /** Reads what the process before left. Without a file: a new directory, or one of a version that had none. */
  read(): EngineState {
    let text: string;
    try {
      text = readFileSync(this.#path, 'utf8');
    } catch {
      return this.#state;
    }
    try {
      this.#state = stateIn(JSON.parse(text));
    } catch {
      this.#state = { ...CLEAN, kind: 'running' }; // cut short by a loss of power
    }
    return this.#state;
  }

  /** Unix ms when a process last ran here; 0 = unknown. */
  lastSeenMs(): number {
    try {
      return statSync(this.#path).mtimeMs;
    } catch {
      return 0;
    }
  }

  change(changes: Partial<EngineState>): void {
    const next = { ...this.#state, ...changes, bootId: bootId() };
    this.#state = {
      ...next,
      reason: next.reason.slice(0, MAX_REASON),
      setAside: next.setAside.slice(0, MAX_LISTED),
      unreadable: next.unreadable.slice(-MAX_LISTED),
      lost: next.lost.slice(-MAX_LISTED),
    };
    try {
      this.#write(Buffer.from(JSON.stringify(this.#state)));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#log(
        `cannot write ${this.#path} (${why}): after a crash it would not be known that the engine is ${this.#state.kind}`,
      );
    }
  }

  /** Keeps its time of change close to now. */
  touch(nowMs: number): void {
    try {
      utimesSync(this.#path, nowMs / 1000, nowMs / 1000);
    } catch {
      // the file could not be made either, and the log says so
    }
  }

  #write(json: Buffer): void {
    const page = Buffer.alloc(Math.max(FILE_BYTES, json.length), ' ');
    json.copy(page);
    const file = openSync(this.#path, 'a+'); // made when absent
    closeSync(file);
    const inPlace = openSync(this.#path, 'r+');
    try {
      writeSync(inPlace, page, 0, page.length, 0);
      ftruncateSync(inPlace, page.length);
      fdatasyncSync(inPlace);
    } finally {
      closeSync(inPlace);
    }
  }
}
