// One run: a machine with a disk, collectors that a supervisor starts again, a store, clients, and the schedule's faults. Same schedule, same run.
import type { IntakeAnswer, IntakeRequest } from '#collector/receive/intake.ts';
import type { Broken } from './broken.ts';
import { SimDisk } from './disk/sim-disk.ts';
import { unmountAll } from './disk/sim-files.ts';
import { startFault } from './faults.ts';
import { Random } from './random.ts';
import { endOf, type Schedule } from './schedule.ts';
import { SimClients } from './sim-clients.ts';
import { SimCollector } from './sim-collector.ts';
import { SimLock } from './sim-lock.ts';
import { SimProcess, type WallClock } from './sim-process.ts';
import { SimStore } from './sim-store.ts';
import { VirtualTime } from './virtual-time.ts';

/** The supervisor's waits between restarts (deploy/supervised-role.ts). */
const FIRST_BACKOFF_MS = 200;
const MOST_BACKOFF_MS = 10_000;
const HEALTHY_MS = 30_000;
const NETWORK_MS = 1;
const MOST_TRACE_LINES = 200_000;

export interface WorldOptions {
  /** Keep the lines of the trace. */
  readonly traces: boolean;
  readonly broken: Broken | undefined;
}

export class World {
  readonly lock: SimLock;
  readonly time = new VirtualTime();
  readonly wall: WallClock = { offsetMs: 0 };
  readonly schedule: Schedule;
  readonly disk: SimDisk;
  readonly store: SimStore;
  readonly clients: SimClients;
  readonly network = { cutShare: 0, spreadMs: 0 };
  readonly collectors: SimCollector[] = [];
  /** When the last fault ends. */
  readonly faultsEndMs: number;
  readonly lines: string[] = [];
  /** What a run has come across, and how often: a fault that nobody ever met proves nothing. */
  readonly reached = new Map<string, number>();
  /** Programs that ended by themselves with an error. */
  readonly failedStarts: string[] = [];
  readonly broken: Broken | undefined;
  readonly #options: WorldOptions;
  readonly #random: Random;
  #hash = 0x811c9dc5;
  #processes = 0;
  #backoffMs = FIRST_BACKOFF_MS;
  /** Which one it is, counted. */
  #supervisor = 0;
  /** The machine has no power. */
  isOff = false;

  constructor(schedule: Schedule, options: WorldOptions) {
    unmountAll();
    this.schedule = schedule;
    this.#options = options;
    this.#random = new Random(schedule.seed, 'world');
    this.broken = options.broken;
    this.lock = new SimLock(options.broken === 'lock');
    const losesPower = schedule.faults.some(({ kind }) => kind === 'power-cut');
    this.disk = new SimDisk(this.time, new Random(schedule.seed, 'disk'), schedule.diskBytes, losesPower);
    this.disk.faults.isLying = this.broken === 'early-ack';
    this.disk.faults.isBlind = this.broken === 'reserve';
    this.disk.faults.stopsAtDamage = this.broken === 'resync';
    this.disk.onCall = (line) => this.note(line);
    this.disk.onError = (code) => this.reach(`disk: ${code}`);
    this.store = new SimStore(this.time, new Random(schedule.seed, 'store'), (what) => this.reach(`store: ${what}`));
    this.clients = new SimClients(
      this.time,
      new Random(schedule.seed, 'clients'),
      schedule.load,
      (...call) => this.#send(...call),
      (line) => this.note(line),
      (what) => this.reach(what),
      schedule.faults.some(({ kind }) => kind === 'flip'),
    );
    this.faultsEndMs = Math.max(schedule.load.forMs, ...schedule.faults.map(endOf));
    for (const fault of schedule.faults) this.time.at(fault.atMs, () => startFault(this, fault));
  }

  /** Of all that has happened: the same for every run of the schedule. */
  get hash(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, '0');
  }

  note(line: string): void {
    const text = `${this.time.nowMs.toFixed(3)} ${line}`;
    let hash = this.#hash;
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    this.#hash = hash;
    if (this.#options.traces && this.lines.length < MOST_TRACE_LINES) this.lines.push(text);
  }

  reach(what: string): void {
    this.reached.set(what, (this.reached.get(what) ?? 0) + 1);
  }

  /** The one that a supervisor looks after. */
  get supervised(): SimCollector | undefined {
    return this.collectors.findLast((collector) => !collector.process.isDead && !this.#strangers.has(collector));
  }

  readonly #strangers = new Set<SimCollector>();

  /** @param isSupervised it is started again when it ends */
  startCollector(isSupervised = true): SimCollector {
    const process = new SimProcess(
      ++this.#processes,
      `collector-${this.#processes}`,
      this.time,
      this.wall,
      new Random(this.schedule.seed, `process ${this.#processes}`),
    );
    const collector = new SimCollector(process, {
      lock: this.lock,
      schedule: this.schedule,
      disk: this.disk,
      store: this.store,
      note: (line) => this.note(line),
      broken: this.broken,
    });
    if (!isSupervised) this.#strangers.add(collector);
    this.collectors.push(collector);
    const startedMs = this.time.nowMs;
    const supervisor = this.#supervisor;
    process.onDeath(() => {
      this.note(`${process.name} has ended`);
      if (!isSupervised || supervisor !== this.#supervisor) return;
      if (this.time.nowMs - startedMs > HEALTHY_MS) this.#backoffMs = FIRST_BACKOFF_MS;
      this.startLater(this.#backoffMs);
      this.#backoffMs = Math.min(MOST_BACKOFF_MS, this.#backoffMs * 2);
    });
    process.run(
      () =>
        void collector.start().then(
          () => this.note(`${process.name} listens`),
          (error: unknown) => {
            this.failedStarts.push(String(error));
            this.note(`${process.name} cannot start: ${String(error)}`);
            process.kill();
          },
        ),
    );
    return collector;
  }

  /** Nobody starts again what this one has started; the next one begins with the shortest wait. */
  supervisorDies(): void {
    this.#supervisor++;
    this.#backoffMs = FIRST_BACKOFF_MS;
  }

  /** The supervisor that is there now starts a collector after so many ms, if it lives. */
  startLater(ms: number): void {
    const supervisor = this.#supervisor;
    this.time.after(ms, () => {
      if (supervisor === this.#supervisor) this.startCollector();
    });
  }

  /** All processes die at once. */
  powerOff(): void {
    this.isOff = true;
    this.supervisorDies();
    for (const { process } of this.collectors) process.kill();
    this.disk.powerCut();
  }

  powerOn(): void {
    this.isOff = false;
    this.store.bootedMs = this.time.nowMs;
    this.startCollector();
  }

  #send(request: IntakeRequest, answer: (answer: IntakeAnswer) => void, fail: (why: string) => void): void {
    const { time, network } = this;
    const random = this.#random;
    const travelMs = random.delay(NETWORK_MS) + random.next() * network.spreadMs;
    const isCutBefore = random.chance(network.cutShare / 2);
    const isCutAfter = random.chance(network.cutShare / 2);
    const up = this.collectors.filter(({ isListening, process }) => isListening && !process.isDead);
    if (up.length === 0) {
      time.after(travelMs, () => fail('refused'));
      return;
    }
    const collector = random.pick(up);
    if (isCutBefore) {
      time.after(travelMs, () => fail('reset'));
      return;
    }
    // A paused process does not see it come; one that dies meanwhile resets the connection.
    let isReceived = false;
    collector.process.onDeath(() => {
      if (!isReceived) time.after(NETWORK_MS, () => fail('reset'));
    });
    time.after(
      travelMs,
      () => {
        isReceived = true;
        collector.receive(request, (reply) => {
          time.after(random.delay(NETWORK_MS) + random.next() * network.spreadMs, () => {
            if (reply === undefined || isCutAfter) fail('reset');
            else answer(reply);
          });
        });
      },
      collector.process,
    );
  }
}
