// One child process of the supervisor: started, restarted with back-off when it dies, stopped in order.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** First wait before a restart, doubled up to the last. */
const FIRST_BACKOFF_MS = 200;
const MAX_BACKOFF_MS = 10_000;
/** A role that lived this long starts over with the first back-off. */
const HEALTHY_AFTER_MS = 30_000;

export interface RoleReady {
  readonly kind: 'ready';
  readonly role: string;
  readonly addresses: Readonly<Record<string, string>>;
}

export interface RoleOptions {
  readonly name: string;
  readonly module: string;
  readonly args: () => readonly string[];
  readonly env: () => NodeJS.ProcessEnv;
  readonly log: (line: string) => void;
  /** The role ended before it was ready for the first time with this exit code: it cannot work. */
  readonly onHopeless: (code: number) => void;
}

export class SupervisedRole {
  readonly #options: RoleOptions;
  #child: ChildProcess | undefined;
  #stopping = false;
  #wasReady = false;
  #backoffMs = FIRST_BACKOFF_MS;

  constructor(options: RoleOptions) {
    this.#options = options;
  }

  /** Resolves when the role says it is ready for the first time. */
  start(): Promise<RoleReady> {
    return new Promise((resolve) => this.#spawn(resolve));
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Its end is wanted from now on, whoever brings it about: Ctrl-C reaches every process of the group. */
  leaveDown(): void {
    this.#stopping = true;
  }

  /** Asks it to drain and end; kills it after the deadline. */
  async stop(deadlineMs: number): Promise<void> {
    this.leaveDown();
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const force = setTimeout(() => {
      this.#options.log(`${this.#options.name} did not drain within ${deadlineMs / 1000} s and was killed`);
      child.kill('SIGKILL');
    }, deadlineMs);
    await ended;
    clearTimeout(force);
  }

  #spawn(onReady: (ready: RoleReady) => void): void {
    const startedAt = Date.now();
    const { name, module, log } = this.#options;
    const child = fork(module, [...this.#options.args()], { env: this.#options.env(), stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#child = child;
    child.on('message', (message: unknown) => {
      const ready = message as RoleReady;
      if (ready.kind !== 'ready') return;
      if (this.#wasReady) log(`${name} is back (process ${child.pid})`);
      this.#wasReady = true;
      onReady(ready);
    });
    child.once('exit', (code, signal) => {
      if (this.#stopping) return;
      if (!this.#wasReady && code !== null) {
        this.#options.onHopeless(code);
        return;
      }
      if (Date.now() - startedAt > HEALTHY_AFTER_MS) this.#backoffMs = FIRST_BACKOFF_MS;
      log(`${name} ended (${signal ?? `exit code ${code}`}), starting again in ${this.#backoffMs} ms`);
      setTimeout(() => {
        if (!this.#stopping) this.#spawn(onReady);
      }, this.#backoffMs);
      this.#backoffMs = Math.min(this.#backoffMs * 2, MAX_BACKOFF_MS);
    });
  }
}
