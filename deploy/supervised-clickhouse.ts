// The embedded ClickHouse under supervision: the same address and secret for its whole life, restarted when it dies.
import { launchEmbeddedClickHouse, type EmbeddedClickHouse } from './embedded-clickhouse/launch.ts';
import { EXIT_RESTART } from './embedded-clickhouse/restart.ts';

const FIRST_BACKOFF_MS = 200;
const MAX_BACKOFF_MS = 10_000;

type Log = (line: string) => void;

export interface SupervisedClickHouse {
  readonly url: string;
  pid(): number;
  stop(): Promise<void>;
}

/** Rejects when the first start fails: without a store there is nothing to supervise. @param reserveSetting `disk.reserve_bytes` */
export async function superviseClickHouse(dataDir: string, reserveSetting: number, log: Log): Promise<SupervisedClickHouse> {
  const options = { dataDir, reserveSetting, listen: '127.0.0.1:0', log };
  let current: EmbeddedClickHouse = await launchEmbeddedClickHouse(options);
  const { url } = current;
  let stopping = false;
  const watch = async (): Promise<void> => {
    let backoffMs = FIRST_BACKOFF_MS;
    while (!stopping) {
      const { code, signal } = await current.exited;
      while (!stopping) {
        const why = code === EXIT_RESTART ? 'it asked for it' : signal ?? `exit code ${code}`;
        log(`embedded ClickHouse ended (${why}), starting it again`);
        try {
          current = await launchEmbeddedClickHouse({ ...options, url });
          log('embedded ClickHouse is back');
          backoffMs = FIRST_BACKOFF_MS;
          break;
        } catch (error) {
          log(`embedded ClickHouse does not start: ${String(error)}; trying again in ${backoffMs} ms`);
          await new Promise((resolve) => setTimeout(resolve, backoffMs));
          backoffMs = Math.min(backoffMs * 2, MAX_BACKOFF_MS);
        }
      }
    }
  };
  const watching = watch();
  return {
    url,
    pid: () => current.pid,
    async stop() {
      stopping = true;
      await current.stop();
      await watching;
    },
  };
}
