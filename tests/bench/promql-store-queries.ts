// The process that asks, of promql-store.bench.ts: URL and process id of ClickHouse are its arguments. Prints JSON.
import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { Database } from '#query/store/database.ts';
import { ClickHouseSeries } from '#query/store/series/clickhouse.ts';
import { optionsOf } from '#tests/support/store-of.ts';
import { ask, FLOAT_QUERIES, median } from './promql-data.ts';

const WARM_UPS = 2;
const RUNS = 5;
/** USER_HZ: the unit of utime and stime in /proc/<pid>/stat is fixed at 1/100 s on Linux. */
const TICK_MS = 10;
const MIB = 1024;

function cpuMsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

const [url, enginePid] = process.argv.slice(2);
const database = new Database(optionsOf(url!));
const store = new ClickHouseSeries(database);
const figures: Record<string, unknown>[] = [];
for (const [query, text] of Object.entries(FLOAT_QUERIES)) {
  const own: number[] = [];
  const engine: number[] = [];
  const wall: number[] = [];
  let points = 0;
  for (let run = 0; run < WARM_UPS + RUNS; run++) {
    const began = performance.now();
    const before = process.cpuUsage();
    const engineBefore = cpuMsOf(Number(enginePid));
    points = await ask(store, text);
    const { user, system } = process.cpuUsage(before);
    if (run < WARM_UPS) continue;
    own.push((user + system) / 1000);
    engine.push(cpuMsOf(Number(enginePid)) - engineBefore);
    wall.push(performance.now() - began);
  }
  const both = own.map((ms, run) => ms + engine[run]!);
  const medians = Object.entries({ both, own, clickhouse: engine, wall });
  figures.push({
    query,
    points,
    ...Object.fromEntries(medians.map(([name, each]) => [`${name}_ms`, Math.round(median(each))])),
  });
}
await database.close();
console.table(figures);
console.log(
  `largest resident memory of this process ${Math.round(process.resourceUsage().maxRSS / MIB)} MiB, load average ${loadavg()[0]!.toFixed(1)}`,
);
