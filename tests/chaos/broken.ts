// Builds that are broken on purpose: what chaos must find. Each changes the source of a file as Node loads it, in the processes of the experiment
// alone, so that the product has no switches for it. A text that is not found any more ends the run: then this table is out of date.

interface Edit {
  /** Below the root of the repository. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

export interface BrokenBuild {
  readonly name: string;
  readonly what: string;
  /** What is run when no experiment is named. */
  readonly experiment: string;
  readonly edits: readonly Edit[];
}

/** The environment variable that names the broken build for the processes of an experiment. */
export const BROKEN_BUILD_VARIABLE = 'WINNOW_TEST_BROKEN_BUILD';

export const BROKEN_BUILDS: readonly BrokenBuild[] = [
  {
    name: 'lock',
    what: 'everybody gets the lock of the data directory, and no owner notices another',
    experiment: 'two-collectors',
    edits: [
      {
        file: 'collector/data-directory/acquire.ts',
        from: 'LockFile.tryLock(path.join(directory, LOCK))',
        to: 'LockFile.tryLock(path.join(directory, LOCK + process.pid))',
      },
      {
        file: 'collector/data-directory/acquire.ts',
        from: 'return this.#lockAgain() ?? this.#writeBack();',
        to: 'return undefined;',
      },
    ],
  },
  {
    name: 'digests',
    what: 'no request is known when it comes again',
    experiment: 'connections-cut',
    edits: [
      {
        file: 'collector/wal/known-requests.ts',
        from: 'return this.#window.find(this.digest, this.#nowMs());',
        to: 'return -1;',
      },
    ],
  },
  {
    name: 'reserve',
    what: 'the disk always seems to have room',
    experiment: 'disk-full-slowly',
    edits: [
      {
        file: 'collector/run/watch-disk.ts',
        from: 'freeBytes: bavail * bsize',
        to: 'freeBytes: 1e15 + 0 * bavail * bsize',
      },
    ],
  },
  {
    name: 'resync',
    what: 'a segment of the log is read up to its first damage',
    experiment: 'flipped-byte',
    edits: [{ file: 'collector/wal/scan-segment.ts', from: ': nextRecord(segment, offset + 1, salts);', to: ': -1;' }],
  },
  {
    name: 'early-ack',
    what: 'a request is acknowledged 300 ms before it is written to the log',
    experiment: 'kill-collector',
    edits: [
      {
        file: 'collector/wal/write-ahead-log.ts',
        from: 'await this.#file!.write(batch.parts);',
        to: 'const [file, parts] = [this.#file!, batch.parts]; setTimeout(() => void file.write(parts).catch(() => {}), 300);',
      },
    ],
  },
];
