// A whole Winnow for a test: supervisor, embedded ClickHouse, collector and query as the real processes, on free ports and an empty directory.
import { fork, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { requireDeclaredAnswer } from './declared-answer.ts';

const READY_TIMEOUT_MS = 60_000;
const POLL_MS = 100;
/** As the npm scripts do: processes that it forks inherit it, and a start costs half. */
const EXEC_ARGV = ['--import', new URL('../../scripts/compile-cache.mjs', import.meta.url).href];
const ALL_IN_ONE = fileURLToPath(new URL('../../deploy/all-in-one.ts', import.meta.url));
const WINNOW = fileURLToPath(new URL('../../deploy/cli/winnow.ts', import.meta.url));

export interface LedgerCounts {
  received: number;
  stored: number;
  sampled_out: number;
  rejected: number;
  dropped: number;
  pending: number;
  imbalance: number;
}
export interface Ledgers {
  spans: LedgerCounts;
  log_records: LedgerCounts;
  metric_points: LedgerCounts;
}

export interface ReplayResult {
  code: number;
  result: { spans: number; traces: number; requests: number; refused: number; seconds: number };
  stderr: string;
}

export class RunningWinnow {
  readonly dir: string;
  readonly addresses: Readonly<Record<string, string>>;
  readonly #child: ChildProcess;
  readonly #log: string[];

  private constructor(dir: string, addresses: Readonly<Record<string, string>>, child: ChildProcess, log: string[]) {
    this.dir = dir;
    this.addresses = addresses;
    this.#child = child;
    this.#log = log;
  }

  /** @param config YAML text; waits are short unless it says otherwise. */
  static async start(config = '', args: readonly string[] = []): Promise<RunningWinnow> {
    const dir = mkdtempSync(path.join(tmpdir(), 'winnow-test-'));
    writeFileSync(path.join(dir, 'winnow.yaml'), config);
    const listen = ['otlp_grpc', 'otlp_http', 'http', 'admin'].map((name) => `--listen.${name}=127.0.0.1:0`);
    const child = fork(
      ALL_IN_ONE,
      ['--config', path.join(dir, 'winnow.yaml'), '--data', path.join(dir, 'data'), ...listen, ...args],
      { execArgv: EXEC_ARGV, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
    );
    const log: string[] = [];
    child.stdout?.on('data', (text: Buffer) => log.push(text.toString()));
    child.stderr?.on('data', (text: Buffer) => log.push(text.toString()));
    const addresses = await new Promise<Record<string, string>>((resolve, reject) => {
      const timeout = setTimeout(
        () => reject(new Error(`not ready after ${READY_TIMEOUT_MS} ms:\n${log.join('')}`)),
        READY_TIMEOUT_MS,
      );
      child.once('exit', (code) => reject(new Error(`ended with ${code} before it was ready:\n${log.join('')}`)));
      child.on('message', (message: { kind: string; role: string; addresses: Record<string, string> }) => {
        if (message.kind !== 'ready' || message.role !== 'all-in-one') return;
        clearTimeout(timeout);
        resolve(message.addresses);
      });
    });
    return new RunningWinnow(dir, addresses, child, log);
  }

  /** Of the supervisor. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get log(): string {
    return this.#log.join('');
  }

  /** A GET of query. Answers of the own API are held against what their route declares. */
  async api<T>(route: string): Promise<T> {
    const response = await fetch(`http://${this.addresses['http']}${route}`);
    if (!response.ok)
      throw new Error(`${route}: ${response.status} ${await response.text()}\n${this.log.slice(-2000)}`);
    const answer: unknown = await response.json();
    requireDeclaredAnswer(route, answer);
    return answer as T;
  }

  async promql(query: string): Promise<{ metric: Record<string, string>; value: [number, string] }[]> {
    const answer = await this.api<{ data: { result: { metric: Record<string, string>; value: [number, string] }[] } }>(
      `/api/v1/query?query=${encodeURIComponent(query)}`,
    );
    return answer.data.result;
  }

  async ledger(): Promise<Ledgers> {
    const response = await fetch(`http://${this.addresses['admin']}/ledger`);
    return (await response.json()) as Ledgers;
  }

  async metrics(): Promise<string> {
    return (await fetch(`http://${this.addresses['admin']}/metrics`)).text();
  }

  /** Waits until nothing is buffered, spooled or on its way. */
  async settled(timeoutMs = 120_000): Promise<Ledgers> {
    return this.until(
      async () => {
        const ledger = await this.ledger();
        return ledger.spans.pending === 0 && ledger.log_records.pending === 0 && ledger.metric_points.pending === 0
          ? ledger
          : undefined;
      },
      timeoutMs,
      async () => JSON.stringify(await this.ledger()),
    );
  }

  /** Polls until `ask` answers something; the page under test has no event to wait for. */
  async until<T>(ask: () => Promise<T | undefined>, timeoutMs = 60_000, state?: () => Promise<string>): Promise<T> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const answer = await ask();
      if (answer !== undefined) return answer;
      if (Date.now() > deadline)
        throw new Error(`did not come about in ${timeoutMs} ms: ${(await state?.()) ?? ''}\n${this.log.slice(-3000)}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** `winnow replay ARGS` against this one. */
  replay(...args: readonly string[]): Promise<ReplayResult> {
    const protocol = args.some((arg) => arg.startsWith('http')) ? 'otlp_http' : 'otlp_grpc';
    const child = fork(WINNOW, ['replay', ...args, '--endpoint', this.addresses[protocol] ?? ''], {
      execArgv: EXEC_ARGV,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout?.on('data', (text: Buffer) => (stdout += text.toString()));
    child.stderr?.on('data', (text: Buffer) => (stderr += text.toString()));
    return new Promise((resolve, reject) => {
      child.once('close', (code) => {
        const last = stdout.trim().split('\n').at(-1) ?? '';
        try {
          resolve({ code: code ?? -1, result: JSON.parse(last) as ReplayResult['result'], stderr });
        } catch {
          reject(new Error(`replay ended with ${code} and no JSON line:\n${stdout}\n${stderr}`));
        }
      });
    });
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = new Promise((resolve) => this.#child.once('exit', resolve));
      this.#child.kill('SIGTERM');
      await ended;
    }
    rmSync(this.dir, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** received = stored + sampled out + rejected + dropped + pending. */
export function conserved(ledger: LedgerCounts): boolean {
  return ledger.received === ledger.stored + ledger.sampled_out + ledger.rejected + ledger.dropped + ledger.pending;
}
