// Starts a real embedded ClickHouse for a test, on a free port and a fresh directory that goes with it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchEmbeddedClickHouse } from '#deploy/embedded-clickhouse/launch.ts';

export type TestClickHouse = {
  /** Carries user and secret. */
  url: string;
  password: string;
  dataDir: string;
  pid: number;
  /** Everything the process said. */
  lines: string[];
  /** Ends it and removes its directory. */
  stop(): Promise<void>;
  /** SIGKILL, resolved when the process is gone. */
  kill9(): Promise<void>;
  /** Starts it again on the same data, address and secret. */
  restart(): Promise<void>;
};

export async function startEmbeddedClickHouse(): Promise<TestClickHouse> {
  const dataDir = mkdtempSync(join(tmpdir(), 'winnow-clickhouse-'));
  const lines: string[] = [];
  const log = (line: string): void => { lines.push(line); };
  const memoryBytes = 2 * 1024 ** 3;
  let running = await launchEmbeddedClickHouse({ dataDir, listen: '127.0.0.1:0', memoryBytes, log });
  const handle: TestClickHouse = {
    url: running.url,
    password: new URL(running.url).password,
    dataDir,
    pid: running.pid,
    lines,
    async stop() {
      await running.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
    async kill9() {
      process.kill(running.pid, 'SIGKILL');
      await running.exited;
    },
    async restart() {
      running = await launchEmbeddedClickHouse({ dataDir, listen: '127.0.0.1:0', url: running.url, memoryBytes, log });
      handle.pid = running.pid;
    },
  };
  return handle;
}
