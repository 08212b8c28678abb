// Segments that memory has no room for, as files. They live as long as the process: what an earlier one left is removed at the start.
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';

export interface SegmentDisk {
  /** Calls `done` later, with whether it is written. The bytes MUST stay as they are until then. */
  readonly write: (segment: number, bytes: Buffer, done: (ok: boolean) => void) => void;
  /** undefined when it cannot be read. */
  readonly read: (segment: number) => Buffer | undefined;
  readonly remove: (segment: number) => void;
}

const SUFFIX = '.segment';

/** Files in `dir`, which is made when it is absent. @throws Error when it cannot be. */
export function openSegmentDisk(dir: string, onFailure: (error: unknown) => void): SegmentDisk {
  mkdirSync(dir, { recursive: true });
  for (const name of readdirSync(dir)) if (name.endsWith(SUFFIX)) rmSync(path.join(dir, name), { force: true });
  const file = (segment: number): string => path.join(dir, segment + SUFFIX);
  const ignore = (): void => {};
  return {
    write(segment, bytes, done) {
      writeFile(file(segment), bytes).then(
        () => done(true),
        (error: unknown) => {
          onFailure(error);
          unlink(file(segment)).catch(ignore); // half a file, if any
          done(false);
        },
      );
    },
    read(segment) {
      try {
        return readFileSync(file(segment));
      } catch (error) {
        onFailure(error);
        return undefined;
      }
    },
    remove(segment) {
      unlink(file(segment)).catch(ignore); // removed at the next start
    },
  };
}
