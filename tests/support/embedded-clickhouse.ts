// Starts a real embedded ClickHouse for a test, on a free port and a fresh directory that goes with it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchEmbeddedClickHouse, type EmbeddedClickHouse } from '#deploy/embedded-clickhouse/launch.ts';
import { EXIT_RESTART } from '#deploy/embedded-clickhouse/end-process.ts';

export interface TestClickHouse {
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
}

export async function startEmbeddedClickHouse(): Promise<TestClickHouse> {
  const dataDir = mkdtempSync(join(tmpdir(), 'winnow-clickhouse-'));
  const lines: string[] = [];
  const log = (line: string): void => {
    lines.push(line);
  };
  const memoryBytes = 2 * 1024 ** 3;
  let running = await launchEmbeddedClickHouse({ dataDir, listen: '127.0.0.1:0', memoryBytes, log });
  let isStopped = false;
  /** As its supervisor does: it is started again when it asks for that. */
  const supervise = async (engine: EmbeddedClickHouse): Promise<void> => {
    const { code } = await engine.exited;
    if (code === EXIT_RESTART && !isStopped && running === engine) await handle.restart();
  };
  let starting: Promise<void> | undefined;
  const startAgain = async (): Promise<void> => {
    running = await launchEmbeddedClickHouse({ dataDir, listen: '127.0.0.1:0', url: running.url, memoryBytes, log });
    handle.pid = running.pid;
    void supervise(running);
  };
  const handle: TestClickHouse = {
    url: running.url,
    password: new URL(running.url).password,
    dataDir,
    pid: running.pid,
    lines,
    async stop() {
      isStopped = true;
      await starting;
      await running.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
    async kill9() {
      process.kill(running.pid, 'SIGKILL');
      await running.exited;
    },
    restart() {
      starting ??= startAgain().finally(() => {
        starting = undefined;
      });
      return starting;
    },
  };
  void supervise(running);
  return handle;
}
