// The collector process: reads the configuration, builds the pipeline, receives, and drains in pipeline order on SIGTERM.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { formatConfigError } from '#proto/config/config-error.ts';
import { EXIT_USAGE, roleConfig } from '#proto/config/role-config.ts';
import { loadProcessConfig } from './config/load.ts';
import { watchConfigFile } from './config/watch-file.ts';
import { compileSampling } from './decide/compile-sampling.ts';
import { clickHouseAccess } from './open-store.ts';
import { DEFAULT_RECEIVE_LIMITS } from './receive/limits.ts';
import { startOtlpGrpc } from './receive/otlp-grpc.ts';
import { startOtlpHttp } from './receive/otlp-http.ts';
import { ConfigReload } from './reload-config.ts';
import { openSegmentDisk } from './rescue/segment-disk.ts';
import { CollectorCore } from './run/collector-core.ts';
import { collectorMetrics } from './self-metrics.ts';
import { startAdminServer } from './self/admin-server.ts';
import { tuneGarbageCollection } from './self/garbage-collection.ts';
import { createLog } from './self/log.ts';
import { createRegistry } from './self/metrics.ts';
import { steadyClock } from './self/steady-clock.ts';
import { samplingYaml } from './tell-config.ts';
import { knownTrace } from './tell-trace.ts';

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
const core = new CollectorCore(config, decider.value, {
  nowMs,
  elapsedMs,
  seed: randomBytes(4).readUInt32LE(),
  log,
  store: () => clickHouseAccess(config, log),
  segmentDisk: () => openSegmentDisk(path.join(config.data, 'rescue'), (error) => log.warn({ error: String(error) }, 'the disk of the rescue ring failed: dropped traces there cannot be brought back')),
});
const { pipeline, gate } = core;
const reload = new ConfigReload(config, {
  load: () => loadProcessConfig(process.argv.slice(2), process.env),
  apply: (next, decider) => pipeline.reconfigure(next, decider),
}, log, nowMs);
const registry = createRegistry(collectorMetrics(pipeline, () => core.writer, reload, nowMs));

async function start(): Promise<() => Promise<void>> {
  await core.open();
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
    notReady: () => core.notReady(),
    ledger: () => pipeline.ledger.toJson(),
    trace: (traceId) => knownTrace(pipeline.traces, traceId, startedMs),
    config: () => ({ yaml: samplingYaml(reload.config), hash: reload.hash, file: configFile ?? '', started_ms: startedMs, last_reload: reload.last ?? null }),
    reload: () => reload.run('request'),
    rescue: (request) => pipeline.traces.rescue.request(request, nowMs(), () => new Promise(setImmediate)),
  });
  core.run();
  const stopWatching = configFile === undefined || configFile === '' ? () => {} : watchConfigFile(path.resolve(configFile), () => reload.run('file'));
  const address = (listener: { host: string }, port: number): string => `${listener.host}:${port}`;
  const addresses = {
    otlp_grpc: address(config.listen.otlp_grpc, grpc.port),
    otlp_http: address(config.listen.otlp_http, http.port),
    admin: address(config.listen.admin, admin.port),
  };
  if (process.send === undefined) process.stdout.write(`${JSON.stringify({ ready: true, ...addresses })}\n`);
  else process.send({ kind: 'ready', role: 'collector', addresses });

  return async () => {
    stopWatching();
    await core.stop(() => Promise.all([grpc.close(), http.close()]));
    await admin.close();
  };
}

let stop: (() => Promise<void>) | undefined;
const end = async (): Promise<void> => {
  if (core.isStopping) return;
  core.isStopping = true;
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
