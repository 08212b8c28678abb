// The query process: reads the configuration, serves the UI and the APIs, drains on SIGTERM.
import { membersOf } from '#proto/model/untyped.ts';
import { readFileSync } from 'node:fs';
import { availableParallelism, hostname } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { addressText, reachableAddress, visibleAddress } from '#proto/config/address.ts';
import { exposureWarnings } from '#proto/config/exposure.ts';
import { formatConfigError } from '#proto/config/config-error.ts';
import { loadConfig, type ConfigInput } from '#proto/config/load.ts';
import { roleConfig } from '#proto/config/role-config.ts';
import { createLog } from '#proto/log/log.ts';
import { CollectorLink } from './collector/collector-link.ts';
import { engineOptions } from './engine-options.ts';
import { ThreadPool } from './evaluation/thread-pool.ts';
import { formerQuery, noteQuery } from './former-query.ts';
import { prepareRules, runRules } from './rules/run/start-rules.ts';
import { watchRules } from './rules/run/watch-rules.ts';
import { createServer } from './server.ts';
import { openStore } from './store/open-store.ts';

/** An earlier query whose supervisor died ends at once, unless it is in the middle of a long computation. */
const PORT_WAIT_MS = 15_000;
const PORT_TRY_EVERY_MS = 50;
/** What rules gave, and alerts, are on their way for this long at most when the process ends. */
const RULES_END_MS = 2000;

process.umask(0o077);
// The reader of these may have ended; a line without a reader is no reason to end.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
const onTerminal = process.stdin.isTTY || process.stderr.isTTY;
// The supervisor died: nothing here is worth waiting for, and the next start needs the port.
process.on('disconnect', () => process.exit(0));
if (process.send !== undefined && !process.connected) process.exit(0);
const input: ConfigInput = {
  argv: process.argv.slice(2),
  env: process.env,
  readFile: (file) => readFileSync(file, 'utf8'),
};
const {
  config,
  file: configFile,
  isEmptyFile,
} = roleConfig('npm run query -- [--config FILE] [--KEY=VALUE…]: the UI, the query APIs, rules and alerts.', {
  ...input,
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
let rulePool: ThreadPool | undefined;
const receiver = addressText(reachableAddress(config.listen.otlp_http));
const stopping = new AbortController();
let { port } = config.listen.http;
const rules = prepareRules(
  {
    config,
    engine,
    evaluator: () =>
      (rulePool ??= new ThreadPool({ database, engine: engineData, maxLong: config.rules.max_concurrency, nowMs })),
    store: store.series,
    receiver,
    ownUrl: () =>
      `http://${addressText(visibleAddress({ host: config.listen.http.host, port }, hostname()))}${config.http.base_path}`,
    log,
  },
  stopping.signal,
);
const collector = new CollectorLink(`http://${addressText(reachableAddress(config.listen.admin))}`);
const app = await createServer({
  store,
  database,
  collector,
  basePath: config.http.base_path,
  uiDir: fileURLToPath(new URL('../ui/dist', import.meta.url)),
  now: () => Date.now(),
  version,
  receiver,
  evaluator,
  rules,
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
if (typeof address === 'object' && address !== null) port = address.port;
const reloadRules = (): void => {
  const loaded = loadConfig(input);
  if (!loaded.ok) rules.refuse(loaded.error.map(formatConfigError));
  // An editor that saves in place, or a full disk, leaves a file without text: that does not ask for the defaults.
  else if (loaded.value.isEmptyFile && !isEmptyFile)
    rules.refuse([`${configFile} is empty: write {} for the defaults`]);
  else rules.configure(loaded.value.config);
};
let rulesEnd: Promise<void> | undefined;
const endRules = (): Promise<void> => {
  stopping.abort();
  return (rulesEnd ??= rules.stop(RULES_END_MS));
};
let isStopping = false;
/** A second signal changes nothing. */
const stop = async (): Promise<void> => {
  if (isStopping) return;
  isStopping = true;
  await Promise.all([app.close(), endRules()]);
  evaluator.close();
  rulePool?.close();
  await store.close();
  process.exit(0);
};
process.on('SIGTERM', () => void stop());
process.on('SIGINT', () => void stop());
// The supervisor: the configuration is to be read again; or the collector will be stopped next, and what rules gave has to be there before.
process.on('message', (message: unknown) => {
  const { kind } = membersOf(message);
  if (kind === 'reload') reloadRules();
  if (kind === 'end_rules') void endRules().then(() => process.send?.({ kind: 'rules_ended' }));
});
process.on('SIGHUP', () => {
  // A terminal that closed; with a supervisor, that one says when.
  if (!onTerminal) reloadRules();
  else if (process.send === undefined) void stop();
});

const bound = { ...config.listen.http, port };
noteQuery(config.data);
for (const warning of exposureWarnings({ http: bound })) log.warn({}, warning);
process.send?.({ kind: 'ready', role: 'query', addresses: { http: addressText(bound) } });
runRules(rules, stopping.signal);
if (configFile !== undefined && configFile !== '')
  void watchRules(() => [path.resolve(configFile)], reloadRules, stopping.signal);
