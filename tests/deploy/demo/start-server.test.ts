// Starting a server as child process: its addresses, its early end, its orderly stop.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { startServer } from '#deploy/demo/start-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'winnow-server-'));
afterAll(() => rmSync(folder, { recursive: true }));

function entry(name: string, code: string): string {
  const path = join(folder, `${name}.mjs`);
  writeFileSync(path, code);
  return path;
}

const never = new AbortController().signal;

test('gives the addresses that the server reports, and its exit code after an orderly stop', async () => {
  const code = `setInterval(() => {}, 1000); process.on('SIGTERM', () => process.exit(7)); process.send({ kind: 'ready', role: 'all-in-one', addresses: { otlp_grpc: '127.0.0.1:' + process.argv[2] } });`;
  const server = await startServer(['5'], never, entry('well', code));
  expect(server.addresses).toEqual({ otlp_grpc: '127.0.0.1:5' });
  expect(await server.stop()).toBe(7);
});

test('says with which exit code a server ended before it was ready', async () => {
  await expect(startServer([], never, entry('ill', 'process.exit(2)'))).rejects.toThrow(
    'ended with exit code 2 before it was ready',
  );
});

test('an interruption stops a server that is not ready yet', async () => {
  const stop = new AbortController();
  const starting = startServer([], stop.signal, entry('slow', 'setInterval(() => {}, 1000)'));
  stop.abort();
  await expect(starting).rejects.toThrow('interrupted before Winnow was ready');
});
