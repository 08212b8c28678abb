// Opens the write-ahead log and reads what an earlier life left there.
import path from 'node:path';
import type { Config } from '#proto/config/schema.ts';
import type { Log } from '#proto/log/log.ts';
import { logFilesIn, type LogFiles } from '#collector/wal/log-files.ts';
import { patientFiles, retryWhilePassing, type RetryWhilePassing } from '#collector/wal/patient-files.ts';
import { readLog, type Damage, type RecoveredLog } from '#collector/wal/read-log.ts';
import { saltOf } from '#collector/wal/request-digest.ts';
import { WriteAheadLog } from '#collector/wal/write-ahead-log.ts';

/** While nothing can be written. */
const MEANWHILE = 'receivers hold their replies, then ask clients to retry';
/** Damage of so many segments is logged one by one. */
const MOST_LOGGED = 20;

export interface OpenedWal {
  readonly left: RecoveredLog;
  /** undefined with `durability: memory`: nothing is written. */
  readonly log: WriteAheadLog | undefined;
  /** What was left has been replayed, and nothing more is written: removes it. */
  forget(): Promise<void>;
}

/** Who owns the data directory. */
export interface DirectoryOwner {
  /** Grows with every owner. */
  readonly epoch: number;
  readonly installId: string;
}

/** Disk and time. */
export interface WalSurroundings {
  /** Opens the directory. */
  readonly filesIn: (directory: string) => LogFiles;
  /** Calls `run` after so many ms. */
  readonly after: (ms: number, run: () => void) => void;
  /** A segment is closed above this size; undefined: as the log has it. */
  readonly segmentBytes?: number | undefined;
}

const AROUND: WalSurroundings = { filesIn: logFilesIn, after: (ms, run) => void setTimeout(run, ms) };

export async function openWal(
  config: Config,
  log: Log,
  { epoch, installId }: DirectoryOwner,
  around: Partial<WalSurroundings> = {},
): Promise<OpenedWal> {
  const { filesIn, after, segmentBytes } = { ...AROUND, ...around };
  const directory = path.join(config.data, 'wal');
  const patience: RetryWhilePassing = {
    wait: (ms) => new Promise((resolve) => after(ms, resolve)),
    onWait: (what, error) => {
      const place = `the write-ahead log in ${directory}`;
      log.error(
        { error: String(error) },
        `${place} cannot be used yet (${what}): nothing is received until it can; trying again`,
      );
    },
  };
  try {
    const files = await retryWhilePassing('create the directory', patience, async () => filesIn(directory));
    const salt = saltOf(installId);
    const sync = config.durability === 'fsync';
    const left = await readLog(patientFiles(files, patience), { epoch, salt, sync });
    logDamage(left.damage, log);
    const wal = new WriteAheadLog({
      files,
      epoch,
      salt,
      after,
      sync,
      capBytes: config.wal.max_bytes,
      existing: left.segments,
      ...(segmentBytes === undefined ? {} : { segmentBytes }),
      onFailure(error) {
        if (error === undefined) log.info({}, 'the write-ahead log is written again');
        else
          log.error(
            { error: String(error) },
            `the write-ahead log in ${directory} cannot be written: ${MEANWHILE}; trying again every second`,
          );
      },
      onStall(isStalled) {
        if (isStalled)
          log.error({}, `a write to the write-ahead log in ${directory} has not ended for two seconds: ${MEANWHILE}`);
        else log.info({}, 'the disk of the write-ahead log answers again');
      },
    });
    return {
      left,
      log: config.durability === 'memory' ? undefined : wal,
      async forget() {
        for (const { name } of left.segments) await files.remove(name); // copies of damaged ones stay
      },
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`the write-ahead log in ${directory} cannot be opened: ${why}`, { cause: error });
  }
}

function logDamage(damage: readonly Damage[], log: Log): void {
  for (const { segment, places, bytes, offset, why, copy } of damage.slice(0, MOST_LOGGED)) {
    const kept = copy === undefined ? 'no copy of it could be made' : `the segment is kept as ${copy}`;
    const place = `${places === 1 ? '' : `at ${places} places, the first `}at byte ${offset} (${why})`;
    const where = `${bytes} bytes of ${segment} do not read, ${place}`;
    log.error(
      { segment, bytes, places },
      `the write-ahead log is damaged: ${where}; what is behind them is used; ${kept}`,
    );
  }
  if (damage.length > MOST_LOGGED)
    log.error({ segments: damage.length }, 'more segments of the write-ahead log are damaged');
}
