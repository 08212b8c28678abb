// Starts the embedded ClickHouse as a child process and reports when it is ready, how to reach it, and when it has ended.
import { membersOf } from '#proto/model/untyped.ts';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { totalmem } from 'node:os';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { addressText } from '#proto/config/address.ts';
import { announcedCode, EXIT_RESTART, MAX_RESTARTS_BEFORE_READY } from './end-process.ts';

// Threads of the child's pool: twelve lanes (http-endpoint.ts), the reserved Session, file writes.
const THREADS = 16;
/**
 * The engine's allocator (jemalloc) gives free memory back after half a second, not after five: merges come and go, and what they left free grew
 * by 200 MB an hour.
 */
const ALLOCATOR = 'dirty_decay_ms:500';
// First start creates the system tables; a slow disk takes seconds.
const READY_TIMEOUT_MS = 30_000;
// The child gets this long to end by itself; being killed costs no data either.
const STOP_TIMEOUT_MS = 8_000;
// A child that asks to be started again ends within this.
const RESTART_TIMEOUT_MS = 5_000;
// The engine's own default is 90 % of the host; a quarter leaves room for the collector's buffer and the page cache.
const MEMORY_SHARE = 0.25;
const MIN_MEMORY_BYTES = 1024 ** 3;
const MAX_MEMORY_BYTES = 8 * 1024 ** 3;
// The directory and what is below it are for this user only.
const PRIVATE_DIRECTORY = 0o700;
const RIGHTS_OF_OTHERS = 0o077;
// The engine's own words, on its stderr, for code 76.
const IN_USE = 'Cannot lock file';

/** Another process has the directory open. */
export class DirectoryInUseError extends Error {}

export interface EmbeddedClickHouseOptions {
  /** Everything is kept below it; created when missing. */
  dataDir: string;
  /** HOST:PORT, port 0 for any free one. Loopback only. */
  listen: string;
  /** `url` of an earlier run: same address and secret again, so that clients just reconnect. */
  url?: string;
  /** `disk.reserve_bytes`: the engine keeps a part of it free. */
  reserveSetting?: number;
  /** Cap on the engine's memory; default a quarter of the machine within 1 to 8 GiB. */
  memoryBytes?: number;
  /** One line per event, without newline. */
  log: (line: string) => void;
}

export interface EmbeddedClickHouse {
  /** With user and secret, as @clickhouse/client takes it. */
  url: string;
  pid: number;
  version: string;
  /** Resolves when the process ended, for whatever reason. */
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Ends it in order (running requests finish), at last by force. */
  stop(): Promise<void>;
}

/** Resolves when it answers. Rejects with the child's last words when it ends or stays silent before that. */
export async function launchEmbeddedClickHouse(options: EmbeddedClickHouseOptions): Promise<EmbeddedClickHouse> {
  for (let i = 1; ; i++) {
    const launched = await launchOnce(options);
    if (launched !== 'again') return launched;
    if (i === MAX_RESTARTS_BEFORE_READY)
      throw new Error(`embedded ClickHouse asked ${i} times in a row to be started again before it was ready`);
  }
}

async function launchOnce(options: EmbeddedClickHouseOptions): Promise<EmbeddedClickHouse | 'again'> {
  mkdirSync(options.dataDir, { recursive: true, mode: PRIVATE_DIRECTORY });
  if ((statSync(options.dataDir).mode & RIGHTS_OF_OTHERS) !== 0) chmodSync(options.dataDir, PRIVATE_DIRECTORY);
  const previous = options.url === undefined ? undefined : new URL(options.url);
  const secret = previous?.password ?? randomBytes(24).toString('hex');
  const listen = previous?.host ?? options.listen;
  const child = spawn(process.execPath, [fileURLToPath(new URL('./main.ts', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {
      ...process.env,
      UV_THREADPOOL_SIZE: String(THREADS),
      JE_MALLOC_CONF: process.env['JE_MALLOC_CONF'] ?? ALLOCATOR,
      WINNOW_EMBEDDED_DATA: options.dataDir,
      WINNOW_EMBEDDED_LISTEN: listen,
      WINNOW_EMBEDDED_SECRET: secret,
      WINNOW_EMBEDDED_RESERVE: String(options.reserveSetting ?? 0),
      WINNOW_EMBEDDED_MEMORY: String(options.memoryBytes ?? defaultMemoryBytes()),
    },
  });
  // No process could be made: descriptors, processes or memory are short, and the child has no streams.
  if (child.pid === undefined)
    throw await new Promise<Error>((resolve) => {
      child.once('error', resolve);
    });
  child.stdin.on('error', () => undefined); // the child ended first: `exited` resolves
  let announced: number | undefined;
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    // After its last line was read.
    child.once('close', (code, signal) => {
      resolve(announced === undefined ? { code, signal } : { code: announced, signal: null });
    });
  });
  child.on('error', (error) => {
    options.log(`embedded clickhouse: ${error.message}`);
  }); // a signal could not be sent
  let lastWords = '';
  let isInUse = false;
  createInterface({ input: child.stderr }).on('line', (line) => {
    lastWords = line;
    isInUse ||= line.includes(IN_USE);
    options.log(line);
  });
  const lines = createInterface({ input: child.stdout });
  // It ends by itself; should it hang on the way, it is ended.
  lines.on('line', (line) => {
    announced = announcedCode(line) ?? announced;
    if (line.startsWith('{"restarting"'))
      setTimeout(() => {
        child.kill('SIGKILL');
      }, RESTART_TIMEOUT_MS).unref();
  });
  const ready = await readyLine(lines, exited, () => lastWords).catch((error: unknown) => {
    child.kill('SIGKILL');
    throw isInUse && error instanceof Error ? new DirectoryInUseError(error.message, { cause: error }) : error;
  });
  if (ready === 'again') return 'again';
  return {
    url: `http://default:${secret}@${addressText(ready)}`,
    pid: child.pid,
    version: ready.version,
    exited,
    async stop() {
      const force = setTimeout(() => {
        child.kill('SIGKILL');
      }, STOP_TIMEOUT_MS);
      child.stdin.write('stop\n'); // signals mean nothing to it: they reach it too early when they reach all processes
      await exited;
      clearTimeout(force);
    },
  };
}

interface Ready {
  host: string;
  port: number;
  version: string;
}

async function readyLine(
  lines: Interface,
  exited: Promise<{ code: number | null }>,
  lastWords: () => string,
): Promise<Ready | 'again'> {
  const first = (async (): Promise<Ready> => {
    for (;;) {
      // it says so every few seconds while it waits for room on the disk
      const [line] = await once(lines, 'line', { signal: AbortSignal.timeout(READY_TIMEOUT_MS) });
      const text = String(line);
      if (!text.startsWith('{"ready"')) continue;
      const { host, port, version } = membersOf(JSON.parse(text));
      return { host: String(host), port: Number(port), version: String(version) };
    }
  })();
  const ended = exited.then(({ code }): 'again' => {
    if (code === EXIT_RESTART) return 'again';
    throw new Error(
      `embedded ClickHouse ended before it was ready (exit code ${String(code)})${lastWords() === '' ? '' : `: ${lastWords()}`}`,
    );
  });
  ended.catch(() => undefined);
  first.catch(() => undefined);
  return Promise.race([first, ended]);
}

function defaultMemoryBytes(): number {
  const machine = Math.min(totalmem(), process.constrainedMemory() || Infinity);
  return Math.round(Math.min(MAX_MEMORY_BYTES, Math.max(MIN_MEMORY_BYTES, machine * MEMORY_SHARE)));
}
