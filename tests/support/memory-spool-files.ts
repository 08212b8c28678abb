// A directory in memory that can fail and be looked into: the face of the file system that the spool asks for.
import type { SpoolFiles } from '#collector/store/spool.ts';

export class MemorySpoolFiles implements SpoolFiles {
  readonly files = new Map<string, Buffer>();
  /** When set, writes reject with it. */
  failWrites: Error | undefined;

  async list(): Promise<string[]> {
    return [...this.files.keys()];
  }

  async read(name: string): Promise<Buffer> {
    const bytes = this.files.get(name);
    if (bytes === undefined) throw new Error(`no file ${name}`);
    return bytes;
  }

  async write(name: string, parts: readonly Buffer[]): Promise<void> {
    if (this.failWrites !== undefined) throw this.failWrites;
    this.files.set(name, Buffer.concat(parts));
  }

  async remove(name: string): Promise<void> {
    if (!this.files.delete(name)) throw new Error(`no file ${name}`);
  }

  async rename(from: string, to: string): Promise<void> {
    this.files.set(to, await this.read(from));
    this.files.delete(from);
  }
}
