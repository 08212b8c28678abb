// The embedded ClickHouse: a process of its own that owns one chDB data directory and answers ClickHouse's HTTP
// interface on a loopback port. Started by launch.ts; prints one JSON line when it is ready.
// Environment: WINNOW_EMBEDDED_DATA, WINNOW_EMBEDDED_LISTEN (HOST:PORT), WINNOW_EMBEDDED_SECRET, WINNOW_EMBEDDED_MEMORY (bytes).
import { mkdirSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { parseAddress } from '#proto/config/address.ts';
import { createEndpoint } from './http-endpoint.ts';
import { Engine } from './engine.ts';
import { writeEngineConfig } from './engine-config.ts';

// Running requests get this long to end when the launcher says stop; the data are safe without it.
const STOP_WAIT_MS = 5_000;
// The same when the launcher died: whoever starts next waits for the directory.
const ORPHAN_WAIT_MS = 1_000;

// Everything here is telemetry: for this user only.
process.umask(0o077);
// Ctrl-C, a terminal that closes, a service manager that ends a service: they reach every process. The launcher says when, after the collector drained.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);

const log = (line: string): void => { process.stderr.write(`embedded clickhouse: ${line}\n`); };

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') {
    log(`${name} is not set; start this process through deploy/embedded-clickhouse/launch.ts`);
    process.exit(2);
  }
  return value;
}

const dataDir = resolve(required('WINNOW_EMBEDDED_DATA'));
const listen = required('WINNOW_EMBEDDED_LISTEN');
const secret = required('WINNOW_EMBEDDED_SECRET');
const memoryBytes = Number(required('WINNOW_EMBEDDED_MEMORY'));
delete process.env['WINNOW_EMBEDDED_SECRET'];

let engine: Engine;
try {
  engine = new Engine(join(dataDir, 'engine'), writeEngineConfig(join(dataDir, 'config'), memoryBytes));
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  // The engine tells the reason (code 76 when the directory is locked) only on its own stderr, if at all.
  log(`cannot open ${dataDir}: it is in use by another process, or not readable and writable; stop the other or use another data directory (${message})`);
  process.exit(1);
}

// Only now: the directory is ours. Bodies of requests that a crash cut short were never acknowledged.
const spoolDir = join(dataDir, 'incoming');
rmSync(spoolDir, { recursive: true, force: true });
mkdirSync(spoolDir, { recursive: true });

const server = createEndpoint({ engine, secret, spoolDir, log });
server.on('error', (error: NodeJS.ErrnoException) => {
  log(error.code === 'EADDRINUSE' ? `${listen} is taken; use another port` : `cannot listen on ${listen}: ${error.message}`);
  process.exit(1);
});
const { host, port } = parseAddress(listen) ?? { host: '127.0.0.1', port: 0 };
server.listen(port, host, () => {
  const address = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ ready: true, host: address.address, port: address.port, version: engine.version() })}\n`);
});

let stopping = false;
function stop(waitMs: number): void {
  setTimeout(() => process.exit(0), waitMs).unref();
  if (stopping) return;
  stopping = true;
  server.close(() => { void engine.close().then(() => process.exit(0)); });
  server.closeIdleConnections();
}
process.stdin.on('data', () => stop(STOP_WAIT_MS));
// The launcher holds the other end: when it is gone, however it went, the data directory must be free again.
const orphaned = (): void => stop(ORPHAN_WAIT_MS);
process.stdin.on('end', orphaned).on('close', orphaned).on('error', orphaned);
