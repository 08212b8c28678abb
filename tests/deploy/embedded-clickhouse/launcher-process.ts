// A launcher that a test can kill: starts an embedded ClickHouse in the directory given and prints its process id and URL.
import { launchEmbeddedClickHouse } from '#deploy/embedded-clickhouse/launch.ts';

const running = await launchEmbeddedClickHouse({
  dataDir: process.argv[2]!,
  listen: '127.0.0.1:0',
  log: () => undefined,
});
process.stdout.write(`${running.pid} ${running.url}\n`);
