// One child process of the supervisor: started, restarted when it dies, stopped in order.
import { isRecord } from '#proto/model/untyped.ts';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { RestartPolicy } from './restart-policy.ts';

/** A role that is not ready after this time is named in the log, and again after each further one. */
const NOT_READY_SAY_EVERY_MS = 30_000;

export interface RoleReady {
  readonly kind: 'ready';
  readonly role: string;
  readonly addresses: Readonly<Record<string, string>>;
}

/** Its own roles send no other message of this kind. */
function isReadyMessage(message: unknown): message is RoleReady {
  return isRecord(message) && message['kind'] === 'ready' && isRecord(message['addresses']);
}

export interface RoleOptions {
  readonly name: string;
  readonly module: string;
  readonly args: () => readonly string[];
  readonly env: () => NodeJS.ProcessEnv;
  readonly log: (line: string) => void;
  /** It was asked at its own address to read the configuration again. */
  readonly onReloadRequest?: () => void;
  /** The role ended before it was ready for the first time with this exit code: it cannot work. */
  readonly onHopeless: (code: number) => void;
}

export class SupervisedRole {
  readonly #options: RoleOptions;
  readonly #restarts = new RestartPolicy(() => performance.now());
  #child: ChildProcess | undefined;
  #stopping = false;
  #wasReady = false;

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

  /** Asks it to read its configuration again; it answers in its log. False when it is not running: it reads it when it starts. */
  reload(): boolean {
    return this.#child?.connected === true && this.#child.send({ kind: 'reload' }, () => undefined);
  }

  /** Sends it a message of that kind and waits for its answer, so long at most. */
  async ask(kind: string, answer: string, withinMs: number): Promise<void> {
    const child = this.#child;
    if (child?.connected !== true) return;
    const answered = new Promise<void>((resolve) => {
      child.on('message', (message: unknown) => {
        if (isRecord(message) && message['kind'] === answer) resolve();
      });
      child.once('exit', () => resolve());
      setTimeout(resolve, withinMs).unref();
    });
    child.send({ kind }, () => undefined);
    await answered;
  }

  /** It is being stopped from now on, whoever brings it about: Ctrl-C reaches every process of the group. */
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
    const startedMs = performance.now();
    const { name, module, log } = this.#options;
    let child: ChildProcess;
    try {
      child = fork(module, [...this.#options.args()], {
        env: this.#options.env(),
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      });
    } catch (error) {
      this.#ended(false, error instanceof Error ? error.message : String(error), onReady);
      return;
    }
    this.#child = child;
    let isReady = false;
    const late = setInterval(() => {
      const seconds = Math.round((performance.now() - startedMs) / 1000);
      log(`${name} is not ready after ${seconds} s (process ${child.pid}): its own lines say what it waits for`);
    }, NOT_READY_SAY_EVERY_MS);
    child.on('message', (message: unknown) => {
      if (isRecord(message) && message['kind'] === 'reload_requested') this.#options.onReloadRequest?.();
      if (!isReadyMessage(message)) return;
      clearInterval(late);
      isReady = true;
      if (this.#wasReady)
        log(`${name} is back (process ${child.pid}), ready after ${Math.round(performance.now() - startedMs)} ms`);
      this.#wasReady = true;
      onReady(message);
    });
    const ended = (how: string): void => {
      clearInterval(late);
      this.#ended(isReady, how, onReady);
    };
    child.once('exit', (code, signal) => {
      if (!this.#stopping && !this.#wasReady && code !== null) {
        clearInterval(late);
        this.#options.onHopeless(code);
      } else ended(signal ?? `exit code ${code}`);
    });
    // No process could be made: memory, processes or descriptors are short.
    child.on('error', (error) => {
      if (child.pid === undefined) ended(error.message);
    });
  }

  #ended(wasReady: boolean, how: string, onReady: (ready: RoleReady) => void): void {
    if (this.#stopping) return;
    const waitMs = this.#restarts.ended(wasReady);
    this.#options.log(`${this.#options.name} ended (${how}), starting again${waitMs === 0 ? '' : ` in ${waitMs} ms`}`);
    setTimeout(() => {
      if (!this.#stopping) this.#spawn(onReady);
    }, waitMs);
  }
}
