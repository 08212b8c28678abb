// Directories that only this user reads: what is in them is telemetry before anything was redacted.
import { chmodSync, statSync } from 'node:fs';

/** Files and directories made from now on are for this user only. Set first thing in every process of ours. */
export const PRIVATE_UMASK = 0o077;
const PRIVATE_DIRECTORY = 0o700;

/** Removes the rights of others on a directory that an earlier version made; nothing where there is none. @throws Error of the disk */
export function narrowRights(directory: string): void {
  const found = statSync(directory, { throwIfNoEntry: false });
  if (found !== undefined && (found.mode & PRIVATE_UMASK) !== 0) chmodSync(directory, PRIVATE_DIRECTORY);
}
