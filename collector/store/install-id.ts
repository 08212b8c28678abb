// The id of a data directory, as its spool has it.
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** undefined: the directory has none yet. */
export function readInstallId(data: string): string | undefined {
  try {
    const { installId } = JSON.parse(readFileSync(path.join(data, 'spool', 'spool.json'), 'utf8')) as { installId?: unknown };
    return typeof installId === 'string' ? installId : undefined;
  } catch {
    return undefined; // what is wrong with the file is said when the spool is opened
  }
}
