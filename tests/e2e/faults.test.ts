// What goes wrong around Winnow: broken configuration, taken ports, interrupted and killed processes, no ClickHouse, no writable directory.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startEmbeddedClickHouse, type TestClickHouse } from '../support/embedded-clickhouse.ts';
import { ANY_PORTS, RunningRole, type RoleName } from '../support/running-role.ts';
import { FAST, Sender, settled, until } from './role-traffic.ts';

const ROLES: readonly RoleName[] = ['collector', 'query', 'all-in-one'];

let dir: string;
let clickhouse: TestClickHouse;
beforeAll(async () => {
  clickhouse = await startEmbeddedClickHouse();
});
afterAll(() => clickhouse.stop());
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'winnow-faults-'));
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
    const file = configFile(
      'listen:\n  otlp_grpc: nonsense\nsampling:\n  wait: { quiet: soon }\nbufer: { max_bytes: 1GiB }\n',
    );
    await using process = new RunningRole(role, ['--config', file, ...ANY_PORTS.slice(1)]);
    expect(await process.exitCode).toBe(2);
    const lines = process.stderr.trim().split('\n');
    expect(lines.find((line) => line.startsWith('listen.otlp_grpc'))).toContain(
      `(${file}:2): is no address, got \`nonsense\`; write HOST:PORT`,
    );
    expect(lines.find((line) => line.startsWith('sampling.wait.quiet'))).toMatch(
      /winnow\.yaml:4\): is no duration, got `soon`; write a number with its unit/,
    );
    expect(lines.find((line) => line.startsWith('bufer'))).toMatch(
      /winnow\.yaml:5\): is no setting; did you mean `buffer`\?/,
    );
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
    expect(address.stderr).toContain(
      'clickhouse.url (--clickhouse.url): is no HTTP address, got `localhost:8123`; write http://HOST:PORT',
    );
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
    await using process = new RunningRole(role, [
      ...listen,
      `--${key}=${taken}`,
      '--data',
      path.join(dir, 'data'),
      `--clickhouse.url=${clickhouse.url}`,
    ]);
    expect(await process.exitCode).toBe(1);
    expect(process.stderr).toContain(taken);
    expect(process.stderr).toMatch(/\btaken\b/);
    expect(process.stderr).toContain(key);
    expect(process.stderr).not.toContain('    at '); // no stack
    expect(process.stderr).not.toContain(clickhouse.password);
  });
});

describe('all processes together', () => {
  const spooled = (): string[] =>
    readdirSync(path.join(dir, 'data', 'spool')).filter((name) => name.endsWith('.native'));

  it('Ctrl-C, which reaches all of them at once, still drains in order and starts nothing again', async () => {
    await using winnow = new RunningRole(
      'all-in-one',
      [...dataFlags(), '--sampling.wait.quiet=30s', '--sampling.wait.after_root=30s'],
      true,
    );
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
    await using winnow = new RunningRole('all-in-one', [
      ...dataFlags(),
      ...FAST,
      '--clickhouse.url=http://reader:hush-hush@127.0.0.1:9',
    ]);
    const sender = await Sender.to(winnow);
    expect((await sender.post(10)).status).toBe(200);
    const page = async (route: string): Promise<[number, string]> => {
      const response = await fetch(`http://${(await winnow.addresses())['http']}${route}`);
      return [response.status, await response.text()];
    };
    expect(await page('/readyz')).toEqual([
      503,
      JSON.stringify({ status: 'not ready', reasons: ['ClickHouse does not answer'] }),
    ]);
    const [status, body] = await page('/api/search');
    expect([status, JSON.parse(body)]).toMatchObject([
      503,
      { error: { code: 'STORE_UNREACHABLE', hint: expect.stringContaining('ClickHouse') as string } },
    ]);
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
    await using collector = new RunningRole('collector', [
      '--data',
      data,
      ...ANY_PORTS,
      '--clickhouse.url=http://127.0.0.1:9',
    ]);
    for (const role of [whole, collector]) {
      expect(await role.exitCode).toBe(1);
      expect(role.stderr).toContain(data);
      expect(role.stderr).toMatch(/give another --data DIR/);
    }
  });
});
