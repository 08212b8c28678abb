// A directory of the write-ahead log in memory: a crash leaves any beginning of what was being written, and writes can fail.
import type { LogFile, LogFiles } from '#collector/wal/log-files.ts';

export class MemoryLogFiles implements LogFiles {
  readonly files = new Map<string, Buffer>();
  /** When set, writes reject with it, after half of their bytes. */
  failWrites: Error | undefined;
  /** When set, taking off the end of a file rejects with it. */
  failCuts: Error | undefined;
  /** When set, removing rejects with it. */
  failRemoves: Error | undefined;
  /** A write waits for it. */
  beforeWrite: () => Promise<void> = () => Promise.resolve();
  /** The write that waits. */
  #underWay: { readonly name: string; readonly bytes: Buffer } | undefined;
  syncs = 0;
  /** When set, making bytes safe rejects with it; what was not yet safe is then lost to a loss of power, whatever comes later. */
  failSyncs: Error | undefined;
  /** What is safe from loss of power, by name. */
  readonly #safe = new Map<string, Buffer>();
  readonly #lost = new Set<string>();
  /** Calls of the disk in their order: what was made safe from loss of power before what. */
  readonly calls: string[] = [];
  /** Files whose entry in the directory survives loss of power. */
  readonly syncedNames: string[] = [];

  async list(): Promise<string[]> {
    return [...this.files.keys()];
  }

  async read(name: string): Promise<Buffer> {
    const bytes = this.files.get(name);
    if (bytes === undefined) throw new Error(`no file ${name}`);
    return bytes;
  }

  async create(name: string, sync: boolean): Promise<LogFile> {
    if (this.files.has(name)) throw new Error(`${name} is there already`);
    if (sync) this.syncedNames.push(name);
    this.calls.push(`create ${name}${sync ? ' synced' : ''}`);
    this.files.set(name, Buffer.alloc(0));
    if (sync) this.#safe.set(name, Buffer.alloc(0));
    this.#lost.delete(name);
    return {
      write: async (parts) => {
        const all = Buffer.concat(parts);
        this.calls.push(`write ${name}`);
        this.#underWay = { name, bytes: all };
        await this.beforeWrite();
        this.#underWay = undefined;
        const failed = this.failWrites;
        this.files.set(
          name,
          Buffer.concat([await this.read(name), failed === undefined ? all : all.subarray(0, all.length >> 1)]),
        );
        if (failed !== undefined) throw failed;
      },
      sync: async () => {
        this.syncs++;
        this.calls.push(`sync ${name}`);
        if (this.failSyncs !== undefined) {
          this.#lost.add(name);
          throw this.failSyncs;
        }
        if (this.#safe.has(name) && !this.#lost.has(name)) this.#safe.set(name, await this.read(name));
      },
      cut: async (bytes) => {
        if (this.failCuts !== undefined) throw this.failCuts;
        this.files.set(name, (await this.read(name)).subarray(0, bytes));
      },
      close: async () => undefined,
    };
  }

  async keep(name: string, again: boolean): Promise<void> {
    this.calls.push(`keep ${name}${again ? ' written again' : ''}`);
    if (this.failSyncs !== undefined) {
      this.#lost.add(name);
      throw this.failSyncs;
    }
    if (again) this.#lost.delete(name);
    if (!this.#lost.has(name)) this.#safe.set(name, await this.read(name));
  }

  async remove(name: string, sync = false): Promise<void> {
    this.calls.push(`remove ${name}${sync ? ' synced' : ''}`);
    if (this.failRemoves !== undefined) throw this.failRemoves;
    if (!this.files.delete(name)) throw new Error(`no file ${name}`);
    if (sync) this.#safe.delete(name);
  }

  /** What a disk shows after a crash of the process. @param share of the write under way that reached it */
  afterKill(share: number): MemoryLogFiles {
    const copy = new MemoryLogFiles();
    for (const [name, bytes] of this.files) copy.files.set(name, bytes);
    for (const [name, bytes] of this.#safe) copy.#safe.set(name, bytes);
    for (const name of this.#lost) copy.#lost.add(name);
    const underWay = this.#underWay;
    if (underWay === undefined) return copy;
    copy.files.set(
      underWay.name,
      Buffer.concat([
        copy.files.get(underWay.name)!,
        underWay.bytes.subarray(0, Math.round(underWay.bytes.length * share)),
      ]),
    );
    return copy;
  }

  /**
   * What a disk shows after a loss of power.
   * @param chance 0…1, of each file anew: how much more than is safe has reached it, or whether it has gone
   */
  afterPowerCut(chance: () => number): MemoryLogFiles {
    const copy = new MemoryLogFiles();
    for (const name of new Set([...this.files.keys(), ...this.#safe.keys()])) {
      const [safe, now] = [this.#safe.get(name), this.files.get(name)];
      const share = chance();
      if (safe === undefined && share < 0.5) continue; // created, and the directory has not got it
      if (now === undefined && share < 0.5) continue; // removed, and the directory has got that
      const least = safe ?? Buffer.alloc(0);
      const more = (now ?? least).subarray(least.length);
      const torn = Buffer.alloc(more.length); // blocks that were not written are zeros
      more.copy(torn, 0, 0, Math.round(more.length * chance()));
      copy.files.set(name, Buffer.concat([least, torn]));
      copy.#safe.set(name, copy.files.get(name)!);
    }
    return copy;
  }

  /** What a disk would show after a crash: of the last file only its first bytes. */
  crashed(keepBytes: number): MemoryLogFiles {
    const copy = new MemoryLogFiles();
    for (const [name, bytes] of this.files) copy.files.set(name, bytes);
    const last = [...this.files.keys()].toSorted().at(-1);
    if (last !== undefined) copy.files.set(last, this.files.get(last)!.subarray(0, keepBytes));
    return copy;
  }
}
