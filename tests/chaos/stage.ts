// What an experiment acts on: a running Winnow, its clients, its disk, and a diary of what was done when.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { launchEmbeddedClickHouse, type EmbeddedClickHouse } from '#deploy/embedded-clickhouse/launch.ts';
import { Random } from '../simulation/random.ts';
import { ExactClient, type Rates } from './exact-client.ts';
import type { Experiment } from './experiment.ts';
import { faketimeLibrary, mountImage, mountTmpfs, unmount, unmountImage } from './machine.ts';
import { residentMib } from './processes.ts';
import { ClickHouseProxy, TcpProxy } from './proxies.ts';
import { WinnowUnderTest, type Role } from './winnow-under-test.ts';

const USUAL_RATES: Rates = { spans: 1500, logs: 100, points: 100 };
/** So long an untouched system is watched before the first fault. */
const STEADY_MS = 4000;
/** A killed role is to be back within this time; then the experiment is broken off. */
const BACK_MS = 90_000;
/** A collector above this is taken to run away. */
const MOST_MIB = 4000;
const SAMPLE_MS = 1000;
/** On a busy machine whole traces would be turned away, rightly, and be missing in the comparison. */
const USUAL_ARGS = ['--red.flush_every=2s', '--sampling.overload.enabled=false'];

export interface StageOptions {
  readonly experiment: Experiment;
  readonly seed: number;
  readonly minutes: number;
  /** An empty directory of the experiment's own. */
  readonly scratch: string;
  readonly configFile: string;
  readonly onEvent: (line: string) => void;
  /** Name of a broken build, see broken.ts. */
  readonly broken?: string | undefined;
}

export class Stage {
  readonly random: Random;
  readonly diary: string[] = [];
  /** ms from a kill until the role was ready again. */
  readonly backMs: number[] = [];
  /** Highest resident memory of the collector, MiB. */
  mostMib = 0;
  /** What an experiment has counted or noticed, for the report. */
  readonly facts: Record<string, string | number> = {};
  readonly #faketimeFile: string;
  client!: ExactClient;
  winnow!: WinnowUnderTest;
  tcp: { grpc: TcpProxy; http: TcpProxy } | undefined;
  clickhouse: ClickHouseProxy | undefined;
  readonly #options: StageOptions;
  #engine: EmbeddedClickHouse | undefined;
  #startedMs = performance.now();
  #sampler: NodeJS.Timeout | undefined;
  #unmount = (): void => {};
  #abort: string | undefined;

  constructor(options: StageOptions) {
    this.#options = options;
    this.random = new Random(options.seed, options.experiment.name);
    this.#faketimeFile = path.join(options.scratch, 'faketime');
  }

  get dataDir(): string {
    return path.join(this.#options.scratch, 'disk', 'data');
  }

  /** The file system that the data directory is on. */
  get disk(): string {
    return path.join(this.#options.scratch, 'disk');
  }

  /** Everything runs, and has run undisturbed for a while. */
  async open(): Promise<void> {
    const { experiment, scratch, seed, configFile } = this.#options;
    this.#mount(experiment, scratch);
    mkdirSync(this.dataDir, { recursive: true });
    if (experiment.hasClickHouseProxy === true) {
      this.#engine = await launchEmbeddedClickHouse({
        dataDir: path.join(this.disk, 'clickhouse'),
        listen: '127.0.0.1:0',
        log: () => undefined,
      });
      this.clickhouse = await ClickHouseProxy.start(this.#engine.url, this.random);
    }
    const library = faketimeLibrary();
    this.setClock('+0');
    this.winnow = new WinnowUnderTest({
      dataDir: this.dataDir,
      args: ['--config', configFile, ...USUAL_ARGS, ...(experiment.args ?? [])],
      logFile: path.join(scratch, 'winnow.log'),
      clickhouseUrl: this.clickhouse?.url,
      broken: this.#options.broken,
      env:
        experiment.hasFakeClock === true && library !== undefined
          ? {
              LD_PRELOAD: library,
              FAKETIME_TIMESTAMP_FILE: this.#faketimeFile,
              FAKETIME_NO_CACHE: '1',
              FAKETIME_DONT_FAKE_MONOTONIC: '1',
            }
          : undefined,
    });
    await this.winnow.start();
    const { addresses } = this.winnow;
    let [grpc, http] = [addresses['otlp_grpc']!, addresses['otlp_http']!];
    if (experiment.isProxied === true) {
      this.tcp = { grpc: await TcpProxy.start(grpc, this.random), http: await TcpProxy.start(http, this.random) };
      [grpc, http] = [this.tcp.grpc.address, this.tcp.http.address];
    }
    this.client = new ExactClient({
      grpc,
      http,
      rates: experiment.rates ?? USUAL_RATES,
      seed,
      mostUnderWay: experiment.mostUnderWay,
      itemsPerRequest: experiment.itemsPerRequest,
    });
    this.#startedMs = performance.now();
    this.#sampler = setInterval(() => this.#sample(), SAMPLE_MS);
    this.client.start();
    await this.sleep(STEADY_MS);
    if (this.client.latenciesMs.length === 0)
      throw new Error(`nothing was acknowledged before the first fault: ${[...this.client.again.keys()].join(', ')}`);
    this.note(`steady: ${this.client.numbers.traces.acknowledged} spans acknowledged`);
  }

  /** Where what ClickHouse stores can be asked for, without any proxy. */
  get clickhouseUrl(): string {
    return this.#engine?.url ?? this.winnow.clickhouseUrl;
  }

  note(what: string): void {
    const line = `${((performance.now() - this.#startedMs) / 1000).toFixed(1)} s: ${what}`;
    this.diary.push(line);
    this.#options.onEvent(line);
  }

  /** Waits, unless the experiment has to be broken off. */
  async sleep(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 500) {
      if (this.#abort !== undefined) throw new Error(`broken off: ${this.#abort}`);
      await sleep(Math.min(500, left));
    }
  }

  /** Time for faults is over. */
  get isOver(): boolean {
    return performance.now() - this.#startedMs > this.#options.minutes * 60_000;
  }

  /** Runs `fault` again and again until the time is over; at least once. */
  async repeat(fault: (round: number) => Promise<void>): Promise<number> {
    let round = 0;
    do await fault(round++);
    while (!this.isOver);
    return round;
  }

  /** kill -9, and waits until it is there again. A supervisor is started again at once. */
  async kill(role: Role, waits = true): Promise<void> {
    const pid = this.winnow.pid(role);
    const startedMs = performance.now();
    if (!this.winnow.kill(role)) {
      this.note(`${role} is not there to be killed`);
      return;
    }
    this.note(`kill -9 of ${role} (process ${pid})`);
    if (role === 'supervisor') {
      await this.winnow.supervisorEnded();
      await this.winnow.startUntilReady();
    } else if (waits && !(await this.winnow.isBack(role, pid, BACK_MS))) {
      throw new Error(`${role} is not back ${BACK_MS / 1000} s after it was killed`);
    }
    if (!waits && role !== 'supervisor') return;
    const tookMs = performance.now() - startedMs;
    this.backMs.push(tookMs);
    this.note(`${role} is back after ${(tookMs / 1000).toFixed(1)} s`);
  }

  /** What the processes take for the time, where libfaketime is loaded. @param offset as +3600 */
  setClock(offset: string): void {
    writeFileSync(this.#faketimeFile, offset);
  }

  /** What the experiment asks for besides. */
  async alsoChecks(): Promise<readonly string[]> {
    return (await this.#options.experiment.alsoChecks?.(this)) ?? [];
  }

  /** Stops all load; time has passed for everything to be answered. Returns requests that are not. */
  finish(withinMs: number): Promise<number> {
    return this.client.finish(withinMs);
  }

  async close(): Promise<void> {
    clearInterval(this.#sampler);
    await this.winnow?.stop();
    this.tcp?.grpc.close();
    this.tcp?.http.close();
    this.clickhouse?.close();
    await this.#engine?.stop();
    this.#unmount();
    rmSync(this.disk, { recursive: true, force: true });
  }

  /** At once, whatever is going on. */
  async kill9Everything(): Promise<void> {
    await this.winnow?.cleanUp();
    await this.close();
  }

  #mount({ disk }: Experiment, scratch: string): void {
    const directory = path.join(scratch, 'disk');
    if (disk?.kind === 'tmpfs') {
      mountTmpfs(directory, disk.bytes);
      this.#unmount = () => unmount(directory);
    } else if (disk?.kind === 'image') {
      mountImage(directory, disk.bytes);
      this.#unmount = () => unmountImage(directory);
    }
  }

  #sample(): void {
    const pid = this.winnow.pid('collector');
    if (pid === undefined) return;
    const mib = residentMib(pid);
    if (!Number.isNaN(mib)) this.mostMib = Math.max(this.mostMib, mib);
    if (mib > MOST_MIB) this.#abort = `the collector has ${Math.round(mib)} MiB`;
  }
}
