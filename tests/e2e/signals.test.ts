// Signals as people and service managers send them: to npm, to the supervisor, to a role; once, twice, in the middle of stopping.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ExactSender } from '../support/exact-sender.ts';
import { childrenOf, ends } from '../support/processes.ts';
import { ANY_PORTS, RunningRole } from '../support/running-role.ts';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
const TIMEOUT_MS = 240_000;
const ENDS_MS = 30_000;
const RULES = (percent: number): string => `sampling: { rules: [{ name: all, keep: ${percent}% }] }\n`;

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'winnow-signals-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

async function until(holds: () => Promise<boolean> | boolean, state: () => string = () => ''): Promise<void> {
  await expect.poll(async () => holds(), { timeout: 60_000, interval: 50, message: state() }).toBe(true);
}

function configFile(text: string): string {
  const file = path.join(dir, 'winnow.yaml');
  writeFileSync(file, text);
  return file;
}

/** `npm run SCRIPT -- ARGS`, as a service manager would start it. */
class NpmRun {
  readonly child: ChildProcess;
  output = '';

  constructor(script: string, args: readonly string[]) {
    this.child = spawn('npm', ['run', script, '--', ...args], { cwd: REPOSITORY, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on('data', (text: Buffer) => (this.output += text.toString()));
  }

  async says(what: RegExp): Promise<RegExpExecArray> {
    await until(
      () => what.test(this.output) || this.child.exitCode !== null,
      () => this.output,
    );
    const match = what.exec(this.output);
    if (match === null) throw new Error(`ended with ${this.child.exitCode}:\n${this.output}`);
    return match;
  }

  /** The process that npm started: no shell in between. */
  get server(): number {
    const [server] = childrenOf(this.child.pid ?? 0);
    if (server === undefined) throw new Error(`npm has no child:\n${this.output}`);
    return server.pid;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const server = childrenOf(this.child.pid ?? 0)[0]?.pid;
    this.child.kill('SIGKILL');
    if (server !== undefined) {
      process.kill(server, 'SIGKILL');
      await ends(server, ENDS_MS);
    }
  }
}

describe('npm', { timeout: TIMEOUT_MS }, () => {
  const start = (): NpmRun => new NpmRun('start', ['--data', path.join(dir, 'data'), ...ANY_PORTS]);

  it.each([
    ['SIGTERM', ['SIGTERM']],
    ['SIGTERM twice', ['SIGTERM', 'SIGTERM']],
    ['SIGINT, and SIGTERM while it stops', ['SIGINT', 'SIGTERM']],
  ] as const)('start told %s stops in order and leaves nothing behind', async (_, signals) => {
    await using npm = start();
    await npm.says(/Winnow is ready/);
    const { server } = npm;
    const roles = childrenOf(server).map(({ pid }) => pid);
    expect(roles).toHaveLength(3);
    const exit = once(npm.child, 'exit');
    for (const signal of signals) npm.child.kill(signal);
    await exit;
    expect(await ends(server, ENDS_MS)).toBe(true);
    for (const pid of roles) expect(await ends(pid, ENDS_MS)).toBe(true);
    expect(npm.output).toMatch(/stopping: .*\n(?:.*\n)*.* stopped/);
  });

  it.each(['SIGKILL', 'SIGHUP'] as const)(
    'that dies of %s, which it does not hand on, leaves nothing behind either',
    async (signal) => {
      await using npm = start();
      await npm.says(/Winnow is ready/);
      const { server } = npm;
      npm.child.kill(signal);
      expect(await ends(server, ENDS_MS)).toBe(true);
      await npm.says(/ stopped/);
    },
  );

  it.each([
    ['collector', ['--store=none', ...ANY_PORTS], /"ready":true/],
    ['query', ['--clickhouse.url=http://127.0.0.1:9', ...ANY_PORTS], /check-node/],
    ['demo', ['--rate', '10', '--', '--store=none', ...ANY_PORTS], /demo: 10 spans\/s/],
    ['winnow', ['demo', '--rate', '10', '--', '--store=none', ...ANY_PORTS], /demo: 10 spans\/s/],
  ])('run %s told SIGTERM ends, too', async (script, args, ready) => {
    await using npm = new NpmRun(script, args);
    await npm.says(ready);
    await until(
      () => childrenOf(npm.child.pid ?? 0).some(({ command }) => command.includes('.ts')),
      () => npm.output,
    );
    const { server } = npm;
    const exit = once(npm.child, 'exit');
    npm.child.kill('SIGTERM');
    await exit;
    expect(await ends(server, ENDS_MS)).toBe(true);
  });
});

describe('SIGHUP', { timeout: TIMEOUT_MS }, () => {
  it('to the supervisor has the collector read the configuration again, and answers in the log', async () => {
    const file = configFile(RULES(5));
    await using winnow = new RunningRole('all-in-one', ['--store=none', '--config', file, ...ANY_PORTS]);
    await winnow.addresses();
    winnow.signal('SIGHUP');
    await until(
      () => winnow.stderr.includes('rules and waits are as before'),
      () => winnow.stderr,
    );
    writeFileSync(file, RULES(50));
    winnow.signal('SIGHUP');
    await until(
      () => winnow.stderr.includes('new rules and waits are in force'),
      () => winnow.stderr,
    );
    writeFileSync(file, '');
    winnow.signal('SIGHUP');
    await until(
      () => winnow.stderr.includes('winnow.yaml is empty, and the one in force is not'),
      () => winnow.stderr,
    );
    expect(await winnow.end()).toBe(0);
  });

  it('to a collector alone does the same', async () => {
    await using collector = new RunningRole('collector', [
      '--store=none',
      '--config',
      configFile(RULES(5)),
      ...ANY_PORTS,
    ]);
    await collector.addresses();
    collector.signal('SIGHUP');
    await until(
      () => collector.stderr.includes('rules and waits are as before'),
      () => collector.stderr,
    );
    expect(await collector.end()).toBe(0);
  });

  it('to every process of the group ends none of them', async () => {
    await using winnow = new RunningRole('all-in-one', ['--data', path.join(dir, 'data'), ...ANY_PORTS], true);
    const addresses = await winnow.addresses();
    process.kill(-winnow.pid, 'SIGHUP');
    await until(
      () => winnow.stderr.includes('rules and waits are as before'),
      () => winnow.stderr,
    );
    await new ExactSender(addresses['otlp_http'] ?? '').send();
    expect((await fetch(`http://${addresses['http']}/readyz`)).status).toBe(200);
    expect(winnow.stderr).not.toMatch(/ended|is back/);
    expect(await winnow.end()).toBe(0);
  });
});

describe('a second signal while stopping', { timeout: TIMEOUT_MS }, () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    '%s does not break the order: everything is decided and stored',
    async (signal) => {
      const slow = ['--sampling.wait.quiet=60s', '--sampling.wait.after_root=60s', '--sampling.wait.max=60s'];
      await using winnow = new RunningRole(
        'all-in-one',
        ['--data', path.join(dir, 'data'), ...ANY_PORTS, ...slow],
        true,
      );
      const sender = new ExactSender((await winnow.addresses())['otlp_http'] ?? '');
      for (let i = 0; i < 20; i++) await sender.send();
      process.kill(-winnow.pid, signal);
      await until(
        () => winnow.stderr.includes('stopping: deciding what is buffered'),
        () => winnow.stderr,
      );
      process.kill(-winnow.pid, signal);
      expect(await winnow.exitCode).toBe(0);
      expect(winnow.stderr).not.toMatch(/again|is back|killed|stay in the spool/);
    },
  );
});
