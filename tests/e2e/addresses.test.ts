// Listeners on every kind of address: they start, say where they are, are found again after a crash, and warn when other machines reach them.
import http2 from 'node:http2';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { PATHS } from '#proto/api/paths.ts';
import { ExactSender } from '../support/exact-sender.ts';
import { ANY_PORTS, RunningRole } from '../support/running-role.ts';
import { RunningWinnow } from '../support/running-winnow.ts';

const LISTENERS = ['otlp_grpc', 'otlp_http', 'http', 'admin'] as const;
const TIMEOUT_MS = 240_000;

/** Whether an HTTP/2 server answers there. */
function answersHttp2(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const session = http2.connect(`http://${address}`);
    session.on('error', () => resolve(false));
    session.on('remoteSettings', () => {
      session.destroy();
      resolve(true);
    });
  });
}

function isListening(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

describe('a whole Winnow', { timeout: TIMEOUT_MS }, () => {
  it.each([
    ['[::1]', '[::1]', false],
    ['localhost', 'localhost', false],
    ['[::]', '[::1]', true],
    ['0.0.0.0', '127.0.0.1', true],
  ])('listens on %s, is found at %s after a kill of its collector, too', async (written, reached, isOpen) => {
    await using winnow = await RunningWinnow.start(
      '',
      LISTENERS.map((name) => `--listen.${name}=${written}:0`),
    );
    const { addresses } = winnow;
    for (const name of LISTENERS) expect(addresses[name]?.replace(/[1-9]\d*$/, 'PORT')).toBe(`${written}:PORT`);
    const at = (name: (typeof LISTENERS)[number]): string => `${reached}:${addresses[name]?.split(':').at(-1)}`;
    expect(winnow.log).toContain(`UI, query API and PromQL   http://${at('http')}\n`);
    expect(winnow.log).toContain(`OTLP over gRPC             ${at('otlp_grpc')}\n`);
    expect(winnow.log).toContain(`OTEL_EXPORTER_OTLP_ENDPOINT=http://${at('otlp_http')} `);
    const works = async (): Promise<void> => {
      await new ExactSender(at('otlp_http')).send();
      expect(await answersHttp2(at('otlp_grpc'))).toBe(true);
      await winnow.until(async () => ((await fetch(`http://${at('admin')}/readyz`)).ok ? true : undefined));
      expect((await fetch(`http://${at('http')}/readyz`)).status).toBe(200);
      const ledger = await fetch(`http://${at('http')}${PATHS.ledger}`); // query asks the collector at its admin address
      expect(ledger.status).toBe(200);
      expect(((await ledger.json()) as { spans: { received: number } }).spans.received).toBeGreaterThanOrEqual(20);
    };
    await works();
    process.kill(Number(addresses['collector_pid']), 'SIGKILL');
    await winnow.until(() => Promise.resolve(winnow.log.includes('collector is back') ? true : undefined));
    await works();
    for (const name of LISTENERS) {
      const warning = `listen.${name} is ${addresses[name]}: other machines reach it, without TLS and without authentication`;
      expect(winnow.log.split(warning)).toHaveLength(isOpen ? (name === 'http' ? 2 : 3) : 1); // at each start
    }
  });
});

describe('an address that cannot be had', { timeout: TIMEOUT_MS }, () => {
  it('is named as it was written', async () => {
    const listen = ANY_PORTS.filter((flag) => !flag.includes('otlp_http'));
    await using first = new RunningRole('collector', ['--store=none', ...listen, '--listen.otlp_http=[::1]:0']);
    const taken = (await first.addresses())['otlp_http'] ?? '';
    expect(await isListening('::1', Number(taken.split(':').at(-1)))).toBe(true);
    for (const name of ['otlp_http', 'otlp_grpc', 'admin']) {
      await using second = new RunningRole('collector', [
        '--store=none',
        ...ANY_PORTS.filter((flag) => !flag.includes(name)),
        `--listen.${name}=${taken}`,
      ]);
      expect(await second.exitCode).toBe(1);
      expect(second.stderr).toContain(
        `cannot listen on ${taken}: the port is taken. Change listen.${name} in the configuration, or stop the program that uses the port.`,
      );
    }
    await using query = new RunningRole('query', ['--clickhouse.url=http://127.0.0.1:9', `--listen.http=${taken}`]);
    expect(await query.exitCode).toBe(1);
    expect(query.stderr).toContain(`${taken} is taken: free it or set listen.http`);
  });
});
