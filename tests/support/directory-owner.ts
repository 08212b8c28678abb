// A process that takes a data directory, says over its channel what happens, and keeps the directory until it is ended.
import { acquire } from '#collector/data-directory/acquire.ts';

const stop = new AbortController();
process.on('SIGTERM', () => stop.abort());
process.on('disconnect', () => process.exit(0));

const directory = await acquire(process.argv[2] ?? '', {
  onWaiting: (sentence) => process.send?.({ kind: 'waiting', sentence }),
  signal: stop.signal,
  nowMs: Date.now,
});
process.send?.(
  directory === undefined
    ? { kind: 'gave up' }
    : { kind: 'owns', epoch: directory.epoch, installId: directory.installId, hasWaited: directory.hasWaited },
);
if (directory === undefined) process.exit(0);
setInterval(() => {
  const lost = directory.lost();
  if (lost === undefined) return;
  process.send?.({ kind: 'lost', sentence: lost });
  process.exit(1);
}, 1000);
