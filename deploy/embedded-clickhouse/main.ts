// The embedded ClickHouse: a process of its own that owns one chDB data directory and answers ClickHouse's HTTP
// interface on a loopback port. Started by launch.ts; prints one JSON line when it is ready, and one when it asks to be started again.
// Environment: WINNOW_EMBEDDED_DATA, WINNOW_EMBEDDED_LISTEN (HOST:PORT), WINNOW_EMBEDDED_SECRET, WINNOW_EMBEDDED_MEMORY (bytes),
// WINNOW_EMBEDDED_RESERVE (`disk.reserve_bytes`).
import { membersOf } from '#proto/model/untyped.ts';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseAddress } from '#proto/config/address.ts';
import { endProcess, EXIT_RESTART } from './end-process.ts';
import { createEndpoint } from './http-endpoint.ts';
import { OpenedEngine } from './open-engine.ts';

// Running requests get this long to end when the launcher says stop; the data are safe without it.
const STOP_WAIT_MS = 5_000;
// The same when the launcher died: whoever starts next waits for the directory.
const ORPHAN_WAIT_MS = 1_000;

// Everything here is telemetry: for this user only.
process.umask(0o077);
// Ctrl-C, a terminal that closes, a service manager that ends a service: they reach every process. The launcher says when, after the collector drained.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
// Answers under way get this long before a restart that the engine itself asks for.
const RESTART_WAIT_MS = 500;
const POLL_EVERY_MS = 1_000;

const log = (line: string): void => {
  process.stderr.write(`embedded clickhouse: ${line}\n`);
};
// The launcher reads both; when it died this process ends in order, see `orphaned`.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);
process.on('uncaughtException', (error) => {
  log(`internal error: ${error.stack ?? error.message}`);
  endProcess(1);
});

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
const reserveSetting = Number(process.env['WINNOW_EMBEDDED_RESERVE'] ?? 0);
delete process.env['WINNOW_EMBEDDED_SECRET'];
// Where files may not grow above a limit (`ulimit -f`) a write shall fail as on a full disk and not end the process.
process.on('SIGXFSZ', () => undefined);

function restart(): void {
  process.stdout.write(`${JSON.stringify({ restarting: true })}\n`); // the launcher sees to it that this ends
  setTimeout(() => {
    endProcess(EXIT_RESTART);
  }, RESTART_WAIT_MS);
}

function isDiskFull(message: string): boolean {
  return /ENOSPC|No space left/.test(message);
}

/** The launcher waits as long as it reads such lines. */
const stillWaiting = (): void => {
  process.stdout.write(`${JSON.stringify({ waiting: true })}\n`);
};

let opened: OpenedEngine;
try {
  opened = await OpenedEngine.open({ dataDir, memoryBytes, reserveSetting, log, restart, stillWaiting });
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  // The engine gives the reason (code 76 when the directory is locked) only on its own stderr, if at all.
  if (isDiskFull(message)) log(`cannot open ${dataDir}: its disk is full; free some (${message})`);
  else
    log(
      `cannot open ${dataDir}: it is in use by another process, or not readable and writable; stop the other or use another data directory (${message})`,
    );
  endProcess(1);
}
if (opened.mustRestart) endProcess(EXIT_RESTART);

// Only now: the directory is ours. Bodies of requests that a crash cut short were never acknowledged.
const spoolDir = join(dataDir, 'incoming');
mkdirSync(spoolDir, { recursive: true }); // once there it stays: a full disk could not make it again
for (const name of readdirSync(spoolDir)) rmSync(join(spoolDir, name), { recursive: true, force: true });

const { engine } = opened;
const server = createEndpoint({
  engine,
  guard: opened.watch,
  status: () => opened.status(),
  onSchemaChange: () => {
    opened.backUp();
  },
  secret,
  spoolDir,
  log,
});
server.on('error', (error: NodeJS.ErrnoException) => {
  log(
    error.code === 'EADDRINUSE'
      ? `${listen} is taken; use another port`
      : `cannot listen on ${listen}: ${error.message}`,
  );
  endProcess(1);
});
const { host, port } = parseAddress(listen) ?? { host: '127.0.0.1', port: 0 };
server.listen(port, host, () => {
  const { address, port: bound } = membersOf(server.address());
  process.stdout.write(`${JSON.stringify({ ready: true, host: address, port: bound, version: engine.version() })}\n`);
  void opened.readBack();
});

let polling = false;
const poll = setInterval(() => {
  if (polling) return;
  polling = true;
  opened.watch
    .poll()
    .catch((error: unknown) => {
      log(`the engine could not be asked how it is: ${String(error)}`);
    })
    .finally(() => {
      polling = false;
    });
}, POLL_EVERY_MS);

let stopping = false;
function stop(waitMs: number): void {
  setTimeout(() => {
    endProcess(0);
  }, waitMs).unref();
  if (stopping) return;
  stopping = true;
  clearInterval(poll);
  const end = (): void => {
    opened.endInOrder();
    endProcess(0);
  };
  server.close(() => {
    void engine.close().then(end);
  });
  server.closeIdleConnections();
}
process.stdin.on('data', () => stop(STOP_WAIT_MS));
// The launcher holds the other end: when it has ended, for whatever reason, the data directory must be free again.
const orphaned = (): void => stop(ORPHAN_WAIT_MS);
process.stdin.on('end', orphaned).on('close', orphaned).on('error', orphaned);
