// The embedded ClickHouse as a process: its life, its limits, and what a peer on the loopback cannot do.
import { createClient } from '@clickhouse/client';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchEmbeddedClickHouse } from '#deploy/embedded-clickhouse/launch.ts';
import type { TestClickHouse } from '#tests/support/embedded-clickhouse.ts';
import { startEmbeddedClickHouse } from '#tests/support/embedded-clickhouse.ts';

let server: TestClickHouse;

beforeAll(async () => {
  server = await startEmbeddedClickHouse();
});
afterAll(async () => {
  await server.stop();
});

const quiet = { log: { level: 127 } } as const;

describe('the embedded ClickHouse', () => {
  it('keeps its data, address and secret over kill -9', async () => {
    const client = createClient({ url: server.url, ...quiet });
    await client.command({ query: 'CREATE TABLE kept (id UInt64) ENGINE = MergeTree ORDER BY id' });
    await client.insert({
      table: 'kept',
      values: [{ id: 7 }],
      format: 'JSONEachRow',
      clickhouse_settings: { async_insert: 0 },
    });
    await server.kill9();
    expect(await client.ping()).toMatchObject({ success: false });
    await server.restart();
    const rows = await client.query({ query: 'SELECT id FROM kept', format: 'JSONEachRow' });
    expect(await rows.json()).toEqual([{ id: expect.anything() as unknown }]);
    await client.close();
  });

  it.each([
    "SELECT * FROM url('http://127.0.0.1:1/', CSV, 'a String')",
    "SELECT * FROM remote('127.0.0.1', system.one)",
    "SELECT * FROM file('/etc/hostname')",
    "SELECT file('/etc/hostname')",
    'CREATE TABLE f (a String) ENGINE = File(CSV)',
    "CREATE TABLE u (a String) ENGINE = URL('http://127.0.0.1:1/', CSV)",
    "SELECT * FROM executable('x.sh', CSV, 'a String')",
    'SYSTEM SHUTDOWN',
    'CREATE USER x',
    "BACKUP TABLE kept TO Disk('d', 'x')",
  ])('gives no access to files, the network or the process: %s', async (query) => {
    const client = createClient({ url: server.url, ...quiet });
    await expect(client.command({ query })).rejects.toMatchObject({ code: '497' });
    await client.close();
  });

  it('refuses a second process on its directory and a taken port, with a line that says what to do', async () => {
    const lines: string[] = [];
    const log = (line: string): void => {
      lines.push(line);
    };
    await expect(launchEmbeddedClickHouse({ dataDir: server.dataDir, listen: '127.0.0.1:0', log })).rejects.toThrow(
      /in use by another process/,
    );
    const dataDir = mkdtempSync(join(tmpdir(), 'winnow-second-'));
    await expect(launchEmbeddedClickHouse({ dataDir, listen: new URL(server.url).host, log })).rejects.toThrow(
      /is taken; use another port/,
    );
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('ends when its launcher is killed, so that the directory is free again', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'winnow-orphan-'));
    const launcher = spawn(process.execPath, [join(import.meta.dirname, 'launcher-process.ts'), dataDir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(createInterface({ input: launcher.stdout }), 'line')) as [string];
    const pid = line.split(' ')[0]!;
    launcher.kill('SIGKILL');
    await expect
      .poll(() => existsSync(`/proc/${pid}/statm`) && readFileSync(`/proc/${pid}/statm`, 'utf8') !== '', {
        timeout: 15_000,
      })
      .toBe(false);
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('ends also when it has something to say by then, and threads still read back what a crash left', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'winnow-orphan-'));
    const isThere = (pid: string): boolean =>
      existsSync(`/proc/${pid}/statm`) && readFileSync(`/proc/${pid}/statm`, 'utf8') !== '';
    for (let round = 0; round < 3; round++) {
      const launcher = spawn(process.execPath, [join(import.meta.dirname, 'launcher-process.ts'), dataDir], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const lines = createInterface({ input: launcher.stdout });
      const [pid, url] = ((await once(lines, 'line')) as [string])[0].split(' ') as [string, string];
      const client = createClient({ url, ...quiet });
      if (round === 0) {
        await client.command({ query: 'CREATE TABLE parts (n UInt64) ENGINE = MergeTree ORDER BY n' });
        for (let n = 0; n < 12; n++) await client.insert({ table: 'parts', values: [{ n }], format: 'JSONEachRow' });
        process.kill(Number(pid), 'SIGKILL'); // a crash: the next start reads them back, and tells its launcher
      }
      launcher.kill('SIGKILL');
      await expect.poll(() => isThere(pid), { timeout: 15_000 }).toBe(false);
      await client.close();
    }
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('survives garbage on its port, and leaves no spooled body behind', async () => {
    const { hostname, port } = new URL(server.url);
    for (const garbage of [
      '\x00\x01\x02',
      'POST / HTTP/1.1\r\ncontent-length: 5\r\n\r\nab',
      'GET /?query=SELECT HTTP/1.1\r\n\r\n',
      'POST /?query=%ff%fe HTTP/1.1\r\nauthorization: Basic !!!\r\ncontent-length: 0\r\n\r\n',
    ]) {
      await new Promise<void>((resolve) => {
        const socket = connect(Number(port), hostname, () => {
          socket.end(garbage);
        });
        socket
          .on('close', resolve)
          .on('error', () => undefined)
          .resume();
      });
    }
    const client = createClient({ url: server.url, ...quiet });
    expect(await client.ping()).toEqual({ success: true });
    await expect(
      client.insert({ table: 'kept', values: [{ id: 'no number' }], format: 'JSONEachRow' }),
    ).rejects.toThrow(/Cannot parse/);
    expect(readdirSync(join(server.dataDir, 'incoming'))).toEqual([]);
    await client.close();
  });

  it('keeps its memory while thousands of short requests pass', async () => {
    const client = createClient({ url: server.url, ...quiet, max_open_connections: 8 });
    const ask = async (count: number): Promise<void> => {
      await Promise.all(
        Array.from({ length: 8 }, async () => {
          for (let i = 0; i < count / 8; i++)
            await (
              await client.query({ query: 'SELECT {i:UInt64} AS i', query_params: { i }, format: 'JSONEachRow' })
            ).text();
        }),
      );
    };
    const pageBytes = 4096;
    const residentBytes = (): number =>
      Number(readFileSync(`/proc/${server.pid}/statm`, 'utf8').split(' ')[1]) * pageBytes;
    await ask(800);
    const before = residentBytes();
    await ask(2_400);
    expect(residentBytes() - before).toBeLessThan(60 * 1024 * 1024);
    await client.close();
  });
});
