// A disk with less free than the reserve: requests of every signal are held back and refused as retryable, and the reason is shown.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import grpc from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmbeddedClickHouse, type TestClickHouse } from '../support/embedded-clickhouse.ts';
import { ANY_PORTS, RunningRole } from '../support/running-role.ts';

const UNAVAILABLE = 14;
const SERVICES = {
  traces: 'trace.v1.TraceService',
  logs: 'logs.v1.LogsService',
  metrics: 'metrics.v1.MetricsService',
} as const;
const SIGNALS = ['traces', 'logs', 'metrics'] as const;

let dir: string;
let clickhouse: TestClickHouse;
beforeAll(async () => {
  dir = mkdtempSync(path.join(tmpdir(), 'winnow-reserve-'));
  clickhouse = await startEmbeddedClickHouse();
});
afterAll(async () => {
  await clickhouse.stop();
  rmSync(dir, { recursive: true, force: true });
});

function start(reserve: string): RunningRole {
  const settings = [
    `--clickhouse.url=${clickhouse.url}`,
    `--disk.reserve_bytes=${reserve}`,
    '--receive.max_hold=200ms',
  ];
  return new RunningRole('collector', ['--data', path.join(dir, reserve), ...settings, ...ANY_PORTS]);
}

function post(address: string, signal: keyof typeof SERVICES): Promise<Response> {
  const headers = { 'content-type': 'application/x-protobuf' };
  return fetch(`http://${address}/v1/${signal}`, { method: 'POST', headers, body: Buffer.alloc(0) });
}

function call(address: string, signal: keyof typeof SERVICES): Promise<grpc.ServiceError | undefined> {
  const client = new grpc.Client(address, grpc.credentials.createInsecure());
  const method = `/opentelemetry.proto.collector.${SERVICES[signal]}/Export`;
  const same = (body: Buffer): Buffer => body;
  return new Promise((resolve) => {
    client.makeUnaryRequest(method, same, same, Buffer.alloc(0), (error) => {
      client.close();
      resolve(error ?? undefined);
    });
  });
}

describe('the reserve of the disk', () => {
  it('holds back all signals on all transports, retryably, and says what to do', async () => {
    await using collector = start('1000000GiB');
    const addresses = await collector.addresses();
    for (const signal of SIGNALS) {
      const response = await post(addresses['otlp_http']!, signal);
      expect([response.status, response.headers.get('retry-after')]).toEqual([
        503,
        expect.stringMatching(/^[1-9]\d*$/),
      ]);
      const error = await call(addresses['otlp_grpc']!, signal);
      expect(error?.code).toBe(UNAVAILABLE);
      expect(error?.metadata.get('grpc-status-details-bin')[0]?.toString()).toContain('google.rpc.RetryInfo');
    }
    const ready = await collector.admin('/readyz');
    expect(ready.status).toBe(503);
    const sentence =
      /the disk of .* has \d+ MiB free, and \d+ MiB are needed: free some, .* or lower disk\.reserve_bytes/;
    const reason = expect.stringMatching(sentence) as string;
    expect(await ready.json()).toMatchObject({ reasons: expect.arrayContaining([reason]) as unknown });
    const health = await collector.admin('/healthz');
    expect([health.status, await health.json()]).toEqual([200, { status: 'degraded', reasons: [reason] }]);
    const metrics = await (await collector.admin('/metrics')).text();
    expect(metrics).toMatch(/^winnow_disk_free_bytes [1-9]/m);
    expect(metrics).toContain(`winnow_disk_reserve_bytes ${1_000_000 * 1024 ** 3}\n`);
    expect(collector.stderr).toMatch(/receivers hold back: the disk of/);
    expect(await collector.end()).toBe(0);
  });

  it('is no hindrance while there is room', async () => {
    await using collector = start('1MiB');
    const addresses = await collector.addresses();
    for (const signal of SIGNALS) {
      expect((await post(addresses['otlp_http']!, signal)).status).toBe(200);
      expect(await call(addresses['otlp_grpc']!, signal)).toBeUndefined();
    }
    await expect.poll(async () => (await collector.admin('/readyz')).status, { timeout: 20_000 }).toBe(200);
    expect(await (await collector.admin('/healthz')).json()).toEqual({ status: 'alive' });
    const metrics = async (): Promise<string> => (await collector.admin('/metrics')).text();
    await expect.poll(metrics, { timeout: 20_000 }).toContain('winnow_store_suspect 0');
    expect(await collector.end()).toBe(0);
  });
});
