// What goes wrong around Winnow: broken configuration, taken ports, a ClickHouse that is away, a process told to stop in the middle of work.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import http2 from 'node:http2';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createClient } from '@clickhouse/client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startEmbeddedClickHouse, type TestClickHouse } from '../support/embedded-clickhouse.ts';
import { sendGrpc, sendHttp, type WireAnswer } from '../support/recorded-requests.ts';
import { ANY_PORTS, RunningRole, type RoleName } from '../support/running-role.ts';
import { conserved, type Ledgers } from '../support/running-winnow.ts';
import { traceRequest } from '../support/trace-requests.ts';

const ROLES: readonly RoleName[] = ['collector', 'query', 'all-in-one'];
/** Waits short enough for a test, in every form. */
const FAST = ['--sampling.wait.quiet=200ms', '--sampling.wait.after_root=400ms', '--sampling.wait.max=1s', '--red.flush_every=1s'];
const UNAVAILABLE = 14;

let dir: string;
let clickhouse: TestClickHouse;
/** Each test has tables of its own in the one server. */
let database = '';
let tests = 0;
beforeAll(async () => {
  clickhouse = await startEmbeddedClickHouse();
});
afterAll(() => clickhouse.stop());
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'winnow-faults-'));
  database = `faults_${++tests}`;
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const dataFlags = (): string[] => ['--data', path.join(dir, 'data'), ...ANY_PORTS];

describe('a broken configuration', () => {
  function configFile(text: string): string {
    const file = path.join(dir, 'winnow.yaml');
    writeFileSync(file, text);
    return file;
  }

  it.each(ROLES)('%s names file, line, key, value and remedy, and ends with 2', async (role) => {
    const file = configFile('listen:\n  otlp_grpc: nonsense\nsampling:\n  wait: { quiet: soon }\nbufer: { max_bytes: 1GiB }\n');
    await using process = new RunningRole(role, ['--config', file, ...ANY_PORTS.slice(1)]);
    expect(await process.exitCode).toBe(2);
    const lines = process.stderr.trim().split('\n');
    expect(lines.find((line) => line.startsWith('listen.otlp_grpc'))).toContain(`(${file}:2): is no address, got \`nonsense\`; write HOST:PORT`);
    expect(lines.find((line) => line.startsWith('sampling.wait.quiet'))).toMatch(/winnow\.yaml:4\): is no duration, got `soon`; write a number with its unit/);
    expect(lines.find((line) => line.startsWith('bufer'))).toMatch(/winnow\.yaml:5\): is no setting; did you mean `buffer`\?/);
    expect(lines).toHaveLength(3);
  });

  it.each(ROLES)('%s says where the YAML ends to make sense', async (role) => {
    const file = configFile('listen:\n  http: "127.0.0.1:4320\n');
    await using process = new RunningRole(role, ['--config', file]);
    expect(await process.exitCode).toBe(2);
    expect(process.stderr).toMatch(/winnow\.yaml:\d+\): is no valid YAML: .+; mend the file at this line/);
  });

  it.each(ROLES)('%s says that the file is not there, and that an address of ClickHouse is none', async (role) => {
    await using missing = new RunningRole(role, ['--config', path.join(dir, 'no.yaml')]);
    await using address = new RunningRole(role, ['--clickhouse.url=localhost:8123']);
    expect(await missing.exitCode).toBe(2);
    expect(missing.stderr).toMatch(/cannot read .*no\.yaml: ENOENT.*; give an existing file with --config FILE/);
    expect(await address.exitCode).toBe(2);
    expect(address.stderr).toContain('clickhouse.url (--clickhouse.url): is no HTTP address, got `localhost:8123`; write http://HOST:PORT');
  });

  it('a rule that cannot be compiled ends the whole with 2, too', async () => {
    const file = configFile('sampling:\n  rules:\n    - { name: slow, when: { duration: "> often" }, keep: 100% }\n');
    await using process = new RunningRole('all-in-one', ['--config', file, ...dataFlags()]);
    expect(await process.exitCode).toBe(2);
    expect(process.stderr).toMatch(/sampling\.rules\[0\]\.when\.duration/);
  });
});

describe('a port that is taken', () => {
  let blocker: Server;
  let taken: string;
  beforeAll(async () => {
    blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
    taken = `127.0.0.1:${(blocker.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    blocker.close();
  });

  it.each([
    ['collector', 'listen.otlp_grpc'],
    ['collector', 'listen.otlp_http'],
    ['collector', 'listen.admin'],
    ['query', 'listen.http'],
    ['all-in-one', 'listen.otlp_http'],
    ['all-in-one', 'listen.http'],
  ] as const)('%s says that %s is taken and how to change it, and ends with 1', async (role, key) => {
    const listen = ANY_PORTS.filter((flag) => !flag.startsWith(`--${key}=`));
    await using process = new RunningRole(role, [...listen, `--${key}=${taken}`, '--data', path.join(dir, 'data'), `--clickhouse.url=${clickhouse.url}`]);
    expect(await process.exitCode).toBe(1);
    expect(process.stderr).toContain(taken);
    expect(process.stderr).toMatch(/\btaken\b/);
    expect(process.stderr).toContain(key);
    expect(process.stderr).not.toContain('    at '); // no stack
    expect(process.stderr).not.toContain(clickhouse.password);
  });
});

describe('a collector whose ClickHouse is away', () => {
  let isDown = false;
  const goDown = async (): Promise<void> => {
    await clickhouse.kill9();
    isDown = true;
  };
  const comeBack = async (): Promise<void> => {
    await clickhouse.restart();
    isDown = false;
  };
  afterEach(async () => {
    if (isDown) await comeBack();
  });

  const startCollector = (...more: string[]): RunningRole => new RunningRole('collector', [...dataFlags(), ...FAST, `--clickhouse.url=${clickhouse.url}`, `--clickhouse.database=${database}`, ...more]);

  it('is there from the start: takes data, says why it is not ready, and stores everything once ClickHouse has come', async () => {
    await goDown();
    await using collector = startCollector();
    const sender = await Sender.to(collector);
    expect((await sender.post(100)).status).toBe(200);
    const ready = await collector.admin('/readyz');
    expect([ready.status, await ready.json()]).toEqual([503, { status: 'not ready', reasons: [expect.stringMatching(/^ClickHouse does not answer: .*check clickhouse\.url/)] }]);
    const alive = await collector.admin('/healthz');
    expect([alive.status, await alive.json()]).toEqual([200, { status: 'degraded', reasons: [expect.stringMatching(/^ClickHouse does not answer: /)] }]);
    expect(collector.stderr).toMatch(/ClickHouse is not ready \([^)]*ECONNREFUSED[^)]*\): data waits in the spool; check clickhouse\.url/);
    expect(collector.stderr).not.toContain(clickhouse.password);
    await until(() => Promise.resolve(spoolFiles().length > 0));
    await comeBack();
    const { spans } = await settled(collector);
    expect(spans).toMatchObject({ received: 100, stored: 100, dropped: 0 });
    await until(async () => (await collector.admin('/readyz')).status === 200);
    expect(await stored()).toEqual({ rows: 100, distinct: 100 });
    expect(await collector.end()).toBe(0);
  });

  it('goes in the middle: the spool fills, replies are held, then refused as retryable; back again, everything arrives once', async () => {
    await using collector = startCollector('--spool.max_bytes=1MiB', '--receive.max_hold=300ms');
    const sender = await Sender.to(collector);
    let accepted = 0;
    const push = async (): Promise<WireAnswer> => {
      const answer = await sender.post(200, 2000);
      if (answer.status === 200) accepted += 200;
      return answer;
    };
    await push();
    await settled(collector);
    await goDown();
    let refused: WireAnswer | undefined;
    let heldMs = 0;
    await until(async () => {
      const since = performance.now();
      const answer = await push();
      heldMs = performance.now() - since;
      if (answer.status !== 200) refused = answer;
      return refused !== undefined;
    });
    expect(heldMs).toBeGreaterThanOrEqual(290);
    expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': expect.stringMatching(/^[1-9]\d*$/) as string } });
    const overGrpc = await sender.call(10);
    expect(overGrpc.status).toBe(UNAVAILABLE);
    const details = Buffer.from(String(overGrpc.headers['grpc-status-details-bin']), 'base64');
    expect(details.includes('google.rpc.RetryInfo')).toBe(true);
    expect(collector.stderr).toMatch(/ClickHouse does not take data \(.+\): \d+ blocks, [\d.]+ of 1\.0 MiB in the spool; trying again/);
    expect(await (await collector.admin('/metrics')).text()).toMatch(/^winnow_requests_refused_total\{signal="traces",reason="busy"\} [2-9]/m);
    const held = sender.post(50, 10); // held while ClickHouse comes back, or told to come again
    await comeBack();
    if ((await held).status === 200) accepted += 50;
    const { spans } = await settled(collector);
    expect(spans).toMatchObject({ received: accepted, stored: accepted, rejected: 0, dropped: 0 });
    expect(conserved(spans)).toBe(true);
    expect(await stored()).toEqual({ rows: accepted, distinct: accepted });
    expect((await push()).status).toBe(200);
    expect(collector.stderr).toMatch(/ClickHouse is back after \d+ s/);
    sender.close();
  });

  it('told to stop in the middle of a replay: every request gets its answer, every acknowledged span is stored', async () => {
    await using collector = startCollector('--sampling.wait.quiet=30s', '--sampling.wait.after_root=30s', '--sampling.wait.max=30s');
    const sender = await Sender.to(collector);
    await until(async () => (await collector.admin('/readyz')).status === 200); // the tables are there: it has where to store
    let acknowledged = 0;
    let gone = false;
    const sending = Array.from({ length: 4 }, async () => {
      while (!gone) {
        const answer = await sender.post(50, 100).catch(() => undefined);
        if (answer?.status === 200) acknowledged += 50;
        else gone = true;
      }
    });
    await until(() => Promise.resolve(acknowledged > 2000));
    const pending = (await collector.ledger()).spans.pending;
    expect(pending).toBeGreaterThan(2000); // nothing is decided yet
    expect(await collector.end()).toBe(0);
    await Promise.all(sending);
    expect(await stored()).toEqual({ rows: acknowledged, distinct: acknowledged });
    expect(spoolFiles()).toEqual([]);
  });

  it('ends with blocks in the spool; the next start stores them exactly once, and its ledger balances', async () => {
    await using first = startCollector();
    const sender = await Sender.to(first);
    await sender.post(100);
    await settled(first);
    await goDown();
    await sender.post(300);
    const since = performance.now();
    expect(await first.end()).toBe(0);
    expect(performance.now() - since).toBeLessThan(10_000); // it does not wait for what does not come
    expect(first.stderr).toMatch(/\d+ blocks \(\d+ bytes\) stay in the spool until the next start/);
    expect(spoolFiles().length).toBeGreaterThan(0);
    await comeBack();
    await using second = startCollector();
    const again = await Sender.to(second, 1000);
    await again.post(10);
    const { spans } = await settled(second);
    expect(spans).toMatchObject({ received: 410, stored: 410, dropped: 0, imbalance: 0 });
    expect(await stored()).toEqual({ rows: 410, distinct: 410 });
    expect(await traces()).toBe(410);
    await second.end('SIGKILL');
    await using third = startCollector();
    await until(async () => (await third.admin('/readyz')).status === 200);
    expect((await third.ledger()).spans).toMatchObject({ received: 410, stored: 410, imbalance: 0 });
    expect(await stored()).toEqual({ rows: 410, distinct: 410 });
  });

  it('a damaged file of the spool is set aside, said, and counted as dropped', async () => {
    await using first = startCollector();
    await goDown();
    const sender = await Sender.to(first);
    await sender.post(40);
    expect(await first.end()).toBe(0);
    const spans = spoolFiles().find((name) => name.includes('-spans-'));
    writeFileSync(path.join(dir, 'data', 'spool', spans ?? ''), 'torn');
    await comeBack();
    await using second = startCollector();
    const ledger = await settled(second);
    expect(ledger.spans).toMatchObject({ received: 40, stored: 0, dropped: 40, pending: 0 });
    expect(second.stderr).toContain(`${spans} is damaged`);
  });

  const spoolFiles = (): string[] => readdirSync(path.join(dir, 'data', 'spool')).filter((name) => name.endsWith('.native'));

  async function ask<T>(query: string): Promise<T> {
    const client = createClient({ url: clickhouse.url, database });
    try {
      return (await (await client.query({ query, format: 'JSONEachRow' })).json<T>())[0] as T;
    } finally {
      await client.close();
    }
  }

  const stored = (): Promise<{ rows: number; distinct: number }> => ask('SELECT count()::Float64 AS rows, uniqExact(trace_id, span_id)::Float64 AS distinct FROM spans');
  const traces = async (): Promise<number> => (await ask<{ n: number }>('SELECT sum(span_count)::Float64 AS n FROM traces FINAL')).n;
});

describe('all processes together', () => {
  const spooled = (): string[] => readdirSync(path.join(dir, 'data', 'spool')).filter((name) => name.endsWith('.native'));

  it('Ctrl-C, which reaches all of them at once, still drains in order and starts nothing again', async () => {
    await using winnow = new RunningRole('all-in-one', [...dataFlags(), '--sampling.wait.quiet=30s', '--sampling.wait.after_root=30s'], true);
    const sender = await Sender.to(winnow);
    expect((await sender.post(5000, 100)).status).toBe(200);
    expect(await winnow.interrupt()).toBe(0);
    expect(winnow.stderr).not.toMatch(/again|is back|killed|stay in the spool/);
    expect(winnow.stderr.trim()).toMatch(/stopped$/);
    expect(spooled()).toEqual([]);
  });

  it('a collector that is killed comes back at the same addresses', async () => {
    await using winnow = new RunningRole('all-in-one', [...dataFlags(), ...FAST]);
    const sender = await Sender.to(winnow);
    process.kill(Number((await winnow.addresses())['collector_pid']), 'SIGKILL');
    await until(() => Promise.resolve(winnow.stderr.includes('collector is back')));
    expect(winnow.stderr).toContain('collector ended (SIGKILL), starting again');
    expect((await sender.post(10)).status).toBe(200);
    const { spans } = await settled(winnow);
    expect(spans).toMatchObject({ received: 10, stored: 10 });
    expect(await winnow.end()).toBe(0);
  });

  it('a ClickHouse that nobody has started: collector and query say so, and answer what they can', async () => {
    await using winnow = new RunningRole('all-in-one', [...dataFlags(), ...FAST, '--clickhouse.url=http://reader:hush-hush@127.0.0.1:9']);
    const sender = await Sender.to(winnow);
    expect((await sender.post(10)).status).toBe(200);
    const page = async (route: string): Promise<[number, string]> => {
      const response = await fetch(`http://${(await winnow.addresses())['http']}${route}`);
      return [response.status, await response.text()];
    };
    expect(await page('/readyz')).toEqual([503, JSON.stringify({ status: 'not ready', reasons: ['ClickHouse does not answer'] })]);
    const [status, body] = await page('/api/search');
    expect([status, JSON.parse(body)]).toMatchObject([503, { error: { code: 'STORE_UNREACHABLE', hint: expect.stringContaining('ClickHouse') as string } }]);
    const [promStatus, answer] = await page('/api/v1/query?query=up');
    expect([promStatus, JSON.parse(answer)]).toMatchObject([500, { status: 'error', errorType: 'internal' }]); // as Prometheus answers when its storage fails
    expect(await winnow.end()).toBe(0);
    expect(winnow.stderr).not.toContain('hush-hush');
    expect(spooled().length).toBeGreaterThan(0);
  });

  it('a data directory that cannot be written is named, with what to do', async () => {
    writeFileSync(path.join(dir, 'file'), '');
    const data = path.join(dir, 'file', 'data');
    await using whole = new RunningRole('all-in-one', ['--data', data, ...ANY_PORTS]);
    await using collector = new RunningRole('collector', ['--data', data, ...ANY_PORTS, '--clickhouse.url=http://127.0.0.1:9']);
    for (const role of [whole, collector]) {
      expect(await role.exitCode).toBe(1);
      expect(role.stderr).toContain(data);
      expect(role.stderr).toMatch(/give another --data DIR/);
    }
  });
});

async function settled(collector: RunningRole): Promise<Ledgers> {
  let ledger = await collector.ledger();
  await until(async () => {
    ledger = await collector.ledger();
    return ledger.spans.pending === 0 && ledger.spans.received > 0;
  }, () => `${JSON.stringify(ledger)}\n${collector.stderr}`);
  return ledger;
}

async function until(holds: () => Promise<boolean>, state: () => string = () => ''): Promise<void> {
  await expect.poll(holds, { timeout: 30_000, interval: 50, message: state() }).toBe(true);
}

/** Sends traces of one span each, no two alike. */
class Sender {
  readonly #httpPort: number;
  readonly #session: http2.ClientHttp2Session;
  #trace: number;

  private constructor(addresses: Readonly<Record<string, string>>, firstTrace: number) {
    this.#httpPort = Number(addresses['otlp_http']?.split(':').at(-1));
    this.#session = http2.connect(`http://${addresses['otlp_grpc']}`);
    this.#session.on('error', () => undefined);
    this.#session.unref();
    this.#trace = firstTrace;
  }

  static async to(collector: RunningRole, firstTrace = 1): Promise<Sender> {
    return new Sender(await collector.addresses(), firstTrace);
  }

  post(spans: number, padding = 0): Promise<WireAnswer> {
    return sendHttp(this.#httpPort, { method_or_path: '/v1/traces', headers: { Host: 'x', 'Content-Type': 'application/x-protobuf' }, body: this.#request(spans, padding) });
  }

  call(spans: number): Promise<WireAnswer> {
    const headers = { ':method': 'POST', ':path': '/opentelemetry.proto.collector.trace.v1.TraceService/Export', 'content-type': 'application/grpc', te: 'trailers' };
    return sendGrpc(this.#session, { headers, body: this.#request(spans, 0) });
  }

  close(): void {
    this.#session.destroy();
  }

  #request(spans: number, padding: number): Buffer {
    return traceRequest(Array.from({ length: spans }, () => ({ trace: this.#trace++, span: 1, padding })));
  }
}
