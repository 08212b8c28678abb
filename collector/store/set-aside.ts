// Blocks that do not wait for ClickHouse: their bytes are damaged, or ClickHouse refuses them for good. They stay as files, within a bound,
// and can be sent again.
import { isMissing } from './patience.ts';
import { signalOf, type SignalBytes } from './signals.ts';
import { parseSpoolFile } from './spool-file.ts';
import type { AsideKind } from './spool-names.ts';
import type { SpoolEntry, SpoolFiles } from './spool.ts';

export interface AsideFile {
  /** Of the file in the spool. */
  readonly name: string;
  readonly kind: AsideKind;
  readonly seq: number;
  readonly table: string;
  readonly rows: number;
  /** Of the file. */
  readonly bytes: number;
  /** Why; '' when an earlier life of the process set it aside. */
  readonly reason: string;
}

export class SetAside {
  /** Blocks that were removed because those that ClickHouse refuses needed too much room. */
  removedBlocks = 0;
  readonly #files: SpoolFiles;
  readonly #maxRefusedBytes: number;
  /** By name, in the order in which they were set aside. */
  readonly #held = new Map<string, AsideFile>();
  readonly #bytes: Record<AsideKind, number> = { damaged: 0, refused: 0 };
  #removed: AsideFile[] = [];

  constructor(files: SpoolFiles, maxRefusedBytes: number, found: readonly AsideFile[]) {
    this.#files = files;
    this.#maxRefusedBytes = maxRefusedBytes;
    for (const file of found) this.#hold(file);
  }

  all(): Iterable<AsideFile> {
    return this.#held.values();
  }

  count(kind: AsideKind): number {
    let count = 0;
    for (const file of this.#held.values()) if (file.kind === kind) count++;
    return count;
  }

  bytes(kind: AsideKind): number {
    return this.#bytes[kind];
  }

  /** Renames the file of a block. Rejects with the disk's error; then it was not renamed. */
  async put({ file, seq, table, rows, size }: SpoolEntry, kind: AsideKind, reason: string): Promise<void> {
    const name = `${file}.${kind}`;
    await this.#files.rename(file, name);
    this.#hold({ name, kind, seq, table, rows, bytes: size, reason });
  }

  /**
   * Removes the oldest refused blocks beyond the bound; the last one stays, however large, unless none is to be kept. Rejects with the
   * disk's error: call it again.
   */
  async tidy(): Promise<void> {
    for (const file of this.#held.values()) {
      if (this.#bytes.refused <= this.#maxRefusedBytes || (this.#maxRefusedBytes > 0 && this.count('refused') <= 1))
        return;
      if (file.kind !== 'refused') continue;
      await this.drop(file.name);
      this.removedBlocks++;
      this.#removed.push(file);
    }
  }

  /** What `tidy` removed since the last call. */
  drainRemoved(): AsideFile[] {
    const removed = this.#removed;
    this.#removed = [];
    return removed;
  }

  /** The file under its own name again. undefined: there is no such file. Rejects when its bytes are damaged, or with the disk's error. */
  async bringBack(name: string, waiting: SignalBytes, installId: string): Promise<SpoolEntry | undefined> {
    const held = this.#held.get(name);
    if (held === undefined) return undefined;
    const { columns, token, audit, payload } = parseSpoolFile(await this.#files.read(name));
    if (!this.#held.has(name)) return undefined; // brought back, or removed, meanwhile
    const file = name.slice(0, -held.kind.length - 1);
    this.#release(held);
    try {
      await this.#files.rename(name, file);
    } catch (error) {
      this.#hold(held);
      throw error;
    }
    const { seq, table, rows } = held;
    return {
      seq,
      table,
      rows,
      size: payload.length,
      signal: signalOf(table, waiting),
      token: token ?? `${installId}-${seq}`,
      audit,
      file,
      bytes: undefined,
      columns,
      onDisk: true,
      committed: true,
    };
  }

  /** Removes a file for good. False: there is no such file. Rejects with the disk's error. */
  async drop(name: string): Promise<boolean> {
    const held = this.#held.get(name);
    if (held === undefined) return false;
    try {
      await this.#files.remove(name);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
    this.#release(held);
    return true;
  }

  #hold(file: AsideFile): void {
    this.#held.set(file.name, file);
    this.#bytes[file.kind] += file.bytes;
  }

  #release(file: AsideFile): void {
    if (this.#held.delete(file.name)) this.#bytes[file.kind] -= file.bytes;
  }
}
