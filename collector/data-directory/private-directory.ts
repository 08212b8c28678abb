// Directories that only this user reads: what is in them is telemetry before anything was redacted.
import { chmodSync, mkdirSync, statSync } from 'node:fs';

const PRIVATE = 0o700;
const OTHERS = 0o077;

/** Makes the directory when it is absent, and takes the rights of others away when they had some. @throws Error of the disk */
export function makePrivate(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: PRIVATE });
  if ((statSync(directory).mode & OTHERS) !== 0) chmodSync(directory, PRIVATE);
}
