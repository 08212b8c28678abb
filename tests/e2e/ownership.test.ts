// One owner of a data directory: supervisors that are killed, collectors that outlive them, a second one on the same directory.
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client, credentials, status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startEmbeddedClickHouse, type TestClickHouse } from '../support/embedded-clickhouse.ts';
import { ExactSender, storedItems } from '../support/exact-sender.ts';
import { childOf, ends, isThere } from '../support/processes.ts';
import { ANY_PORTS, RunningRole } from '../support/running-role.ts';
import { traceRequest } from '../support/trace-requests.ts';

const FAST = [
  '--sampling.wait.quiet=200ms',
  '--sampling.wait.after_root=400ms',
  '--sampling.wait.max=1s',
  '--red.flush_every=1s',
];
/** Traces wait for their decision longer than any of this takes. */
const SLOW = ['--sampling.wait.quiet=60s', '--sampling.wait.after_root=60s', '--sampling.wait.max=60s'];
const TIMEOUT_MS = 600_000;
/** On a busy machine; what is promised is two seconds. */
const ORPHAN_ENDS_MS = 8000;
const EXPORT_TRACES = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
const asIs = (bytes: Buffer): Buffer => bytes;
const LISTENERS = ['otlp_grpc', 'otlp_http', 'http', 'admin'] as const;

let dir: string;
let data: string;
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'winnow-owner-'));
  data = path.join(dir, 'data');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const sameAddresses = (addresses: Readonly<Record<string, string>>): string[] =>
  LISTENERS.map((name) => `--listen.${name}=${addresses[name] ?? ''}`);

async function until(holds: () => Promise<boolean> | boolean, state: () => string = () => ''): Promise<void> {
  await expect.poll(async () => holds(), { timeout: 60_000, interval: 50, message: state() }).toBe(true);
}

/** Directories and files; ClickHouse makes and removes some meanwhile. */
function filesBelow(directory: string): string[] {
  return namesIn(directory).flatMap((name) => [path.join(directory, name), ...filesBelow(path.join(directory, name))]);
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return []; // a file, or gone meanwhile
  }
}

describe('a whole Winnow', { timeout: TIMEOUT_MS }, () => {
  it('whose supervisor is killed under load and started again at once, ten times: nothing acknowledged is lost or doubled', async () => {
    let winnow = new RunningRole('all-in-one', ['--data', data, ...ANY_PORTS, ...FAST]);
    try {
      const addresses = await winnow.addresses();
      const sender = new ExactSender(addresses['otlp_http'] ?? '');
      sender.run();
      for (let life = 0; life < 10; life++) {
        const before = sender.acknowledged;
        await until(
          () => sender.acknowledged > before + 500,
          () => winnow.stderr,
        );
        await winnow.kill();
        winnow = new RunningRole('all-in-one', ['--data', data, ...sameAddresses(addresses), ...FAST]);
        await winnow.addresses(); // comes up by itself
      }
      await sender.stop();
      const { clickhouse } = await winnow.addresses();
      const all = { rows: sender.acknowledged, distinct: sender.acknowledged };
      await expect
        .poll(() => storedItems(clickhouse ?? ''), { timeout: 60_000, interval: 200 })
        .toEqual({ spans: all, logs: all, points: all });
      expect(await winnow.end()).toBe(0);
    } finally {
      await winnow.kill();
    }
  });

  it.each([
    [
      'collector',
      'collector/main.ts',
      /collector: warning: an earlier collector is still writing to .* \(pid (\d+), started .*\): waiting for it to end/,
    ],
    [
      'ClickHouse',
      'embedded-clickhouse/main.ts',
      /an earlier embedded ClickHouse still holds .*clickhouse \(pid (\d+)\): waiting for it to end/,
    ],
    ['query', 'query/main.ts', /query: .* is still held by an earlier query \(pid (\d+)\): waiting for it to end/],
  ])('waits with words for a %s that outlives its supervisor', async (_, module, words) => {
    await using first = new RunningRole('all-in-one', ['--data', data, ...ANY_PORTS, ...FAST]);
    const addresses = await first.addresses();
    const sender = new ExactSender(addresses['otlp_http'] ?? '');
    await sender.send();
    const orphan = childOf(first.pid, module);
    process.kill(orphan, 'SIGSTOP');
    try {
      await first.kill();
      await using second = new RunningRole('all-in-one', ['--data', data, ...sameAddresses(addresses), ...FAST]);
      await until(
        () => words.test(second.stderr),
        () => second.stderr,
      );
      expect(Number(words.exec(second.stderr)?.[1])).toBe(orphan);
      process.kill(orphan, 'SIGCONT');
      const { clickhouse } = await second.addresses();
      await sender.send();
      await expect
        .poll(async () => (await storedItems(clickhouse ?? '')).spans, { timeout: 60_000, interval: 200 })
        .toEqual({ rows: 40, distinct: 40 });
      expect(await second.end()).toBe(0);
    } finally {
      if (isThere(orphan)) process.kill(orphan, 'SIGCONT');
      expect(await ends(orphan, ORPHAN_ENDS_MS)).toBe(true);
    }
  });

  it('ends all of its roles when the supervisor is killed, also while they are told to stop', async () => {
    for (const stopsBefore of [false, true]) {
      await using winnow = new RunningRole('all-in-one', ['--data', data, ...ANY_PORTS, ...SLOW]);
      await new ExactSender((await winnow.addresses())['otlp_http'] ?? '').send();
      const roles = ['collector/main.ts', 'embedded-clickhouse/main.ts', 'query/main.ts'].map((module) =>
        childOf(winnow.pid, module),
      );
      if (stopsBefore) {
        process.kill(roles[1]!, 'SIGSTOP'); // the drain waits for it
        winnow.signal('SIGTERM');
        await until(() => winnow.stderr.includes('stopping: deciding what is buffered'));
        process.kill(roles[1]!, 'SIGCONT');
      }
      await winnow.kill();
      for (const pid of roles) expect(await ends(pid, ORPHAN_ENDS_MS)).toBe(true);
    }
  });

  it('whose supervisor is killed while a hundred gRPC calls are on their way refuses none of them for good', async () => {
    await using winnow = new RunningRole('all-in-one', ['--store=none', ...ANY_PORTS]);
    const address = (await winnow.addresses())['otlp_grpc'] ?? '';
    const orphan = childOf(winnow.pid, 'collector/main.ts');
    const client = new Client(address, credentials.createInsecure());
    const codes = new Set<number>();
    let trace = 1;
    let accepted = 0;
    const over = new AbortController();
    const call = (): Promise<void> =>
      new Promise((resolve) => {
        const body = traceRequest(Array.from({ length: 50 }, () => ({ trace: trace++, span: 1, padding: 200 })));
        client.makeUnaryRequest(EXPORT_TRACES, asIs, asIs, body, (error) => {
          if (error === null) accepted++;
          else codes.add(error.code);
          if (error?.code === status.UNAVAILABLE && !isThere(orphan)) over.abort();
          resolve();
        });
      });
    const lines = Array.from({ length: 100 }, async () => {
      while (!over.signal.aborted) await call();
    });
    await until(
      () => accepted > 200,
      () => winnow.stderr,
    );
    await winnow.kill();
    await Promise.all(lines);
    client.close();
    expect([...codes]).toEqual([status.UNAVAILABLE]);
  });

  it('lets nobody else read its files, those of an earlier version neither', async () => {
    for (const name of ['wal', 'spool', 'clickhouse']) {
      mkdirSync(path.join(data, name), { recursive: true });
      chmodSync(path.join(data, name), 0o755);
    }
    await using winnow = new RunningRole('all-in-one', ['--data', data, ...ANY_PORTS, ...FAST]);
    const { otlp_http: address = '', clickhouse = '' } = await winnow.addresses();
    await new ExactSender(address).send();
    await expect
      .poll(async () => (await storedItems(clickhouse)).logs.rows, { timeout: 60_000, interval: 200 })
      .toBe(20);
    const open = filesBelow(data).filter(
      (file) => ((statSync(file, { throwIfNoEntry: false })?.mode ?? 0) & 0o077) !== 0,
    );
    expect(open).toEqual([]);
    expect(readdirSync(data)).toEqual(
      expect.arrayContaining(['wal', 'spool', 'clickhouse', 'collector.lock', 'collector.json']),
    );
  });
});

describe('collectors on one data directory', { timeout: TIMEOUT_MS }, () => {
  let clickhouse: TestClickHouse;
  beforeAll(async () => {
    clickhouse = await startEmbeddedClickHouse();
  });
  afterAll(() => clickhouse.stop());
  let database = '';
  let tests = 0;
  beforeEach(() => {
    database = `owners_${++tests}`;
  });

  const collector = (...more: string[]): RunningRole =>
    new RunningRole('collector', [
      '--data',
      data,
      ...ANY_PORTS,
      `--clickhouse.url=${clickhouse.url}`,
      `--clickhouse.database=${database}`,
      ...more,
    ]);
  const stored = () => storedItems(clickhouse.url, database);

  it('a second one waits, ends when it is told to, and takes over when the first is killed', async () => {
    await using first = collector(...FAST);
    const sender = new ExactSender((await first.addresses())['otlp_http'] ?? '');
    await sender.send();
    await using second = collector(...FAST);
    await until(
      () => second.stderr.includes(`an earlier collector is still writing to ${data} (pid ${first.pid}, started `),
      () => second.stderr,
    );
    expect(await second.end()).toBe(0);
    await using third = collector(...FAST);
    await until(
      () => third.stderr.includes('waiting for it to end'),
      () => third.stderr,
    );
    await sender.send();
    await first.kill();
    sender.address = (await third.addresses())['otlp_http'] ?? '';
    await sender.send();
    const all = { rows: 60, distinct: 60 };
    await expect.poll(stored, { timeout: 60_000, interval: 200 }).toEqual({ spans: all, logs: all, points: all });
  });

  it('the first one ends by itself when somebody removes its lock and starts a second', async () => {
    await using first = collector(...SLOW);
    const sender = new ExactSender((await first.addresses())['otlp_http'] ?? '');
    await sender.send();
    first.signal('SIGSTOP'); // it cannot lock again
    unlinkSync(path.join(data, 'collector.lock'));
    await using second = collector(...FAST);
    await until(
      () => second.stderr.includes('was removed by hand'),
      () => second.stderr,
    );
    first.signal('SIGCONT');
    expect(await first.exitCode).toBe(1);
    expect(first.stderr).toMatch(
      /collector: error: .*another collector.*: this collector stops at once, and writes nothing more/,
    );
    sender.address = (await second.addresses())['otlp_http'] ?? '';
    await sender.send();
    const all = { rows: 40, distinct: 40 };
    await expect.poll(stored, { timeout: 60_000, interval: 200 }).toEqual({ spans: all, logs: all, points: all });
  });

  it.each(['memory', 'written', 'fsync'])(
    'with durability %s what was acknowledged is stored after the supervisor was killed',
    async (durability) => {
      const slow = [
        ...SLOW,
        `--durability=${durability}`,
        `--clickhouse.url=${clickhouse.url}`,
        `--clickhouse.database=${database}`,
      ];
      await using first = new RunningRole('all-in-one', ['--data', data, ...ANY_PORTS, ...slow]);
      const addresses = await first.addresses();
      const sender = new ExactSender(addresses['otlp_http'] ?? '');
      for (let i = 0; i < 5; i++) await sender.send();
      const pid = childOf(first.pid, 'collector/main.ts');
      await first.kill();
      expect(await ends(pid, ORPHAN_ENDS_MS)).toBe(true);
      await using second = collector(...FAST, `--durability=${durability}`);
      await second.addresses();
      const all = { rows: 100, distinct: 100 };
      await expect.poll(stored, { timeout: 60_000, interval: 200 }).toEqual({ spans: all, logs: all, points: all });
    },
  );

  it('without a store there is nothing on disk, and nothing to wait for', async () => {
    await using first = new RunningRole('collector', ['--store=none', '--data', data, ...ANY_PORTS]);
    await first.addresses();
    await using second = new RunningRole('collector', ['--store=none', '--data', data, ...ANY_PORTS]);
    await second.addresses();
    expect(statSync(data, { throwIfNoEntry: false })).toBeUndefined();
  });
});
