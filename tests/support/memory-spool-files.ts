// A directory in memory that can fail and be looked into: the face of the file system that the spool asks for.
import type { SpoolFiles } from '#collector/store/spool.ts';

/** An error as the system gives it. */
export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: made up`), { code });
}

export type SpoolOperation = 'list' | 'read' | 'write' | 'remove' | 'rename';

export class MemorySpoolFiles implements SpoolFiles {
  readonly files = new Map<string, Buffer>();
  /** When set, writes reject with it. */
  failWrites: Error | undefined;
  /** Asked before each operation: an error rejects it, and nothing happens. */
  failing: (operation: SpoolOperation, name: string) => Error | undefined = () => undefined;

  async list(): Promise<string[]> {
    this.#fail('list', '');
    return [...this.files.keys()];
  }

  async read(name: string): Promise<Buffer> {
    this.#fail('read', name);
    return this.#bytes(name);
  }

  async write(name: string, parts: readonly Buffer[]): Promise<void> {
    this.#fail('write', name);
    if (this.failWrites !== undefined) throw this.failWrites;
    this.files.set(name, Buffer.concat(parts));
  }

  async remove(name: string): Promise<void> {
    this.#fail('remove', name);
    if (!this.files.delete(name)) throw systemError('ENOENT');
  }

  async rename(from: string, to: string): Promise<void> {
    this.#fail('rename', from);
    this.files.set(to, this.#bytes(from));
    this.files.delete(from);
  }

  #bytes(name: string): Buffer {
    const bytes = this.files.get(name);
    if (bytes === undefined) throw systemError('ENOENT');
    return bytes;
  }

  #fail(operation: SpoolOperation, name: string): void {
    const error = this.failing(operation, name);
    if (error !== undefined) throw error;
  }
}
