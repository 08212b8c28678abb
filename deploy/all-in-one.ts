// npm start: the store, the collector and query from one command. Start order, readiness, restart, ordered drain, exit code.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { addressText, parseAddress, reachableAddress } from '#proto/config/address.ts';
import { roleConfig } from '#proto/config/role-config.ts';
import { reasonsNotReady } from './readiness.ts';
import { superviseClickHouse, type SupervisedClickHouse } from './supervised-clickhouse.ts';
import { SupervisedRole, type RoleReady } from './supervised-role.ts';

/** The collector decides what it holds and empties its spool within this time; what is left stays in the spool on disk. */
const COLLECTOR_DRAIN_MS = 30_000;
const QUERY_DRAIN_MS = 5000;
/** What rules gave last is with the collector within this time. */
const RULES_END_MS = 3000;

// Everything below the data directory is telemetry: for this user only, in all processes.
process.umask(0o077);
// The reader of these may have ended; a line without a reader is no reason to end.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
/** When it closes, the kernel sends SIGHUP. */
const onTerminal = process.stdin.isTTY || process.stderr.isTTY;

const startedAt = performance.now();
const argv = process.argv.slice(2);
const { config } = roleConfig(
  'npm start -- [--config FILE] [--data DIR] [--KEY=VALUE…]: ClickHouse, collector, query and UI in one command.',
  {
    argv,
    env: process.env,
    readFile: (file) => readFileSync(file, 'utf8'),
    print: (text) => process.stdout.write(text),
    complain: (text) => process.stderr.write(text),
    exit: (code) => process.exit(code),
  },
);

const log = (line: string): void => {
  process.stderr.write(`${new Date().toISOString()} ${line}\n`);
};
const roleModule = (role: string): string => fileURLToPath(new URL(`../${role}/main.ts`, import.meta.url));

let store: SupervisedClickHouse | undefined;
let collectorAdmin = '';
/** Where a role listened first: after a restart it must be found there again, also when the port was any free one. */
let collectorListen: string[] = [];
let queryListen: string[] = [];
const listenFlags = (addresses: RoleReady['addresses'], names: readonly string[]): string[] =>
  names.map((name) => `--listen.${name}=${addresses[name] ?? ''}`);
let stopping = false;

// By variable, not by flag: the address holds the store's secret, and flags are seen in the process list.
const storeEnv = (): NodeJS.ProcessEnv =>
  store === undefined ? process.env : { ...process.env, WINNOW_CLICKHOUSE_URL: store.url, CLICKHOUSE_URL: '' };

const stop = async (code: number): Promise<void> => {
  if (stopping) return;
  stopping = true;
  collector.leaveDown();
  query.leaveDown();
  log('stopping: deciding what is buffered, emptying the spool');
  await query.ask('end_rules', 'rules_ended', RULES_END_MS);
  await collector.stop(COLLECTOR_DRAIN_MS);
  await query.stop(QUERY_DRAIN_MS);
  await store?.stop();
  log('stopped');
  process.exit(code);
};

const collector = new SupervisedRole({
  name: 'collector',
  module: roleModule('collector'),
  args: () => [...argv, ...collectorListen],
  env: storeEnv,
  log,
  onReloadRequest: () => void query.reload(),
  onHopeless: (code) => void stop(code === 0 ? 1 : code),
});
const query: SupervisedRole = new SupervisedRole({
  name: 'query',
  module: roleModule('query'),
  args: () => [...argv, ...collectorListen, ...queryListen],
  env: storeEnv,
  log,
  onHopeless: (code) => void stop(code === 0 ? 1 : code),
});
process.on('SIGTERM', () => void stop(0));
process.on('SIGINT', () => void stop(0));
process.on('SIGHUP', () => {
  if (onTerminal) return void stop(0);
  query.reload();
  if (!collector.reload()) log('SIGHUP: the collector is not running; it reads the configuration when it starts');
});
// Whoever started it with a channel has ended, for whatever reason: nobody else would stop it.
process.on('disconnect', () => void stop(0));
if (process.send !== undefined && !process.connected) void stop(0);

if (config.store === 'clickhouse' && config.clickhouse.url === '') {
  try {
    store = await superviseClickHouse(path.join(config.data, 'clickhouse'), config.disk.reserve_bytes, log);
  } catch (error) {
    log(`the embedded ClickHouse does not start: ${error instanceof Error ? error.message : String(error)}`);
    log('give another --data DIR, or the address of your own ClickHouse with --clickhouse.url=http://HOST:8123');
    process.exit(1);
  }
}
const ready = await collector.start();
collectorAdmin = ready.addresses['admin'] ?? '';
collectorListen = listenFlags(ready.addresses, ['otlp_grpc', 'otlp_http', 'admin']);
const withQuery = store !== undefined || config.clickhouse.url !== '';
const ui = withQuery ? (await query.start()).addresses['http'] : undefined;
if (ui !== undefined) queryListen = listenFlags({ http: ui }, ['http']);

/** As a client on this machine writes it. */
const reached = (text = ''): string => {
  const address = parseAddress(text);
  return address === undefined ? text : addressText(reachableAddress(address));
};
const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
const notReady = await reasonsNotReady(reached(collectorAdmin));
process.stdout.write(
  [
    notReady.length === 0
      ? `Winnow is ready (${seconds} s).`
      : `Winnow has started (${seconds} s) and is not ready yet: ${notReady.join('; ')}`,
    ...(ui === undefined ? [] : [`  UI, query API and PromQL   http://${reached(ui)}`]),
    `  OTLP over gRPC             ${reached(ready.addresses['otlp_grpc'])}`,
    `  OTLP over HTTP             http://${reached(ready.addresses['otlp_http'])}`,
    `  metrics and health         http://${reached(collectorAdmin)}/metrics`,
    `Point an OpenTelemetry SDK at it:  OTEL_EXPORTER_OTLP_ENDPOINT=http://${reached(ready.addresses['otlp_http'])} OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf`,
    ...(ui === undefined ? [] : ['See it with live traffic:           npm run demo']),
    '',
  ].join('\n'),
);
process.send?.({
  kind: 'ready',
  role: 'all-in-one',
  addresses: {
    ...ready.addresses,
    collector_pid: String(collector.pid),
    http: ui,
    clickhouse: store?.url,
    clickhouse_pid: store === undefined ? '' : String(store.pid()),
  },
});
