// The embedded ClickHouse under supervision: the same address and secret for its whole life, restarted when it dies.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  DirectoryInUseError,
  launchEmbeddedClickHouse,
  type EmbeddedClickHouse,
  type EmbeddedClickHouseOptions,
} from './embedded-clickhouse/launch.ts';
import { EXIT_RESTART } from './embedded-clickhouse/end-process.ts';
import { RestartPolicy } from './restart-policy.ts';

/** The engine of a supervisor that died holds its directory until it has ended; longer than this it is another's. */
const IN_USE_WAIT_MS = 60_000;
const IN_USE_TRY_EVERY_MS = 200;
const IN_USE_SAY_EVERY_MS = 10_000;

type Log = (line: string) => void;

export interface SupervisedClickHouse {
  readonly url: string;
  pid(): number;
  stop(): Promise<void>;
}

/** Rejects when the first start fails: without a store there is nothing to supervise. @param reserveSetting `disk.reserve_bytes` */
export async function superviseClickHouse(
  dataDir: string,
  reserveSetting: number,
  log: Log,
): Promise<SupervisedClickHouse> {
  const options = { dataDir, reserveSetting, listen: '127.0.0.1:0', log };
  let current: EmbeddedClickHouse = await launchWhenFree(options);
  const { url } = current;
  const restarts = new RestartPolicy(() => performance.now());
  const stopping = new AbortController();
  const watch = async (): Promise<void> => {
    let wasReady = true;
    let end = await current.exited;
    while (!stopping.signal.aborted) {
      const waitMs = restarts.ended(wasReady);
      const why = end.code === EXIT_RESTART ? 'it asked for it' : (end.signal ?? `exit code ${end.code}`);
      const when = waitMs === 0 ? '' : ` in ${waitMs} ms`;
      if (wasReady) log(`embedded ClickHouse ended (${why}), starting it again${when}`);
      await sleep(waitMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted) return;
      try {
        current = await launchEmbeddedClickHouse({ ...options, url });
        wasReady = true;
      } catch (error) {
        log(
          `embedded ClickHouse does not start: ${error instanceof Error ? error.message : String(error)}; trying again`,
        );
        wasReady = false;
        continue;
      }
      log('embedded ClickHouse is back');
      if (stopping.signal.aborted) await current.stop();
      end = await current.exited;
    }
  };
  const watching = watch();
  return {
    url,
    pid: () => current.pid,
    async stop() {
      stopping.abort();
      await current.stop();
      await watching;
    },
  };
}

/** @throws DirectoryInUseError when the directory is still in use after a minute, anything else at once */
async function launchWhenFree(options: EmbeddedClickHouseOptions): Promise<EmbeddedClickHouse> {
  const startedMs = performance.now();
  for (let saidMs = -Infinity; ;) {
    // Each attempt ends with several lines of the engine and of its process about the same thing: they are logged only when it is the last.
    let lines: string[] | undefined = [];
    const log = (line: string): void => {
      if (lines === undefined) options.log(line);
      else lines.push(line);
    };
    const say = (): void => {
      for (const line of lines ?? []) options.log(line);
      lines = undefined;
    };
    try {
      const launched = await launchEmbeddedClickHouse({ ...options, log });
      say();
      return launched;
    } catch (error) {
      const nowMs = performance.now();
      if (!(error instanceof DirectoryInUseError) || nowMs - startedMs > IN_USE_WAIT_MS) {
        say();
        throw error;
      }
      if (nowMs - saidMs >= IN_USE_SAY_EVERY_MS) {
        saidMs = nowMs;
        const holder = holderOf(options.dataDir);
        options.log(
          `an earlier embedded ClickHouse still holds ${options.dataDir}${holder}: waiting for it to end, a minute at most`,
        );
      }
      await sleep(IN_USE_TRY_EVERY_MS);
    }
  }
}

/** The engine writes its pid into a file of its directory. */
function holderOf(dataDir: string): string {
  try {
    const pid = /^PID: (\d+)$/m.exec(readFileSync(path.join(dataDir, 'engine', 'status'), 'utf8'))?.[1];
    return pid === undefined ? '' : ` (pid ${pid})`;
  } catch {
    return '';
  }
}
