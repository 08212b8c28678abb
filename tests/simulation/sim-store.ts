// A ClickHouse on virtual time: takes every block once by its token, and is slow, away, refuses, or answers wrongly as it is told.
import { startAudit } from '#collector/audit/start-audit.ts';
import type { StoreAccess } from '#collector/run/open-store.ts';
import type { Signal } from '#proto/otlp/signal.ts';
import type { Random } from './random.ts';
import { SimAuditStore } from './sim-audit-store.ts';
import type { SimProcess } from './sim-process.ts';
import { rowsIn } from './stored-rows.ts';
import type { VirtualTime } from './virtual-time.ts';

/** The client waits this long for an answer (collector/store/client.ts). */
const CLIENT_TIMEOUT_MS = 60_000;
const INSERT_MS = 12;
/** The machine was up so long before a run. */
const UPTIME_S = 1000;
/** ClickHouse's NOT_ENOUGH_SPACE. */
const NO_SPACE = '243';

export interface StoredBlock {
  readonly table: string;
  readonly bytes: Buffer;
  readonly columns: readonly string[];
  readonly atMs: number;
}

export class SimStore {
  /** By token, in the order in which they came. */
  readonly blocks = new Map<string, StoredBlock>();
  /** Blocks that were lost, by their token: one that is sent again can be lost again. */
  readonly lost = new Map<string, { readonly signal: Signal; readonly rows: number }>();
  /** What should never be seen, told as it is seen. */
  readonly wrong: string[] = [];
  isDown = false;
  /** When the machine of the collectors got its power, virtual ms. */
  bootedMs = 0;
  /** Times as long. */
  slowness = 1;
  /** Code of the error that every insert gets; undefined = none. */
  overloadCode: string | undefined;
  /** Part of the inserts that are applied and answered with a time-out. */
  unansweredShare = 0;
  /** Part of the inserts that are answered after the client has given up. */
  lateShare = 0;
  /** Blocks of this table are refused with this code, so many times each. */
  refusing: { readonly table: string; readonly code: string; readonly times: number } | undefined;
  /** Bytes left for it where it shares the disk of the collector. */
  freeBytes: () => number = () => Infinity;
  readonly #refusals = new Map<string, number>();
  readonly #time: VirtualTime;
  readonly #random: Random;

  readonly #reach: (what: string) => void;

  /** @param reach told of what is answered otherwise than with a success */
  constructor(time: VirtualTime, random: Random, reach: (what: string) => void) {
    this.#reach = reach;
    this.#time = time;
    this.#random = random;
  }

  /** How a process reaches it. */
  accessOf(process: SimProcess): StoreAccess {
    const answer = async (): Promise<void> => {
      await this.#travel(process);
      if (this.isDown) throw away();
    };
    return {
      insert: (table, columns, bytes, token) => this.#insert(process, table, columns, Buffer.from(bytes), token),
      probe: answer,
      prepare: answer,
      audit: (start) =>
        startAudit({
          ...start,
          storeOf: (writer) => new SimAuditStore(this.blocks, writer, answer),
          database: 'simulated',
          uptimeS: () => (this.#time.nowMs - this.bootedMs) / 1000 + UPTIME_S,
        }),
      close: async () => {},
    };
  }

  /** A part of the disk is gone, its rows with it. Returns what was lost. */
  losePart(): StoredBlock | undefined {
    const token = [...this.blocks].findLast(([, { table }]) => table === 'spans' || table === 'logs')?.[0];
    if (token === undefined) return undefined;
    const block = this.blocks.get(token)!;
    this.blocks.delete(token);
    this.lost.set(token, { signal: block.table === 'logs' ? 'logs' : 'traces', rows: rowsIn(block.bytes) });
    return block;
  }

  #travel(process: SimProcess): Promise<void> {
    return new Promise((resolve) => {
      this.#time.after(this.#random.delay(INSERT_MS) * this.slowness, resolve, process);
    });
  }

  #insert(process: SimProcess, table: string, columns: readonly string[], bytes: Buffer, token: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const time = this.#time;
    const answer = (afterMs: number, run: () => void): void => void time.after(afterMs, run, process);
    if (this.isDown) {
      this.#reach('away');
      answer(1, () => reject(away()));
      return promise;
    }
    const takesMs = this.#random.delay(INSERT_MS) * this.slowness;
    const isLate = this.#random.chance(this.lateShare);
    if (isLate) this.#reach('answers after the client gave up');
    answer(CLIENT_TIMEOUT_MS, () => reject(Object.assign(new Error('Timeout error.'), { code: 'ECONNRESET' })));
    // The server works on, whatever becomes of the process that asked.
    time.after(isLate ? CLIENT_TIMEOUT_MS + takesMs : takesMs, () => {
      if (this.isDown) {
        answer(0, () => reject(Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })));
        return;
      }
      const refused = this.#refusalOf(table, token);
      if (refused !== undefined) {
        this.#reach(`code ${refused}`);
        answer(1, () => reject(Object.assign(new Error(`simulated: code ${refused}`), { code: refused })));
        return;
      }
      this.#apply(table, columns, bytes, token);
      const isUnanswered = this.#random.chance(this.unansweredShare);
      if (isUnanswered) this.#reach('applied, not answered');
      answer(1, () => {
        if (isUnanswered) reject(Object.assign(new Error('Timeout error.'), { code: 'ECONNRESET' }));
        else resolve();
      });
    });
    return promise;
  }

  #refusalOf(table: string, token: string): string | undefined {
    if (this.overloadCode !== undefined) return this.overloadCode;
    if (this.freeBytes() <= 0) return NO_SPACE;
    const { refusing } = this;
    if (refusing?.table !== table) return undefined;
    const before = this.#refusals.get(token) ?? 0;
    if (before >= refusing.times) return undefined;
    this.#refusals.set(token, before + 1);
    return refusing.code;
  }

  #apply(table: string, columns: readonly string[], bytes: Buffer, token: string): void {
    const known = this.blocks.get(token);
    if (known !== undefined) this.#reach('a block came again');
    if (known === undefined) this.blocks.set(token, { table, bytes, columns, atMs: this.#time.nowMs });
    else if (known.table !== table || !known.bytes.equals(bytes))
      this.wrong.push(
        `token ${token} is used for two different blocks (${known.table}, ${table}): the second is never stored`,
      );
  }
}

function away(): Error {
  return Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
}
