// The query process: reads the configuration, serves the UI and the APIs, drains on SIGTERM.
import { membersOf } from '#proto/model/untyped.ts';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { addressText, reachableAddress } from '#proto/config/address.ts';
import { exposureWarnings } from '#proto/config/exposure.ts';
import { roleConfig } from '#proto/config/role-config.ts';
import { createLog } from '#proto/log/log.ts';
import { CollectorLink } from './collector/collector-link.ts';
import { engineOptions } from './engine-options.ts';
import { ThreadPool } from './evaluation/thread-pool.ts';
import { formerQuery, noteQuery } from './former-query.ts';
import { createServer } from './server.ts';
import { openStore } from './store/open-store.ts';

/** An earlier query whose supervisor died ends at once, unless it is in the middle of a long computation. */
const PORT_WAIT_MS = 15_000;
const PORT_TRY_EVERY_MS = 50;

process.umask(0o077);
// The reader of these may have ended; a line without a reader is no reason to end.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
const onTerminal = process.stdin.isTTY || process.stderr.isTTY;
// The supervisor died: nothing here is worth waiting for, and the next start needs the port.
process.on('disconnect', () => process.exit(0));
if (process.send !== undefined && !process.connected) process.exit(0);
const { config } = roleConfig('npm run query -- [--config FILE] [--KEY=VALUE…]: the UI and the query APIs.', {
  argv: process.argv.slice(2),
  env: process.env,
  readFile: (path) => readFileSync(path, 'utf8'),
  print: (text) => process.stdout.write(text),
  complain: (text) => process.stderr.write(text),
  exit: (code) => process.exit(code),
});

if (config.clickhouse.url === '') {
  process.stderr.write(
    'clickhouse.url: query alone needs a ClickHouse; give --clickhouse.url=http://HOST:8123, or run "npm start" for the embedded one\n',
  );
  process.exit(2);
}

const log = createLog('query', config.log, {
  write: (line) => process.stderr.write(line),
  now: () => new Date().toISOString(),
});
const database = { ...config.clickhouse, timeoutMs: config.query.timeout, maxMemoryBytes: config.query.max_memory };
const manifest = membersOf(JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')));
const version = String(manifest['version']);
const store = openStore(database);
const engine = engineOptions(config);
const { nowMs, ...engineData } = engine;
const evaluator = new ThreadPool({
  database,
  engine: engineData,
  maxLong: config.query.max_concurrency === 0 ? availableParallelism() : config.query.max_concurrency,
  nowMs,
});
const collector = new CollectorLink(`http://${addressText(reachableAddress(config.listen.admin))}`);
const app = await createServer({
  store,
  database,
  collector,
  basePath: config.http.base_path,
  uiDir: fileURLToPath(new URL('../ui/dist', import.meta.url)),
  now: () => Date.now(),
  version,
  receiver: addressText(reachableAddress(config.listen.otlp_http)),
  evaluator,
  engine,
  promqlOrigins: config.query.cors.origins,
  log,
});

const isTaken = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';

/** A port that the query of a supervisor which died still holds is waited for; one that another program has is not. */
async function listen(): Promise<void> {
  const untilMs = performance.now() + PORT_WAIT_MS;
  for (let hasSaid = false; ;) {
    try {
      await app.listen({ host: config.listen.http.host, port: config.listen.http.port });
      return;
    } catch (error) {
      const former = formerQuery(config.data);
      if (!isTaken(error) || former === undefined || performance.now() >= untilMs) throw error;
      if (!hasSaid)
        log.info(
          {},
          `${addressText(config.listen.http)} is still held by an earlier query (pid ${former}): waiting for it to end`,
        );
      hasSaid = true;
      await sleep(PORT_TRY_EVERY_MS);
    }
  }
}

try {
  await listen();
} catch (error) {
  const taken = isTaken(error);
  process.stderr.write(
    taken
      ? `${addressText(config.listen.http)} is taken: free it or set listen.http (--listen.http=127.0.0.1:0 takes any free port)\n`
      : `${String(error)}\n`,
  );
  process.exit(1);
}
const address = app.server.address();
const port = typeof address === 'object' && address !== null ? address.port : config.listen.http.port;
const bound = { ...config.listen.http, port };
noteQuery(config.data);
for (const warning of exposureWarnings({ http: bound })) log.warn({}, warning);
process.send?.({ kind: 'ready', role: 'query', addresses: { http: addressText(bound) } });

let isStopping = false;
/** A second signal changes nothing. */
const stop = async (): Promise<void> => {
  if (isStopping) return;
  isStopping = true;
  await app.close();
  evaluator.close();
  await store.close();
  process.exit(0);
};
process.on('SIGTERM', () => void stop());
process.on('SIGINT', () => void stop());
// A terminal that closed; with a supervisor, that one says when. There is nothing here that a reload could change.
process.on('SIGHUP', () => {
  if (onTerminal && process.send === undefined) void stop();
});
