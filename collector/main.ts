// The collector process: reads the configuration, builds the pipeline, receives, and drains in pipeline order on SIGTERM.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { formatConfigError } from '#proto/config/config-error.ts';
import { EXIT_USAGE, roleConfig } from '#proto/config/role-config.ts';
import { DEFAULT_GATE_LIMITS, Gate } from './admit/gate.ts';
import { auditMetrics } from './audit/audit-metrics.ts';
import { loadProcessConfig } from './config/load.ts';
import { watchConfigFile } from './config/watch-file.ts';
import { compileSampling } from './decide/compile-sampling.ts';
import { openStore, type OpenedStore } from './open-store.ts';
import { openWal } from './open-wal.ts';
import { Pipeline } from './pipeline.ts';
import { DEFAULT_RECEIVE_LIMITS } from './receive/limits.ts';
import { runTicks } from './run-ticks.ts';
import { tellOverload } from './tell-overload.ts';
import { startOtlpGrpc } from './receive/otlp-grpc.ts';
import { startOtlpHttp } from './receive/otlp-http.ts';
import { ConfigReload } from './reload-config.ts';
import { openSegmentDisk } from './rescue/segment-disk.ts';
import { collectorMetrics } from './self-metrics.ts';
import { startAdminServer } from './self/admin-server.ts';
import { tuneGarbageCollection } from './self/garbage-collection.ts';
import { createLog } from './self/log.ts';
import { createRegistry } from './self/metrics.ts';
import { steadyClock } from './self/steady-clock.ts';
import { samplingYaml } from './tell-config.ts';
import { knownTrace } from './tell-trace.ts';

/** The spool gets this long to empty at shutdown; what is left is sent after the next start. */
const DRAIN_STORE_MS = 20_000;

tuneGarbageCollection();
const { config, blockPath, sourceOf, notices, file: configFile } = roleConfig('npm run collector -- [--config FILE] [--data DIR] [--KEY=VALUE…]: receives, assembles, decides, stores.', {
  argv: process.argv.slice(2),
  env: process.env,
  readFile: (file) => readFileSync(file, 'utf8'),
  print: (text) => process.stdout.write(text),
  complain: (text) => process.stderr.write(text),
  exit: (code) => process.exit(code),
});
const decider = compileSampling(config.sampling, blockPath);
if (!decider.ok) {
  for (const error of decider.error) process.stderr.write(`${formatConfigError({ ...error, source: sourceOf(error.path) })}\n`);
  process.exit(EXIT_USAGE);
}
if (config.store === 'clickhouse' && config.clickhouse.url === '') {
  process.stderr.write('clickhouse.url: the collector alone needs a ClickHouse; give --clickhouse.url=http://HOST:8123 or --store none, or run "npm start" for the embedded one\n');
  process.exit(EXIT_USAGE);
}

const log = createLog('collector', config.log.level, config.log.json);
for (const notice of notices) log.info({}, notice);
const elapsedMs = (): number => performance.now();
const nowMs = steadyClock(Date.now, elapsedMs);
const startedMs = nowMs();
let store: OpenedStore | undefined;
let isStopping = false;
const pipeline = new Pipeline({
  config,
  decider: decider.value,
  nowMs,
  elapsedMs,
  seed: randomBytes(4).readUInt32LE(),
  segmentDisk: () => openSegmentDisk(path.join(config.data, 'rescue'), (error) => log.warn({ error: String(error) }, 'the disk of the rescue ring failed: dropped traces there cannot be brought back')),
  onFailure: (error) => log.error({ error: String(error) }, 'a trace could not be processed: its spans count as dropped (internal_error)'),
  onRows: () => store?.writer.check(),
});
const gate = new Gate(pipeline, () => (store?.writer.full ?? false) || (pipeline.durability?.full ?? false), {
  nowMs,
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
}, { ...DEFAULT_GATE_LIMITS, maxHoldMs: config.receive.max_hold });
const reload = new ConfigReload(config, {
  load: () => loadProcessConfig(process.argv.slice(2), process.env),
  apply: (next, decider) => pipeline.reconfigure(next, decider),
}, log, nowMs);
const registry = createRegistry([...collectorMetrics(pipeline, () => store?.writer, reload, nowMs), ...auditMetrics(() => store?.audit)]);

async function start(): Promise<() => Promise<void>> {
  if (config.store === 'clickhouse') {
    const wal = await openWal(config, log);
    if (wal.log !== undefined) pipeline.makeDurable(wal.log, wal.left);
    store = await openStore(config, pipeline.tables, {
      nowMs,
      onStored(table, rows) {
        pipeline.stored(table, rows);
        gate.release();
      },
      onDropped: (table, rows, reason) => pipeline.lost(table, rows, reason),
    }, { committedTo: wal.left.commit?.block, commits: wal.log === undefined ? undefined : pipeline.commits }, log);
    for (const table of ['traces', 'spans', 'logs', 'samples'] as const) pipeline.recovered(table, store.writer.recoveredRows(table));
    const again = await pipeline.takeAgain(wal.left, store.writer.lastBlock);
    if (again.requests > 0) log.info(again, 'requests of the earlier run were taken again from the write-ahead log');
    if (wal.log === undefined) await wal.forget();
  }
  const { receive } = config;
  const limits = {
    ...DEFAULT_RECEIVE_LIMITS,
    maxBodyBytes: receive.max_body_bytes,
    maxCompressedBytes: receive.max_compressed_bytes,
    maxReceivingBytes: receive.max_in_flight_bytes,
  };
  const grpc = await startOtlpGrpc({ ...config.listen.otlp_grpc, limits }, gate);
  const http = await startOtlpHttp({ ...config.listen.otlp_http, limits, corsAllowedOrigins: receive.cors.origins, corsAllowedHeaders: receive.cors.headers }, gate);
  const admin = await startAdminServer(config.listen.admin, {
    registry,
    beforeRead: () => pipeline.traces.syncLedger(),
    notReady: () => (isStopping ? ['stopping'] : store?.isReady() === false ? ['ClickHouse does not answer'] : []),
    ledger: () => ({ ...pipeline.ledger.toJson(), audit: store?.audit?.status() ?? null }),
    acceptAudit: () => store?.audit?.accept(),
    trace: (traceId) => knownTrace(pipeline.traces, traceId, startedMs),
    config: () => ({ yaml: samplingYaml(reload.config), hash: reload.hash, file: configFile ?? '', started_ms: startedMs, last_reload: reload.last ?? null }),
    reload: () => reload.run('request'),
    rescue: (request) => pipeline.traces.rescue.request(request, nowMs(), () => new Promise(setImmediate)),
  });
  const stopTimers = runTimers();
  const stopWatching = configFile === undefined || configFile === '' ? () => {} : watchConfigFile(path.resolve(configFile), () => reload.run('file'));
  const address = (listener: { host: string }, port: number): string => `${listener.host}:${port}`;
  const addresses = {
    otlp_grpc: address(config.listen.otlp_grpc, grpc.port),
    otlp_http: address(config.listen.otlp_http, http.port),
    admin: address(config.listen.admin, admin.port),
  };
  if (process.send === undefined) process.stdout.write(`${JSON.stringify({ ready: true, ...addresses })}\n`);
  else process.send({ kind: 'ready', role: 'collector', addresses });

  // In the order of the pipeline: no more requests, decide what is buffered, flush what was counted, empty the spool.
  return async () => {
    isStopping = true;
    stopWatching();
    const closed = Promise.all([grpc.close(), http.close()]);
    gate.close();
    await closed;
    stopTimers();
    // Kept in the log, undecided traces go on waiting after the next start: none is decided in pieces because of a restart.
    if (pipeline.durability === undefined || config.wal.on_stop === 'decide') while (pipeline.drain()) await new Promise(setImmediate);
    pipeline.flushDerived(true);
    await store?.close(DRAIN_STORE_MS);
    await pipeline.durability?.close();
    await admin.close();
  };
}

function runTimers(): () => void {
  const stopTicks = runTicks({
    tick: () => pipeline.tick(),
    feel(lagMs) {
      if (pipeline.feel(lagMs)) tellOverload(pipeline.overload, log);
      gate.release();
    },
  }, elapsedMs);
  // Where nothing can be stored for long, counters wait in their tables, which are bounded, and not as rows, which would not be.
  const isStuck = (): boolean => (store !== undefined && store.writer.full && store.writer.awayMs > 0) || pipeline.durability?.isFailing === true;
  const flusher = setInterval(() => {
    if (!isStuck()) pipeline.flushDerived();
  }, config.red.flush_every);
  return () => {
    stopTicks();
    clearInterval(flusher);
  };
}

let stop: (() => Promise<void>) | undefined;
const end = async (): Promise<void> => {
  if (isStopping) return;
  isStopping = true;
  await stop?.();
  process.exit(0);
};
process.once('SIGTERM', () => void end());
process.once('SIGINT', () => void end());
process.once('disconnect', () => void end());

try {
  stop = await start();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
