// A whole Winnow as its own processes, on free ports and a directory of its own, that can be killed in every way and started again in its place.
import { fork, type ChildProcess } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { BROKEN_BUILD_VARIABLE } from './broken.ts';
import { environment, processes, signal } from './processes.ts';

const ALL_IN_ONE = fileURLToPath(new URL('../../deploy/all-in-one.ts', import.meta.url));
const COLLECTOR = fileURLToPath(new URL('../../collector/main.ts', import.meta.url));
const COMPILE_CACHE = new URL('../../scripts/compile-cache.mjs', import.meta.url).href;
const LOAD_BROKEN = new URL('load-broken.ts', import.meta.url).href;
const READY_MS = 90_000;
const STOP_MS = 60_000;
const MOST_LOG_CHARS = 4_000_000;
const LISTEN = ['otlp_grpc', 'otlp_http', 'http', 'admin'] as const;

export const ROLES = ['supervisor', 'collector', 'query', 'clickhouse'] as const;
export type Role = (typeof ROLES)[number];

export interface WinnowOptions {
  /** Of everything on disk. */
  readonly dataDir: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** All that it says is appended to it. */
  readonly logFile: string;
  /** Name of a broken build, see broken.ts. */
  readonly broken?: string | undefined;
  /** The store, where it is not the embedded one. */
  readonly clickhouseUrl?: string | undefined;
}

export class WinnowUnderTest {
  log = '';
  /** Starts that did not come to be ready. */
  failedStarts = 0;
  addresses: Readonly<Record<string, string>> = {};
  readonly #options: WinnowOptions;
  #child: ChildProcess | undefined;
  readonly #others: ChildProcess[] = [];

  constructor(options: WinnowOptions) {
    this.#options = options;
  }

  /** With user and secret. */
  get clickhouseUrl(): string {
    return this.#options.clickhouseUrl ?? this.addresses['clickhouse'] ?? '';
  }

  /** Starts it, or starts it again where it was. Resolves when it is ready. */
  async start(): Promise<void> {
    const { dataDir, args, env } = this.#options;
    // Found again where it was first.
    const listen = LISTEN.map((name) => `--listen.${name}=${this.addresses[name] ?? '127.0.0.1:0'}`);
    const child = fork(ALL_IN_ONE, ['--data', dataDir, ...listen, ...args], {
      execArgv: this.#execArgv,
      env: { ...this.#environment, ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#child = child;
    this.#listenTo(child);
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`not ready after ${READY_MS / 1000} s`)), READY_MS);
      child.once('exit', (code, by) => {
        clearTimeout(timer);
        reject(new Error(`ended (${by ?? code}) before it was ready: ${this.log.slice(-600)}`));
      });
      child.on('message', (message: { kind: string; role: string; addresses: Record<string, string> }) => {
        if (message.kind !== 'ready' || message.role !== 'all-in-one') return;
        clearTimeout(timer);
        this.addresses = message.addresses;
        resolve();
      });
    });
  }

  /** As somebody does who wants it back: again and again until it is ready. Returns ms. */
  async startUntilReady(withinMs = 120_000): Promise<number> {
    const startedMs = performance.now();
    for (;;) {
      try {
        await this.start();
        return performance.now() - startedMs;
      } catch (error) {
        this.failedStarts++;
        if (performance.now() - startedMs > withinMs) throw error;
        await sleep(300);
      }
    }
  }

  /** Another collector on the same directory, on ports of its own. */
  startSecondCollector(): ChildProcess {
    const { dataDir, args } = this.#options;
    const listen = ['otlp_grpc', 'otlp_http', 'admin'].map((name) => `--listen.${name}=127.0.0.1:0`);
    const child = fork(COLLECTOR, ['--data', dataDir, ...listen, ...args], {
      execArgv: this.#execArgv,
      env: { ...this.#environment, WINNOW_CLICKHOUSE_URL: this.clickhouseUrl },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#listenTo(child);
    this.#others.push(child);
    return child;
  }

  pid(role: Role): number | undefined {
    const supervisor = this.#child?.pid;
    if (supervisor === undefined || role === 'supervisor') return supervisor;
    const path = role === 'clickhouse' ? 'embedded-clickhouse/main' : `${role}/main`;
    return processes().find(({ parent, command }) => parent === supervisor && command.includes(path))?.pid;
  }

  /** Returns whether the role was there. A killed supervisor is started again at once, as a service manager does. */
  kill(role: Role, by: NodeJS.Signals = 'SIGKILL'): boolean {
    return signal(this.pid(role), by);
  }

  /** Resolves when the supervisor has ended. */
  async supervisorEnded(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    await new Promise((resolve) => child.once('exit', resolve));
  }

  /** Waits until a role is there with another process id than this. */
  async isBack(role: Role, oldPid: number | undefined, withinMs: number): Promise<boolean> {
    for (const untilMs = performance.now() + withinMs; performance.now() < untilMs; await sleep(100)) {
      const pid = this.pid(role);
      if (pid === undefined || pid === oldPid) continue;
      if (role !== 'collector' || (await this.isReady())) return true;
    }
    return false;
  }

  async isReady(): Promise<boolean> {
    return fetch(`http://${this.addresses['admin']}/readyz`, { signal: AbortSignal.timeout(1000) }).then(
      ({ ok }) => ok,
      () => false,
    );
  }

  async admin(path: string): Promise<string> {
    const response = await fetch(`http://${this.addresses['admin']}${path}`, { signal: AbortSignal.timeout(5000) });
    if (!response.ok && path !== '/readyz') throw new Error(`${path}: ${response.status}`);
    return response.text();
  }

  /** In order; what does not end is killed. */
  async stop(): Promise<void> {
    const ended = this.supervisorEnded();
    this.#child?.kill('SIGTERM');
    for (const other of this.#others) other.kill('SIGTERM');
    await Promise.race([ended, sleep(STOP_MS, undefined, { ref: false })]);
    await this.cleanUp();
  }

  /** Nothing of it stays: its processes are those that name its directory. */
  async cleanUp(): Promise<void> {
    for (let round = 0; round < 50; round++) {
      const left = processes().filter(
        ({ pid, command }) =>
          pid !== process.pid &&
          (command.includes(this.#options.dataDir) ||
            (command.includes('embedded-clickhouse/main') && environment(pid).includes(this.#options.dataDir))),
      );
      if (left.length === 0) return;
      for (const { pid } of left) {
        signal(pid, 'SIGCONT');
        signal(pid, 'SIGKILL');
      }
      await sleep(100);
    }
  }

  /** Processes that it forks inherit them. */
  get #execArgv(): string[] {
    return ['--import', COMPILE_CACHE, ...(this.#options.broken === undefined ? [] : ['--import', LOAD_BROKEN])];
  }

  get #environment(): NodeJS.ProcessEnv {
    const { broken, clickhouseUrl } = this.#options;
    return {
      ...process.env,
      CLICKHOUSE_URL: '',
      ...(clickhouseUrl !== undefined && { WINNOW_CLICKHOUSE_URL: clickhouseUrl }),
      ...(broken !== undefined && { [BROKEN_BUILD_VARIABLE]: broken }),
    };
  }

  #listenTo(child: ChildProcess): void {
    const take = (bytes: Buffer): void => {
      this.log = (this.log + bytes.toString()).slice(-MOST_LOG_CHARS);
      appendFileSync(this.#options.logFile, bytes);
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    child.on('error', () => undefined);
  }
}
