// The alarm about damaged data, with a real engine that answers like a server of its own: without `GET /status`.
import { createClient, type ClickHouseClient } from '@clickhouse/client';
import { once } from 'node:events';
import { truncateSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINE_METRICS, EngineAlarm } from '#collector/run/watch-engine.ts';
import { configSchema, type Config } from '#proto/config/schema.ts';
import { startEmbeddedClickHouse, type TestClickHouse } from '#tests/support/embedded-clickhouse.ts';

let clickhouse: TestClickHouse;
let client: ClickHouseClient;
let server: Server;
beforeAll(async () => {
  clickhouse = await startEmbeddedClickHouse();
  client = createClient({ url: clickhouse.url, log: { level: 127 } });
  server = createServer((incoming, response) => {
    if (incoming.url === '/status') {
      response.writeHead(404).end('There is no handle /status\n');
      return;
    }
    const { hostname, port } = new URL(clickhouse.url);
    const onward = request(
      { hostname, port, path: incoming.url, method: incoming.method, headers: incoming.headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      },
    );
    incoming.pipe(onward);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterAll(async () => {
  await client.close();
  server.close();
  await clickhouse.stop();
});

function configFor(url: string): Config {
  return configSchema.parse({ clickhouse: { url } });
}
function atServer(): string {
  const url = new URL(clickhouse.url);
  url.port = String((server.address() as AddressInfo).port);
  return url.href;
}
const lines: string[] = [];
const quiet = (): void => undefined;
const log = {
  debug: quiet,
  info: quiet,
  warn: quiet,
  error: (_: unknown, line: string) => {
    lines.push(line);
  },
};
const metric = (alarm: EngineAlarm, name: string): unknown =>
  ENGINE_METRICS.find((one) => one.name === name)?.read(alarm.numbers())[0]?.[1];

describe('the alarm about damaged data', () => {
  it('is raised for a server of your own from its system tables, once they show more than at the start', async () => {
    const alarm = new EngineAlarm(configFor(atServer()), log, 1);
    await alarm.ask();
    expect(alarm.sentences()).toEqual([]);
    await client.command({ query: 'CREATE TABLE t (id UInt64) ENGINE = MergeTree ORDER BY id' });
    await client.insert({
      table: 't',
      values: [{ id: 1 }],
      format: 'JSONEachRow',
      clickhouse_settings: { async_insert: 0 },
    });
    truncateSync(join(clickhouse.dataDir, 'engine', 'data', 'default', 't', 'all_1_1_0', 'data.cmrk4'), 0);
    await expect(client.query({ query: 'SELECT * FROM t' })).rejects.toMatchObject({ code: '246' });
    await alarm.ask();
    expect(alarm.sentences()).toEqual([
      expect.stringMatching(/ClickHouse reports damaged data \(1 errors, 0 broken parts since/),
    ]);
    expect(lines).toEqual([expect.stringMatching(/ClickHouse reports damaged parts/)]);
    expect(metric(alarm, 'winnow_store_read_errors')).toBe(1);
    expect(metric(alarm, 'winnow_store_suspect')).toBe(0);
  });

  it('is none while ClickHouse is away, or does not let its user read them', async () => {
    for (const url of ['http://127.0.0.1:1', atServer().replace(/:[^:@]*@/, ':wrong@')]) {
      const alarm = new EngineAlarm(configFor(url), log, 1);
      await alarm.ask();
      await alarm.ask();
      expect(alarm.sentences()).toEqual([]);
    }
  });

  it('is what the embedded one says of itself', async () => {
    const alarm = new EngineAlarm(configFor(clickhouse.url), log);
    await alarm.ask();
    expect(alarm.sentences().filter((line) => !line.includes('met damaged data'))).toEqual([]);
    expect(metric(alarm, 'winnow_store_lost_rows')).toBe(0);
  });
});
