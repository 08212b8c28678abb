// A disk in memory with a page cache, on virtual time: a process that is killed leaves what it had written, loss of power leaves what was synced.
import type { SimProcess } from '../sim-process.ts';
import type { Random } from '../random.ts';
import type { VirtualTime } from '../virtual-time.ts';
import { DiskFaults, diskError, type DiskCall } from './disk-faults.ts';
import { CachedFile, SURVIVALS } from './page-cache.ts';

/** Of a call, ms; and of each MiB that it moves. */
const CALL_MS = 0.15;
const MIB_MS = 2;

interface UnsyncedEntry {
  readonly directory: string;
  apply(entries: Map<string, CachedFile>): void;
}

interface OpenCall {
  /** What it does to the disk. @param share how much of a write is done */
  readonly act: (share: number) => void;
  isDone: boolean;
}

export class SimDisk {
  readonly faults: DiskFaults;
  /** By path. */
  readonly entries = new Map<string, CachedFile>();
  readonly directories = new Set<string>(['/']);
  readonly capacityBytes: number;
  /** Lowest number of free bytes ever seen. */
  leastFreeBytes: number;
  /** Told of every call when it is done. */
  onCall: (line: string) => void = () => {};
  /** Told the code of each error that a process gets. */
  onError: (code: string) => void = () => {};
  /** Calls so far. */
  calls = 0;
  readonly #time: VirtualTime;
  readonly #random: Random;
  readonly #isTracked: boolean;
  readonly #durable = new Map<string, CachedFile>();
  #unsynced: UnsyncedEntry[] = [];
  readonly #open = new Map<SimProcess, Set<OpenCall>>();

  /** @param isTracked whether power will be cut */
  constructor(time: VirtualTime, random: Random, capacityBytes: number, isTracked: boolean) {
    this.#time = time;
    this.#random = random;
    this.#isTracked = isTracked;
    this.capacityBytes = capacityBytes;
    this.leastFreeBytes = capacityBytes;
    this.faults = new DiskFaults(random);
  }

  get usedBytes(): number {
    let used = this.faults.hogBytes;
    for (const file of this.entries.values()) used += file.length;
    return used;
  }

  get freeBytes(): number {
    return Math.max(0, this.capacityBytes - this.usedBytes);
  }

  newFile(): CachedFile {
    return new CachedFile(this.#isTracked);
  }

  /** A change of a directory, seen at once, on the disk when that is synced. */
  changeEntry(directory: string, apply: (entries: Map<string, CachedFile>) => void): void {
    apply(this.entries);
    if (this.#isTracked) this.#unsynced.push({ directory, apply });
  }

  syncDirectory(directory: string): void {
    const mine = this.#unsynced.filter((entry) => entry.directory === directory);
    this.#unsynced = this.#unsynced.filter((entry) => entry.directory !== directory);
    for (const entry of mine) entry.apply(this.#durable);
  }

  /**
   * One call of a process, answered when its time has come. `act` is what it does; it may throw.
   * @param partly what is done of a write that is cut short when its process is killed; undefined: all or nothing
   */
  call<T>(
    process: SimProcess,
    call: DiskCall,
    path: string,
    bytes: number,
    act: () => T,
    partly?: (share: number) => void,
  ): Promise<T> {
    this.calls++;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const answer = (run: () => void): void => void this.#time.at(this.#time.nowMs, run, process);
    const open: OpenCall = {
      isDone: false,
      act: (share) => {
        if (share < 1) partly?.(share);
        else act();
      },
    };
    const due = (): void => {
      if (open.isDone) return;
      if (this.#time.nowMs < this.faults.stalledUntilMs) {
        this.#time.at(this.faults.stalledUntilMs + this.#random.next(), due);
        return;
      }
      open.isDone = true;
      this.#open.get(process)?.delete(open);
      try {
        const code = this.faults.errorOf(call);
        if (code !== undefined) {
          if (this.#random.chance(0.5)) partly?.(this.#random.next());
          this.onError(code);
          throw diskError(code, call, path);
        }
        const result = act();
        this.onCall(`${process.name} disk: ${call} ${path} ${bytes}`);
        answer(() => resolve(result));
      } catch (error) {
        this.onCall(`${process.name} disk: ${String(error)} (${bytes})`);
        answer(() => reject(error instanceof Error ? error : new Error(String(error))));
      }
    };
    this.#openCallsOf(process).add(open);
    this.#time.after(this.faults.delayMs(CALL_MS + (bytes / 2 ** 20) * MIB_MS), due);
    return promise;
  }

  /** For what is seen while a run goes on. */
  noteFree(): void {
    this.leastFreeBytes = Math.min(this.leastFreeBytes, this.freeBytes);
  }

  /** All processes MUST be dead. */
  powerCut(): void {
    const random = this.#random;
    const survival = random.pick(SURVIVALS);
    const upTo = survival === 'prefix' ? random.whole(0, this.#unsynced.length) : this.#unsynced.length;
    for (const [i, entry] of this.#unsynced.entries()) {
      if (survival === 'nothing' || i >= upTo || (survival === 'any' && random.chance(0.5))) continue;
      entry.apply(this.#durable);
    }
    this.#unsynced = [];
    this.entries.clear();
    for (const [path, file] of this.#durable) {
      file.powerCut(random.pick(SURVIVALS), random);
      this.entries.set(path, file);
    }
  }

  /** Calls under way when their process is killed are done, not done, or half done. */
  #openCallsOf(process: SimProcess): Set<OpenCall> {
    let calls = this.#open.get(process);
    if (calls === undefined) {
      calls = new Set();
      this.#open.set(process, calls);
      process.onDeath(() => this.#cutShort(process));
    }
    return calls;
  }

  #cutShort(process: SimProcess): void {
    for (const open of this.#open.get(process) ?? []) {
      open.isDone = true;
      const fate = this.#random.next();
      this.onCall(`${process.name} disk: a call is cut short (${fate.toFixed(2)})`);
      if (fate < 0.4) continue;
      try {
        open.act(fate < 0.7 ? this.#random.next() : 1);
      } catch {
        // What fails has nobody left to hear it.
      }
    }
    this.#open.delete(process);
  }
}
