// One real process of Winnow for a test, with its configuration, its last words and its exit code.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Ledgers } from './running-winnow.ts';

const MODULES = {
  collector: fileURLToPath(new URL('../../collector/main.ts', import.meta.url)),
  query: fileURLToPath(new URL('../../query/main.ts', import.meta.url)),
  'all-in-one': fileURLToPath(new URL('../../deploy/all-in-one.ts', import.meta.url)),
};
export type RoleName = keyof typeof MODULES;

/** Free ports for every listener of a role. */
export const ANY_PORTS = ['otlp_grpc', 'otlp_http', 'http', 'admin'].map((name) => `--listen.${name}=127.0.0.1:0`);

export class RunningRole {
  readonly #child: ChildProcess;
  readonly #exit: Promise<number>;
  readonly #ready: Promise<Readonly<Record<string, string>> | undefined>;
  stderr = '';

  /** @param ownGroup in a process group of its own, as a terminal would start it */
  constructor(role: RoleName, args: readonly string[], ownGroup = false) {
    this.#child = fork(MODULES[role], [...args], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], detached: ownGroup });
    this.#child.stderr?.on('data', (text: Buffer) => (this.stderr += text.toString()));
    this.#exit = once(this.#child, 'close').then(([code]) => (code as number | null) ?? -1);
    const ready = new Promise<Readonly<Record<string, string>>>((resolve) => {
      this.#child.on('message', (message: { kind?: string; addresses?: Record<string, string> }) => {
        if (message.kind === 'ready') resolve(message.addresses ?? {});
      });
    });
    this.#ready = Promise.race([ready, this.#exit.then(() => undefined)]);
  }

  /** Where it listens. @throws with its last words when it ends before it is ready */
  async addresses(): Promise<Readonly<Record<string, string>>> {
    const addresses = await this.#ready;
    if (addresses === undefined) throw new Error(`ended with ${await this.#exit} before it was ready:\n${this.stderr}`);
    return addresses;
  }

  async ledger(): Promise<Ledgers> {
    return (await (await this.admin('/ledger')).json()) as Ledgers;
  }

  async admin(path: string): Promise<Response> {
    return fetch(`http://${(await this.addresses())['admin']}${path}`);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Its exit code, when it has ended by itself. */
  get exitCode(): Promise<number> {
    return this.#exit;
  }

  /** SIGTERM unless told otherwise; resolves with the exit code. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill(signal);
    return this.#exit;
  }

  /** SIGKILL; resolves when the process itself is no more: its children may still hold its stderr. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }

  /** Ctrl-C: the signal goes to every process of the group at once. Only with a group of its own. */
  async interrupt(): Promise<number> {
    process.kill(-(this.#child.pid ?? 0), 'SIGINT');
    return this.#exit;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGKILL');
  }
}
