// The audit's directory in memory: can be copied as a crash leaves it, and made to fail.
import type { AuditFiles } from '#collector/audit/audit-log.ts';

export class MemoryAuditFiles implements AuditFiles {
  readonly files = new Map<string, Buffer>();
  /** Appends fail with this, after so many bytes. */
  failure: { readonly error: Error; readonly after: number } | undefined;

  list(): Promise<string[]> {
    return Promise.resolve([...this.files.keys()]);
  }

  read(name: string): Promise<Buffer> {
    return Promise.resolve(Buffer.from(this.files.get(name)!));
  }

  append(name: string, bytes: Buffer): Promise<void> {
    const { failure } = this;
    this.files.set(
      name,
      Buffer.concat([
        this.files.get(name) ?? Buffer.alloc(0),
        failure === undefined ? bytes : bytes.subarray(0, failure.after),
      ]),
    );
    return failure === undefined ? Promise.resolve() : Promise.reject(failure.error);
  }

  replace(name: string, bytes: Buffer): Promise<void> {
    this.files.set(name, bytes);
    return Promise.resolve();
  }

  remove(name: string): Promise<void> {
    this.files.delete(name);
    return Promise.resolve();
  }
}
