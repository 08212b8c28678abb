// Measures the store: encoding alone, and encode + spool + send + insert into a real embedded ClickHouse, in spans per
// CPU-second of this process and with the child's CPU counted. Run: node tests/bench/store.bench.ts [rounds]
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createStoreClient } from '#collector/store/client.ts';
import { insertBlock } from '#collector/store/insert-block.ts';
import { makeTables } from '#tests/support/make-tables.ts';
import { spoolFilesIn } from '#collector/store/spool-files.ts';
import { Spool } from '#collector/store/spool.ts';
import type { SpanRowContext } from '#collector/store/tables/spans-table.ts';
import { StoreTables } from '#collector/store/tables/store-tables.ts';
import { StoreWriter } from '#collector/store/writer.ts';
import { startEmbeddedClickHouse } from '#tests/support/embedded-clickhouse.ts';
import { sharedData } from '#tests/support/shared-data.ts';

const rounds = Number(process.argv[2] ?? 3);
// USER_HZ: the unit of utime and stime in /proc/<pid>/stat is fixed at 1/100 s on Linux.
const TICKS_PER_SECOND = 100;

function varint(bytes: Buffer, at: number): [value: number, end: number] {
  let value = 0;
  let factor = 1;
  let i = at;
  for (;;) {
    const byte = bytes[i++]!;
    value += (byte & 127) * factor;
    if (byte < 128) return [value, i];
    factor *= 128;
  }
}

/** Ranges of every span of a capture: [start, end, …] into the file. */
function spanRanges(file: Buffer): number[] {
  const ranges: number[] = [];
  const walk = (start: number, end: number, path: readonly number[]): void => {
    for (let at = start; at < end;) {
      const [tag, afterTag] = varint(file, at);
      const [length, content] = varint(file, afterTag);
      if (tag === path[0]! * 8 + 2) {
        if (path.length === 1) ranges.push(content, content + length);
        else walk(content, content + length, path.slice(1));
      }
      at = content + length;
    }
  };
  for (let at = 0; at < file.length; at += 4 + file.readUInt32BE(at))
    walk(at + 4, at + 4 + file.readUInt32BE(at), [1, 2, 2]);
  return ranges;
}

function cpuSecondsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

const ownCpuSeconds = (): number => {
  const usage = process.cpuUsage();
  return (usage.user + usage.system) / 1e6;
};

const row: SpanRowContext = {
  traceStartHi: 0x170d0000,
  traceStartLo: 0,
  skewNs: 0,
  skewErrorNs: 0,
  thresholdHi: 0,
  thresholdLo: 0,
  weight: 1,
  serviceBytes: Buffer.from('frontend'),
  resourceIdHi: 1,
  resourceIdLo: 2,
  scopeIdHi: 3,
  scopeIdLo: 4,
};

async function measure(name: string): Promise<void> {
  const file = readFileSync(sharedData(`otlp/${name}.otlp.pb.frames`));
  const ranges = spanRanges(file);
  const spans = ranges.length / 2;
  const report = (what: string, count: number, seconds: number): void => {
    console.log(`${name}: ${what}: ${Math.round(count / seconds).toLocaleString('en')} spans per CPU-second`);
  };

  const encode = new StoreTables();
  let bytes = 0;
  for (const timed of [false, true]) {
    const before = ownCpuSeconds();
    bytes = 0;
    for (let round = 0; round < rounds; round++) {
      for (let i = 0; i < ranges.length; i += 2) {
        encode.spans.append(file, ranges[i]!, ranges[i + 1]!, row);
        if (encode.spans.rows === 50_000) bytes += encode.spans.cutBlock(1_700_000_000)!.bytes.length;
      }
      bytes += encode.spans.cutBlock(1_700_000_000)?.bytes.length ?? 0;
    }
    if (timed)
      report(
        `encode only (${Math.round(bytes / rounds / spans)} bytes a span from ${Math.round(file.length / spans)})`,
        spans * rounds,
        ownCpuSeconds() - before,
      );
  }

  const server = await startEmbeddedClickHouse();
  const spoolDir = mkdtempSync(join(tmpdir(), 'winnow-bench-'));
  const client = createStoreClient({ url: server.url });
  await makeTables(client);
  const tables = new StoreTables();
  let stored = 0;
  const spool = await Spool.open({
    files: spoolFilesIn(spoolDir),
    capBytes: 2 ** 30,
    sync: false,
    newInstallId: 'bench',
  });
  const writer = new StoreWriter({
    spool,
    tables: tables.all,
    insert: (table, columns, block, token) => insertBlock(client, table, columns, block, token),
    nowMs: Date.now,
    onStored: (_table, rows) => {
      stored += rows;
    },
    onDropped: () => undefined,
    log: (level, line) => {
      console.log(level, line);
    },
  });
  writer.start();
  const own = ownCpuSeconds();
  const child = cpuSecondsOf(server.pid);
  const began = performance.now();
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < ranges.length; i += 2) {
      tables.spans.append(file, ranges[i]!, ranges[i + 1]!, row);
      if ((i & 1023) === 0) writer.check();
      if ((i & 16383) === 0)
        while (writer.pendingBytes > 64 * 1024 * 1024) await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
  await writer.flush();
  const ownSeconds = ownCpuSeconds() - own;
  const childSeconds = cpuSecondsOf(server.pid) - child;
  report('encode, spool, send: this process', stored, ownSeconds);
  report('the same with the embedded ClickHouse', stored, ownSeconds + childSeconds);
  console.log(
    `${name}: ${stored} rows in ${Math.round(performance.now() - began)} ms; CPU ${ownSeconds.toFixed(2)} s + ${childSeconds.toFixed(2)} s`,
  );
  const size = await client.query({
    query:
      "SELECT toString(sum(bytes_on_disk)) AS bytes, toString(sum(rows)) AS rows FROM system.parts WHERE table = 'spans' AND active",
    format: 'JSONEachRow',
  });
  const [disk] = await size.json<{ bytes: string; rows: string }>();
  console.log(`${name}: ${(Number(disk!.bytes) / Number(disk!.rows)).toFixed(1)} bytes a stored span on disk`);
  await writer.close();
  await client.close();
  await server.stop();
  rmSync(spoolDir, { recursive: true, force: true });
}

for (const name of ['online-boutique-9min', 'train-ticket-12min']) await measure(name);
