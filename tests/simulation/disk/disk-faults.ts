// What can be wrong with the simulated disk, and for how long.
import type { Random } from '../random.ts';

export type DiskCall = 'open' | 'read' | 'write' | 'sync' | 'rename' | 'unlink' | 'list' | 'truncate';

/** Which calls an error of that code can hit. */
const HITS: Readonly<Record<string, readonly DiskCall[]>> = {
  EMFILE: ['open', 'list'],
  ENFILE: ['open', 'list'],
  EACCES: ['open', 'rename', 'unlink', 'list'],
  EIO: ['read', 'write', 'sync', 'rename', 'unlink', 'list', 'truncate'],
};

export interface DiskError {
  readonly code: string;
  /** Of the calls that it can hit, this part is hit. */
  readonly share: number;
}

export class DiskFaults {
  /** In force. */
  readonly errors = new Set<DiskError>();
  /** Nothing is answered before this time. */
  stalledUntilMs = 0;
  /** Calls take so many times as long. */
  slowness = 1;
  /** Part of the writes that take only a beginning of what they were given. */
  shortWrites = 0;
  /** Bytes that something else has taken of the disk. */
  hogBytes = 0;
  /** Writes count as done at once and happen later: a log that lies about it, for the broken build `early-ack`. */
  isLying = false;
  /** Whoever asks how much room there is hears of as much as anybody could want, for the broken build `reserve`. */
  isBlind = false;
  /** Files of the log are read up to their first damage, for the broken build `resync`. */
  stopsAtDamage = false;
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** The code of the error that this call gets; undefined = none. */
  errorOf(call: DiskCall): string | undefined {
    for (const { code, share } of this.errors) {
      if (HITS[code]?.includes(call) === true && this.#random.chance(share)) return code;
    }
    return undefined;
  }

  /** How many of so many bytes a write takes. */
  taken(bytes: number): number {
    return bytes > 1 && this.#random.chance(this.shortWrites) ? this.#random.whole(1, bytes - 1) : bytes;
  }

  delayMs(usualMs: number): number {
    return this.#random.delay(usualMs) * this.slowness;
  }
}

/** An error as Node's fs makes it. */
export function diskError(code: string, call: string, path: string): Error {
  return Object.assign(new Error(`${code}: simulated, ${call} '${path}'`), { code, syscall: call, path });
}
