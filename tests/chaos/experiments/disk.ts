// Disks that are full, slow, damaged, and files that cannot be opened.
import { closeSync, openSync, readdirSync, readFileSync, statfsSync, writeSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { recordsOf } from '#tests/support/log-records.ts';
import type { Experiment } from '../experiment.ts';
import { fill, freeze, limitDescriptors, thaw } from '../machine.ts';
import { descriptors, signal } from '../processes.ts';
import type { Stage } from '../stage.ts';
import { query } from '../verifier.ts';

const MIB = 1024 * 1024;
const EXACT =
  'of all that was acknowledged nothing is lost and nothing is there twice, and no client is refused for good';
const STEADY = '1,500 spans/s, 100 log records/s and 100 points/s are acknowledged';
const RUNAWAY = 'the collector has more than 4,000 MiB';
/** ClickHouse deletes the parts that a merge has replaced some minutes later (old_parts_lifetime): rows that the merge lost cannot be read after that. */
const ENGINE_FORGETS_MS = 600_000;
/** Reserve of a disk of 500 MiB, and a bit: it is reached while ClickHouse stands still. */
const LEFT_BYTES = 80 * MIB;
/** Receivers hold back at the reserve of 64 MiB; what was accepted before still comes. */
const LEAST_FREE_BYTES = 32 * MIB;
/** A segment with fewer has no middle. */
const LEAST_RECORDS = 8;
const TABLES = ['spans', 'traces', 'logs', 'samples', 'series', 'red', 'edges', 'decisions'];

async function fillOnce(stage: Stage, forMs: number): Promise<void> {
  stage.note('the disk is full');
  const free = fill(stage.disk, 0);
  try {
    await stage.sleep(forMs);
  } finally {
    free();
  }
  stage.note('there is room again');
}

/** Takes all of the disk but {@link LEFT_BYTES} while ClickHouse stands still, so that log and spool grow into the rest. Returns the least that was free. */
async function fillSlowly(stage: Stage, forMs: number): Promise<number> {
  const clickhouse = stage.winnow.pid('clickhouse');
  const free = fill(stage.disk, LEFT_BYTES);
  let leastBytes = Infinity;
  stage.note(`${LEFT_BYTES / MIB} MiB of the disk are left; SIGSTOP of ClickHouse`);
  signal(clickhouse, 'SIGSTOP');
  try {
    for (let leftMs = forMs; leftMs > 0; leftMs -= 250) {
      await stage.sleep(250);
      const { bavail, bsize } = statfsSync(stage.disk);
      leastBytes = Math.min(leastBytes, bavail * bsize);
    }
  } finally {
    signal(clickhouse, 'SIGCONT');
    free();
  }
  stage.note(`ClickHouse goes on and there is room again; ${(leastBytes / MIB).toFixed(0)} MiB were free at the least`);
  return leastBytes;
}

/** Tables of which a row cannot be read. */
async function unreadable(stage: Stage): Promise<string[]> {
  const bad: string[] = [];
  for (const table of TABLES) {
    try {
      await query(stage.clickhouseUrl, `SELECT sum(cityHash64(*)) FROM ${table}`);
    } catch (error) {
      bad.push(`${table} cannot be read: ${String(error).slice(0, 160)}`);
    }
  }
  return bad;
}

/** Changes one byte of a request in the log that lies on disk. Returns the bytes of its record. */
function flipInLog(stage: Stage): number {
  const directory = path.join(stage.dataDir, 'wal');
  for (const name of readdirSync(directory)
    .filter((each) => each.endsWith('.wal'))
    .toSorted()) {
    const file = path.join(directory, name);
    const bytes = readFileSync(file);
    const records = recordsOf(bytes);
    if (records.length < LEAST_RECORDS) continue;
    const { at, size } = records[Math.floor(records.length * stage.random.between(0.2, 0.8))]!;
    const offset = at + Math.floor(size / 2);
    const handle = openSync(file, 'r+');
    writeSync(handle, Buffer.from([bytes[offset]! ^ 0x10]), 0, 1, offset);
    closeSync(handle);
    stage.note(`a bit of byte ${offset} of ${name} (${bytes.length} bytes) is flipped`);
    return size;
  }
  return 0;
}

export const DISK: readonly Experiment[] = [
  {
    name: 'disk-full',
    hypothesis: `When the disk is full for 10 s and then free again, ${EXACT}, and every table can be read.`,
    steadyState: STEADY,
    fault: 'a file takes all of the disk (a tmpfs of 500 MiB) for 10 s, again and again',
    blastRadius: 'the file system of this Winnow',
    abort: RUNAWAY,
    needs: ['linux', 'tmpfs'],
    minutes: 1.5,
    disk: { kind: 'tmpfs', bytes: 500 * MIB },
    async inject(stage) {
      stage.facts['times full'] = await stage.repeat(async () => {
        await fillOnce(stage, 10_000);
        await stage.sleep(7000);
      });
    },
    alsoChecks: unreadable,
  },
  {
    name: 'disk-full-slowly',
    hypothesis: `When the disk fills up while ClickHouse stands still, receivers hold back while ${LEAST_FREE_BYTES / MIB} MiB are free, and ${EXACT}.`,
    steadyState: '6,000 spans/s, 500 log records/s and 500 points/s are acknowledged',
    fault: `a file leaves ${LEFT_BYTES / MIB} MiB of the disk (a tmpfs of 500 MiB), and ClickHouse stands still for 45 s`,
    blastRadius: 'the file system of this Winnow',
    abort: RUNAWAY,
    needs: ['linux', 'tmpfs'],
    minutes: 0.5,
    rates: { spans: 6000, logs: 500, points: 500 },
    disk: { kind: 'tmpfs', bytes: 500 * MIB },
    async inject(stage) {
      let leastBytes = Infinity;
      await stage.repeat(async () => {
        leastBytes = Math.min(leastBytes, await fillSlowly(stage, 45_000));
        await stage.sleep(5000);
      });
      stage.facts['least that was free, MiB'] = Math.round(leastBytes / MIB);
    },
    async alsoChecks(stage) {
      const mib = Number(stage.facts['least that was free, MiB']);
      return [...(mib < LEAST_FREE_BYTES / MIB ? [`only ${mib} MiB were free`] : []), ...(await unreadable(stage))];
    },
  },
  {
    name: 'disk-full-wait',
    hypothesis: `When the disk was full three times, ten minutes later still ${EXACT}, and every table can be read.`,
    steadyState: STEADY,
    fault: 'a file takes all of the disk (a tmpfs of 500 MiB) three times for 10 s; then ten minutes pass',
    blastRadius: 'the file system of this Winnow',
    abort: RUNAWAY,
    needs: ['linux', 'tmpfs'],
    minutes: 12,
    isLong: true,
    disk: { kind: 'tmpfs', bytes: 500 * MIB },
    async inject(stage) {
      for (let round = 0; round < 3; round++) {
        await fillOnce(stage, 10_000);
        await stage.sleep(7000);
      }
      await stage.finish(120_000);
      stage.note(
        `load has ended; waiting ${ENGINE_FORGETS_MS / 60_000} minutes. Unreadable now: ${(await unreadable(stage)).join('; ') || 'nothing'}`,
      );
      await stage.sleep(ENGINE_FORGETS_MS);
    },
    alsoChecks: unreadable,
  },
  {
    name: 'disk-stall',
    hypothesis: `When the disk takes nothing for 4 s or 15 s, requests are answered as retryable before their deadline and known when they come again: ${EXACT}.`,
    steadyState: STEADY,
    fault: 'the file system (an ext4 of its own) is frozen for 4 s or 15 s, again and again',
    blastRadius: 'the file system of this Winnow',
    abort: RUNAWAY,
    needs: ['linux', 'frozen-disk'],
    minutes: 1.5,
    disk: { kind: 'image', bytes: 1024 * MIB },
    async inject(stage) {
      stage.facts['stalls'] = await stage.repeat(async (round) => {
        const ms = round % 2 === 0 ? 15_000 : 4000;
        stage.note(`the disk stands still for ${ms / 1000} s`);
        freeze(stage.disk);
        try {
          await stage.sleep(ms);
        } finally {
          thaw(stage.disk);
        }
        stage.note('it goes on');
        await stage.sleep(6000);
      });
      const late = [...stage.client.again]
        .filter(([why]) => why === 'grpc 4' || why === 'http deadline')
        .reduce((sum, [, times]) => sum + times, 0);
      stage.facts['requests that ran into their deadline'] = late;
    },
  },
  {
    name: 'no-descriptors',
    hypothesis: `When the collector can open no more files for 60 s while ClickHouse is away, ${EXACT}; intact blocks stay.`,
    steadyState: STEADY,
    fault:
      'ClickHouse stands still for 9 s, so that blocks leave memory; the soft limit of open files is what is in use; 40 idle connections; then ClickHouse goes on',
    blastRadius: 'the collector',
    abort: RUNAWAY,
    needs: ['linux', 'prlimit'],
    minutes: 1.5,
    async inject(stage) {
      const clickhouse = stage.winnow.pid('clickhouse');
      const collector = stage.winnow.pid('collector') ?? 0;
      stage.note('SIGSTOP of ClickHouse');
      signal(clickhouse, 'SIGSTOP');
      const idle: net.Socket[] = [];
      try {
        await stage.sleep(9000);
        limitDescriptors(collector, descriptors(collector) + 3);
        stage.note(`the collector may open 3 files more (${descriptors(collector)} are in use)`);
        const [host, port] = (stage.winnow.addresses['otlp_grpc'] ?? '').split(':');
        for (let i = 0; i < 40; i++) idle.push(net.connect(Number(port), host).on('error', () => undefined));
        await stage.sleep(1000);
        signal(clickhouse, 'SIGCONT');
        stage.note('ClickHouse goes on');
        await stage.sleep(60_000);
      } finally {
        signal(clickhouse, 'SIGCONT');
        for (const socket of idle) socket.destroy();
        limitDescriptors(collector, 4096);
      }
      stage.note('files can be opened again');
      await stage.sleep(5000);
    },
  },
  {
    name: 'flipped-byte',
    hypothesis:
      'When a bit of the write-ahead log flips while Winnow is down, at most the request that it belongs to is lost, it is counted and named, and nothing is there twice.',
    steadyState: STEADY,
    fault: 'all processes are killed, one bit in the middle of the log is flipped, and Winnow is started again',
    blastRadius: 'the log of this Winnow',
    abort: RUNAWAY,
    needs: ['linux'],
    minutes: 0.5,
    args: ['--sampling.wait.quiet=20s', '--sampling.wait.after_root=20s', '--sampling.wait.max=25s'],
    async inject(stage) {
      stage.facts['flipped bits'] = await stage.repeat(async () => {
        await stage.sleep(8000);
        stage.note('kill -9 of all processes');
        for (const role of ['collector', 'clickhouse', 'query'] as const) stage.winnow.kill(role);
        stage.winnow.kill('supervisor');
        await stage.winnow.supervisorEnded();
        await stage.winnow.cleanUp();
        stage.facts['bytes of damaged records'] =
          Number(stage.facts['bytes of damaged records'] ?? 0) + flipInLog(stage);
        await stage.winnow.startUntilReady();
      });
    },
    excuses: {
      mostLost: (stage) => 100 * Number(stage.facts['flipped bits'] ?? 0),
      why: 'the request whose record is damaged (100 items)',
    },
  },
  {
    name: 'clock',
    hypothesis: `When the system's clock is set forward and back by an hour, ${EXACT}.`,
    steadyState: STEADY,
    fault: 'the clock that the processes see: +1 h, right, −1 h, right, 8 s each',
    blastRadius: 'the processes of this Winnow',
    abort: RUNAWAY,
    needs: ['linux', 'faketime'],
    minutes: 0.5,
    hasFakeClock: true,
    async inject(stage) {
      stage.facts['jumps'] = await stage.repeat(async () => {
        for (const jump of ['+3600', '+0', '-3600', '+0']) {
          stage.note(`the clock is off by ${jump} s`);
          stage.setClock(jump);
          await stage.sleep(8000);
        }
      });
    },
  },
];
