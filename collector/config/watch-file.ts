// Tells when the configuration file has changed and come to rest. By its status, not by events: that sees editors that replace the
// file, mounted volumes and links that are pointed elsewhere alike.
import { unwatchFile, watchFile } from 'node:fs';

/** How often the status is looked at. */
const INTERVAL_MS = 500;
/** A file still being written is left alone until it has not changed for so long. */
const SETTLE_MS = 300;

/** @returns stops watching */
export function watchConfigFile(file: string, onChange: () => void): () => void {
  let settling: NodeJS.Timeout | undefined;
  watchFile(file, { interval: INTERVAL_MS, persistent: false }, (now, before) => {
    // Read but not changed, or removed: the configuration in force stays until the file is back.
    const same = now.mtimeMs === before.mtimeMs && now.size === before.size && now.ino === before.ino;
    if (same || now.nlink === 0) return;
    clearTimeout(settling);
    settling = setTimeout(onChange, SETTLE_MS);
  });
  return () => {
    clearTimeout(settling);
    unwatchFile(file);
  };
}
