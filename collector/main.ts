// The collector process: reads the configuration, builds the pipeline, receives, and drains in pipeline order on SIGTERM.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { addressText } from '#proto/config/address.ts';
import { exposureWarnings } from '#proto/config/exposure.ts';
import { formatConfigError } from '#proto/config/config-error.ts';
import { EXIT_USAGE, roleConfig } from '#proto/config/role-config.ts';
import { ClosableIntake } from './admit/closable-intake.ts';
import { LargeRequests } from './admit/large-requests/large-requests.ts';
import { ReceiveBudget } from './receive/receive-budget.ts';
import { loadProcessConfig } from './config/load.ts';
import { watchConfigFile } from './config/watch-file.ts';
import { PRIVATE_UMASK } from './data-directory/private-directory.ts';
import { compileSampling } from './decide/rules/compile-sampling.ts';
import { healthChecks } from './admin/health-checks.ts';
import { clickHouseAccess, storeAddress } from './run/open-store.ts';
import { ownData, usesDisk, watchOwnership } from './run/own-data.ts';
import { DEFAULT_RECEIVE_LIMITS } from './receive/limits.ts';
import { isTaken } from './receive/listen.ts';
import { RefusedConnections } from './receive/refused-connections.ts';
import { startOtlpGrpc } from './receive/otlp-grpc.ts';
import { startOtlpHttp } from './receive/otlp-http.ts';
import { ConfigReload } from './admin/reload-config.ts';
import { RebuildThread } from './rebuild/rebuild-thread.ts';
import { openSegmentDisk } from './rescue/segment-disk.ts';
import { CollectorCore } from './run/collector-core.ts';
import { collectorMetrics } from './admin/collector-metrics.ts';
import { startAdminServer } from './admin/admin-server.ts';
import { tuneGarbageCollection } from './self/garbage-collection.ts';
import { Health } from './self/health.ts';
import { createLog } from '#proto/log/log.ts';
import { createRegistry } from './self/metrics.ts';
import { steadyClock } from './self/steady-clock.ts';
import { spoolAdmin } from './admin/store-admin.ts';
import { samplingYaml } from './admin/sampling-yaml.ts';
import { watchDisk } from './run/watch-disk.ts';
import { watchEngine } from './run/watch-engine.ts';

/** The supervisor died: whoever starts next waits for this process. What is not written by then is in the log. */
const ORPHAN_END_MS = 2000;
/** The same where there is no log: what is buffered is decided and written first, which may take longer. */
const ORPHAN_END_MEMORY_MS = 10_000;
/** Answers that are on their way to their senders get this long. */
const ORPHAN_ANSWER_MS = 100;
/** A process that has just ended gives its lock back a moment before its ports. */
const PORT_WAIT_MS = 2000;
const PORT_TRY_EVERY_MS = 50;

process.umask(PRIVATE_UMASK);
// The reader of these may have ended; a line without a reader is no reason to end.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
tuneGarbageCollection();
const {
  config,
  blockPath,
  sourceOf,
  notices,
  file: configFile,
  isEmptyFile,
} = roleConfig(
  'npm run collector -- [--config FILE] [--data DIR] [--KEY=VALUE…]: receives, assembles, decides, stores.',
  {
    argv: process.argv.slice(2),
    env: process.env,
    readFile: (file) => readFileSync(file, 'utf8'),
    print: (text) => process.stdout.write(text),
    complain: (text) => process.stderr.write(text),
    exit: (code) => process.exit(code),
  },
);
const decider = compileSampling(config.sampling, blockPath);
if (!decider.ok) {
  for (const error of decider.error)
    process.stderr.write(`${formatConfigError({ ...error, source: sourceOf(error.path) })}\n`);
  process.exit(EXIT_USAGE);
}
if (config.store === 'clickhouse' && config.clickhouse.url === '') {
  process.stderr.write(
    'clickhouse.url: the collector alone needs a ClickHouse; give --clickhouse.url=http://HOST:8123 or --store none, or run "npm start" for the embedded one\n',
  );
  process.exit(EXIT_USAGE);
}

const log = createLog('collector', config.log, {
  write: (line) => process.stderr.write(line),
  now: () => new Date().toISOString(),
});
for (const notice of notices) log.info({}, notice);
const elapsedMs = (): number => performance.now();
const nowMs = steadyClock(Date.now, elapsedMs);
const startedMs = nowMs();
const stopping = new AbortController();
let stop: ((isOrphan: boolean) => Promise<void>) | undefined;
/** A second signal changes nothing. */
const end = async (): Promise<void> => {
  if (stopping.signal.aborted) return;
  stopping.abort();
  await stop?.(false);
  process.exit(0);
};
const endAsOrphan = async (): Promise<void> => {
  if (stop === undefined) process.exit(1); // nothing was received yet
  setTimeout(
    () => process.exit(1),
    core.store !== undefined && pipeline.durability === undefined ? ORPHAN_END_MEMORY_MS : ORPHAN_END_MS,
  );
  if (stopping.signal.aborted) return; // stopping already: hurried by the timer
  stopping.abort();
  log.warn({}, 'the supervisor died: stopping at once, everything is written to disk first');
  await stop(true);
  process.exit(0);
};
const onTerminal = process.stdin.isTTY || process.stderr.isTTY;
/** The terminal closed; a supervisor stops its roles in order. */
let hangUp = (): void => {
  if (onTerminal && process.send === undefined) void end();
};
process.on('SIGTERM', () => void end());
process.on('SIGINT', () => void end());
process.on('SIGHUP', () => hangUp());
process.on('disconnect', () => void endAsOrphan());
if (process.send !== undefined && !process.connected) process.exit(1);
const fail = (error: unknown): never => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
};
const owned = usesDisk(config) ? await ownData(config, log, stopping.signal, nowMs).catch(fail) : undefined;
if (stopping.signal.aborted) process.exit(0);
const lookWhoOwns =
  owned === undefined
    ? () => undefined
    : watchOwnership(owned, (reason) => {
        log.error({ epoch: owned.epoch }, `${reason}: this collector stops at once, and writes nothing more`);
        process.exit(1);
      });
const disk = watchDisk(config, log, () => core.gate.release());
const engine = config.store === 'clickhouse' ? watchEngine(config, log) : undefined;
const core: CollectorCore = new CollectorCore(config, {
  nowMs,
  elapsedMs,
  seed: randomBytes(4).readUInt32LE(),
  log,
  owner: owned ?? { epoch: 0, installId: randomBytes(16).toString('hex') },
  checkOwnership: lookWhoOwns,
  isDiskLow: () => disk.reserve.isLow,
  store: () => clickHouseAccess(config, log),
  rebuilding: () => new RebuildThread(storeAddress(config)),
  segmentDisk: () =>
    openSegmentDisk(path.join(config.data, 'rescue'), (error) =>
      log.warn(
        { error: String(error) },
        'the disk of the rescue ring failed: dropped traces there cannot be brought back',
      ),
    ),
});
const { pipeline, gate } = core;
const intake = new ClosableIntake(gate);
const large = new LargeRequests(intake, {
  maxBodyBytes: config.receive.max_body_bytes,
  elapsedMs,
  turn: () => new Promise(setImmediate),
});
const reload = new ConfigReload(
  config,
  { load: () => loadProcessConfig(process.argv.slice(2), process.env), apply: (next) => pipeline.reconfigure(next) },
  log,
  nowMs,
  isEmptyFile,
);
const health = new Health(
  healthChecks({
    isStopping: () => stopping.signal.aborted,
    store: () => core.store,
    pipeline,
    disk: disk.reserve,
    engine,
  }),
);
const refused = {
  otlp_grpc: new RefusedConnections(),
  otlp_http: new RefusedConnections(),
  admin: new RefusedConnections(),
};
const registry = createRegistry(
  collectorMetrics({
    pipeline,
    writer: () => core.writer,
    audit: () => core.store?.audit,
    reload,
    large,
    refused,
    health,
    disk: disk.reserve,
    engine,
    rebuilder: () => core.rebuilder,
  }),
);
if (!onTerminal) hangUp = () => void reload.run('request');
process.on('message', (message: unknown) => {
  if (typeof message === 'object' && message !== null && 'kind' in message && message.kind === 'reload')
    reload.run('request');
});

async function start(): Promise<(isOrphan: boolean) => Promise<void>> {
  await core.open();
  await disk.looked;
  const { receive } = config;
  const limits = {
    ...DEFAULT_RECEIVE_LIMITS,
    maxBodyBytes: receive.max_body_bytes,
    maxCompressedBytes: receive.max_compressed_bytes,
    maxReceivingBytes: receive.max_in_flight_bytes,
  };
  const receiving = new ReceiveBudget(limits.maxReceivingBytes, limits.maxBodyBytes);
  const grpc = await listening(() =>
    startOtlpGrpc({ ...config.listen.otlp_grpc, limits, receiving, refused: refused.otlp_grpc }, large),
  );
  const cors = { corsAllowedOrigins: receive.cors.origins, corsAllowedHeaders: receive.cors.headers };
  const http = await listening(() =>
    startOtlpHttp({ ...config.listen.otlp_http, limits, receiving, refused: refused.otlp_http, ...cors }, large),
  );
  const admin = await listening(() =>
    startAdminServer(config.listen.admin, {
      refused: refused.admin,
      registry,
      beforeRead: () => void pipeline.shardCounts(),
      notReady: () => health.notReady(),
      degraded: () => health.degraded(),
      ledger: () => ({ ...pipeline.ledger.toJson(), audit: core.store?.audit?.status() ?? null }),
      acceptAudit: () => core.store?.audit?.accept(),
      trace: (traceId) => pipeline.knownTrace(traceId, startedMs),
      config: () => ({
        yaml: samplingYaml(reload.config),
        hash: reload.hash,
        file: configFile ?? '',
        started_ms: startedMs,
        last_reload:
          reload.last === undefined
            ? null
            : { ...reload.last, errors: [...reload.last.errors], restart: [...reload.last.restart] },
      }),
      reload: () => {
        // Rules of PromQL are query's: the supervisor has it read them again, too.
        process.send?.({ kind: 'reload_requested' });
        return reload.run('request');
      },
      rescue: (request) => pipeline.rescue(request),
      spool: () => (core.writer === undefined ? undefined : spoolAdmin(core.writer)),
    }),
  );
  core.run();
  const stopWatching =
    configFile === undefined || configFile === ''
      ? () => {}
      : watchConfigFile(path.resolve(configFile), () => reload.run('file'));
  const bound = {
    otlp_grpc: { ...config.listen.otlp_grpc, port: grpc.port },
    otlp_http: { ...config.listen.otlp_http, port: http.port },
    admin: { ...config.listen.admin, port: admin.port },
  };
  for (const warning of exposureWarnings(bound)) log.warn({}, warning);
  const addresses = {
    otlp_grpc: addressText(bound.otlp_grpc),
    otlp_http: addressText(bound.otlp_http),
    admin: addressText(bound.admin),
  };
  if (process.send === undefined) process.stdout.write(`${JSON.stringify({ ready: true, ...addresses })}\n`);
  else process.send({ kind: 'ready', role: 'collector', addresses });

  return async (isOrphan) => {
    stopWatching();
    // An orphan accepts nothing more, and leaves connections open until it ends: a gRPC client that gets a GOAWAY and then loses its connection
    // counts its calls as failed for good.
    await core.stop(isOrphan, async () => {
      if (isOrphan) intake.shut();
      else await Promise.all([grpc.close(), http.close()]);
      await large.close();
    });
    if (isOrphan) await sleep(ORPHAN_ANSWER_MS);
    await admin.close();
  };
}

/** Where this process waited for an earlier one to end, that one's ports may be free a moment later only. */
async function listening<T>(listen: () => Promise<T>): Promise<T> {
  const untilMs = elapsedMs() + (owned?.hasWaited === true ? PORT_WAIT_MS : 0);
  for (;;) {
    try {
      return await listen();
    } catch (error) {
      if (!isTaken(error) || elapsedMs() >= untilMs) throw error;
      await sleep(PORT_TRY_EVERY_MS);
    }
  }
}

try {
  stop = await start();
} catch (error) {
  fail(error);
}
