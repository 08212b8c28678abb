// A collector of the simulation: the core that the real process runs, in a simulated process, with receivers that are calls.
// The only file here that knows how the collector is put together.
import { loadConfig } from '#proto/config/load.ts';
import type { Config } from '#proto/config/schema.ts';
import type { IntakeAnswer, IntakeRequest } from '#collector/receive/intake.ts';
import { CollectorCore } from '#collector/run/collector-core.ts';
import type { Log } from '#proto/log/log.ts';
import { watchDisk, type DiskWatch } from '#collector/run/watch-disk.ts';
import type { Broken } from './broken.ts';
import { mount } from './disk/sim-files.ts';
import type { SimDisk } from './disk/sim-disk.ts';
import type { Schedule } from './schedule.ts';
import type { Owner, SimLock } from './sim-lock.ts';
import type { SimProcess } from './sim-process.ts';
import type { SimStore } from './sim-store.ts';

/** From a start to the first line of the collector. */
const LOAD_MS = 350;
/** Requests under way get this long when it stops (collector/receive/listen.ts). */
const CLOSE_GRACE_MS = 10_000;
/** An orphan has ended after so long at the latest, without a log and with one (collector/main.ts). */
const ORPHAN_END_MEMORY_MS = 10_000;
const ORPHAN_END_MS = 2000;

export interface Surroundings {
  readonly lock: SimLock;
  readonly schedule: Schedule;
  readonly disk: SimDisk;
  readonly store: SimStore;
  readonly note: (line: string) => void;
  readonly broken: Broken | undefined;
}

/** What a client gets: an answer, or undefined when its connection breaks. */
type Reply = (answer: IntakeAnswer | undefined) => void;

const LEAST = [
  '--clickhouse.url=http://nowhere',
  '--sampling.wait.quiet=1s',
  '--sampling.wait.after_root=2s',
  '--sampling.wait.max=4s',
  '--sampling.rescue.max_bytes=0',
  '--sampling.overload.enabled=false',
  '--buffer.max_spans=5000',
  '--buffer.max_bytes=32MiB',
  '--sampling.memory_bytes=1MiB',
  '--red.max_series=1000',
  '--red.bounds=2ms,100ms',
];

let base: { readonly config: Config; readonly sampled: Config } | undefined;

function configOf(schedule: Schedule): Config {
  if (base === undefined) {
    const load = (yaml: string): Config => {
      const loaded = loadConfig({ argv: [...LEAST, '--config=winnow.yaml'], env: {}, readFile: () => yaml });
      if (!loaded.ok) throw new Error(`the simulation's configuration: ${JSON.stringify(loaded.error)}`);
      return loaded.value.config;
    };
    base = {
      config: load('sampling: { rules: [{ name: all, keep: 100% }] }'),
      sampled: load('sampling: { rules: [{ name: half, keep: 50% }] }'),
    };
  }
  const config = schedule.isSampled ? base.sampled : base.config;
  return {
    ...config,
    durability: schedule.durability,
    spool: { ...config.spool, max_bytes: schedule.spoolBytes },
    wal: { ...config.wal, max_bytes: schedule.walBytes, on_stop: schedule.onStop },
    red: { ...config.red, flush_every: schedule.flushEveryMs },
    disk: { reserve_bytes: schedule.reserveBytes },
  };
}

/** The broken build `digests`: no request is known when it comes again. */
function forgetRequests({ pipeline: { requests } }: CollectorCore): void {
  const find = requests.find.bind(requests);
  requests.find = (request) => {
    find(request);
    return -1;
  };
}

export class SimCollector {
  readonly process: SimProcess;
  /** undefined: it waits for the directory, or has just been started. */
  core: CollectorCore | undefined;
  /** Requests may come. */
  isListening = false;
  isStopping = false;
  readonly #around: Surroundings;
  readonly #open = new Set<Reply>();
  #onIdle: (() => void) | undefined;

  constructor(process: SimProcess, around: Surroundings) {
    this.process = process;
    this.#around = around;
    process.onDeath(() => this.#breakConnections());
  }

  /** Resolves when it listens. Rejects when the real one would end with an error. */
  async start(): Promise<void> {
    const { process } = this;
    await new Promise<void>((resolve) => {
      process.timers.after(LOAD_MS, resolve);
    });
    const owner = await this.#around.lock.take(process);
    const { core, disk } = this.#make(owner);
    this.core = core;
    await core.open();
    await disk.looked;
    this.isListening = true;
    core.run();
  }

  /** SIGTERM. Resolves when it has ended. */
  async stop(): Promise<void> {
    if (this.isStopping || this.core === undefined || !this.isListening) {
      if (!this.isStopping) this.process.kill();
      return;
    }
    this.isStopping = true;
    await this.core.stop(false, () => this.#closeReceivers());
    this.process.kill();
  }

  /** Its supervisor has died. */
  async stopAsOrphan(): Promise<void> {
    const { core, process } = this;
    if (core === undefined || !this.isListening) {
      process.kill();
      return;
    }
    process.timers.after(this.#around.schedule.durability === 'memory' ? ORPHAN_END_MEMORY_MS : ORPHAN_END_MS, () =>
      process.kill(),
    );
    if (this.isStopping) return;
    this.isStopping = true;
    await core.stop(true, () => {
      this.isListening = false;
      return Promise.resolve();
    });
    process.kill();
  }

  /** A whole request has come in. */
  receive(request: IntakeRequest, reply: Reply): void {
    const { core } = this;
    if (this.process.isDead || !this.isListening || core === undefined) {
      reply(undefined);
      return;
    }
    this.#open.add(reply);
    const done = (answer: IntakeAnswer): void => {
      if (!this.#open.delete(reply)) return;
      reply(answer);
      if (this.#open.size === 0) this.#onIdle?.();
    };
    const answer = core.gate.accept(request);
    if (answer instanceof Promise) void answer.then(done);
    else done(answer);
  }

  #make(owner: Owner): { readonly core: CollectorCore; readonly disk: DiskWatch } {
    const { schedule, disk: machineDisk, store } = this.#around;
    const { process } = this;
    const config = { ...configOf(schedule), data: `${mount(process, machineDisk)}/data` };
    const log = this.#log();
    const disk = watchDisk(config, log, () => core.gate.release());
    const core: CollectorCore = new CollectorCore(config, {
      nowMs: process.nowMs,
      elapsedMs: () => process.elapsedMs(),
      seed: schedule.seed & 0x7fff_ffff,
      log,
      store: () => store.accessOf(process),
      owner,
      checkOwnership: () => undefined,
      isDiskLow: () => disk.reserve.isLow,
      newInstallId: 'simulated',
      segmentBytes: schedule.segmentBytes,
    });
    if (this.#around.broken === 'digests') forgetRequests(core);
    return { core, disk };
  }

  #closeReceivers(): Promise<void> {
    this.isListening = false;
    return new Promise((resolve) => {
      if (this.#open.size === 0) {
        resolve();
        return;
      }
      this.#onIdle = resolve;
      this.process.timers.after(CLOSE_GRACE_MS, () => {
        this.#breakConnections();
        resolve();
      });
    });
  }

  #breakConnections(): void {
    this.isListening = false;
    for (const reply of this.#open) reply(undefined);
    this.#open.clear();
  }

  #log(): Log {
    const at =
      (level: string) =>
      (fields: Readonly<Record<string, unknown>>, message: string): void => {
        if (level !== 'debug')
          this.#around.note(
            `${this.process.name} ${level}: ${message}${Object.keys(fields).length === 0 ? '' : ` ${JSON.stringify(fields)}`}`,
          );
      };
    return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  }
}
