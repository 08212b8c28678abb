// The query process: reads the configuration, serves the UI and the APIs, drains on SIGTERM.
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { roleConfig } from '#proto/config/role-config.ts';
import { CollectorLink } from './collector-link.ts';
import { registerPrometheusApi } from './prometheus/register.ts';
import { ClickHouseStore } from './promql/clickhouse-store.ts';
import { registerRescue } from './rescue/register.ts';
import { createServer } from './server.ts';
import { registerSimulate } from './simulate/register.ts';
import { Database } from './store/database.ts';

const { config } = roleConfig('npm run query -- [--config FILE] [--KEY=VALUE…]: the UI and the query APIs.', {
  argv: process.argv.slice(2),
  env: process.env,
  readFile: (path) => readFileSync(path, 'utf8'),
  print: (text) => process.stdout.write(text),
  complain: (text) => process.stderr.write(text),
  exit: (code) => process.exit(code),
});

if (config.clickhouse.url === '') {
  process.stderr.write('clickhouse.url: query alone needs a ClickHouse; give --clickhouse.url=http://HOST:8123, or run "npm start" for the embedded one\n');
  process.exit(2);
}

const database = { ...config.clickhouse, timeoutMs: config.query.timeout, maxMemoryBytes: config.query.max_memory };
const db = new Database(database);
const admin = config.listen.admin;
const collector = new CollectorLink(`http://${admin.host}:${admin.port}`);
const app = await createServer({
  db,
  collector,
  uiDir: fileURLToPath(new URL('../ui/dist', import.meta.url)),
  now: () => Date.now(),
  registerPrometheus: (server) => registerPrometheusApi(server, new ClickHouseStore(db.client), {}),
});
registerRescue(app, collector);
registerSimulate(app, { database, now: () => Date.now() });

try {
  await app.listen({ host: config.listen.http.host, port: config.listen.http.port });
} catch (error) {
  const { host, port } = config.listen.http;
  const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
  process.stderr.write(taken ? `${host}:${port} is taken: free it or set listen.http (--listen.http=127.0.0.1:0 takes any free port)\n` : `${String(error)}\n`);
  process.exit(1);
}
const { port } = app.server.address() as AddressInfo;
process.send?.({ kind: 'ready', role: 'query', addresses: { http: `${config.listen.http.host}:${port}` } });

const stop = async (): Promise<void> => {
  await app.close();
  await db.close();
  process.exit(0);
};
process.once('SIGTERM', () => void stop());
process.once('SIGINT', () => void stop());
process.once('disconnect', () => void stop());
