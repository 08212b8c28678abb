// From a seed to what is to happen: the configuration, the load, and the list of faults. A swarm: every seed leaves most kinds of fault out.
import { Random } from './random.ts';

export type Durability = 'memory' | 'written' | 'fsync';

interface At {
  /** Virtual ms. */
  readonly atMs: number;
}
interface For extends At {
  readonly forMs: number;
}

export type Fault =
  | ({ readonly kind: 'kill' } & At)
  | ({ readonly kind: 'terminate' } & At)
  | ({ readonly kind: 'pause' } & For)
  /** The supervisor is killed and started again at once: its collector learns of it and stops while the next one starts. */
  | ({ readonly kind: 'orphan' } & At)
  /** Somebody starts another collector on the directory, and stops it later. */
  | ({ readonly kind: 'second' } & For)
  | ({ readonly kind: 'power-cut' } & For)
  | ({ readonly kind: 'clock'; readonly byMs: number } & At)
  | ({ readonly kind: 'disk-error'; readonly code: string; readonly share: number } & For)
  /** Something else takes all of the disk but this. */
  | ({ readonly kind: 'disk-full'; readonly leftBytes: number } & For)
  /** Something else takes the disk but for so many times the reserve: Winnow must not take the rest. */
  | ({ readonly kind: 'disk-nearly-full'; readonly reserves: number } & For)
  | ({ readonly kind: 'disk-stall' } & For)
  | ({ readonly kind: 'disk-slow'; readonly times: number } & For)
  | ({ readonly kind: 'short-writes'; readonly share: number } & For)
  /** A byte of a record of the log changes on the disk, while the collector is down. */
  | ({ readonly kind: 'flip'; readonly where: number } & At)
  | ({ readonly kind: 'store-down' } & For)
  | ({ readonly kind: 'store-slow'; readonly times: number } & For)
  | ({ readonly kind: 'store-overload'; readonly code: string } & For)
  | ({ readonly kind: 'store-unanswered'; readonly share: number } & For)
  | ({ readonly kind: 'store-late'; readonly share: number } & For)
  | ({ readonly kind: 'store-refuses'; readonly table: string; readonly code: string; readonly times: number } & For)
  /** A block that was acknowledged is gone. */
  | ({ readonly kind: 'store-loses-part' } & At)
  | ({ readonly kind: 'connections-cut'; readonly share: number } & For)
  | ({ readonly kind: 'slow-network'; readonly spreadMs: number } & For)
  /** Batches come again, within so many ms, some in another encoding. */
  | ({ readonly kind: 'copies'; readonly share: number; readonly withinMs: number } & For)
  /** Spans come again together with others. */
  | ({ readonly kind: 'overlaps'; readonly share: number } & For)
  | ({ readonly kind: 'burst'; readonly times: number } & For);

export type FaultKind = Fault['kind'];

export interface Load {
  readonly requestsPerSecond: number;
  readonly itemsPerRequest: number;
  readonly forMs: number;
  /** Part of the requests whose sender gives up after a while. */
  readonly givesUpShare: number;
}

export interface Schedule {
  readonly seed: number;
  readonly durability: Durability;
  /** 50 % of the traces are kept, by their randomness; else all. */
  readonly isSampled: boolean;
  readonly onStop: 'decide' | 'keep';
  readonly walBytes: number;
  readonly segmentBytes: number;
  readonly spoolBytes: number;
  readonly flushEveryMs: number;
  readonly diskBytes: number;
  /** `disk.reserve_bytes`. */
  readonly reserveBytes: number;
  readonly load: Load;
  readonly faults: readonly Fault[];
}

export interface ScheduleOptions {
  /** Kinds that no seed has. */
  readonly without?: readonly FaultKind[];
  /** Kinds that every seed has. */
  readonly always?: readonly FaultKind[];
  readonly durability?: Durability | undefined;
}

const KIB = 1024;
const MIB = 1024 * KIB;
const FIRST_FAULT_MS = 1500;
const REFUSALS = ['6', '27', '117', '307', '1', '49'] as const;
/** More than a writer gives up after; and for ever. */
const REFUSED_TIMES = [2, 4, 12] as const;

type Maker = (random: Random, atMs: number, hard: number) => Fault;

/** @param hard 0 to 1: how bad it is */
const MAKERS: Readonly<Record<FaultKind, Maker>> = {
  kill: (_random, atMs) => ({ kind: 'kill', atMs }),
  terminate: (_random, atMs) => ({ kind: 'terminate', atMs }),
  pause: (random, atMs, hard) => ({ kind: 'pause', atMs, forMs: random.between(100, 2000 + 20_000 * hard) }),
  orphan: (_random, atMs) => ({ kind: 'orphan', atMs }),
  second: (random, atMs) => ({ kind: 'second', atMs, forMs: random.between(500, 10_000) }),
  'power-cut': (random, atMs) => ({ kind: 'power-cut', atMs, forMs: random.between(500, 4000) }),
  clock: (random, atMs) => ({ kind: 'clock', atMs, byMs: random.pick([3_600_000, -3_600_000, 60_000, -60_000]) }),
  'disk-error': (random, atMs, hard) => ({
    kind: 'disk-error',
    atMs,
    code: random.pick(['EMFILE', 'ENFILE', 'EACCES', 'EIO']),
    share: random.pick([1, 1, 0.5, 0.1]),
    forMs: random.between(50, 3000 + 17_000 * hard),
  }),
  'disk-full': (random, atMs, hard) => ({
    kind: 'disk-full',
    atMs,
    leftBytes: random.pick([0, 1000, 20_000, 200_000]),
    forMs: random.between(500, 15_000 * hard),
  }),
  'disk-nearly-full': (random, atMs, hard) => ({
    kind: 'disk-nearly-full',
    atMs,
    reserves: random.between(1.05, 1.8),
    forMs: random.between(2000, 10_000 + 20_000 * hard),
  }),
  'disk-stall': (random, atMs, hard) => ({
    kind: 'disk-stall',
    atMs,
    forMs: random.between(200, 2000 + 18_000 * hard),
  }),
  'disk-slow': (random, atMs, hard) => ({
    kind: 'disk-slow',
    atMs,
    times: 2 + 300 * hard * hard,
    forMs: random.between(1000, 10_000),
  }),
  'short-writes': (random, atMs) => ({
    kind: 'short-writes',
    atMs,
    share: random.next(),
    forMs: random.between(1000, 20_000),
  }),
  flip: (random, atMs) => ({ kind: 'flip', atMs, where: random.next() }),
  'store-down': (random, atMs, hard) => ({
    kind: 'store-down',
    atMs,
    forMs: random.between(500, 2000 + 28_000 * hard),
  }),
  'store-slow': (random, atMs, hard) => ({
    kind: 'store-slow',
    atMs,
    times: 2 + 500 * hard * hard,
    forMs: random.between(1000, 15_000),
  }),
  'store-overload': (random, atMs) => ({
    kind: 'store-overload',
    atMs,
    code: random.pick(['252', '241', '159', '202', '394']),
    forMs: random.between(500, 15_000),
  }),
  'store-unanswered': (random, atMs) => ({
    kind: 'store-unanswered',
    atMs,
    share: random.between(0.05, 0.9),
    forMs: random.between(1000, 20_000),
  }),
  'store-late': (random, atMs) => ({
    kind: 'store-late',
    atMs,
    share: random.between(0.02, 0.3),
    forMs: random.between(1000, 8000),
  }),
  'store-refuses': (random, atMs) => ({
    kind: 'store-refuses',
    atMs,
    table: random.pick(['spans', 'logs', 'samples', 'traces', 'red', 'decisions']),
    code: random.pick(REFUSALS),
    times: random.pick(REFUSED_TIMES),
    forMs: random.between(500, 10_000),
  }),
  'store-loses-part': (_random, atMs) => ({ kind: 'store-loses-part', atMs }),
  'connections-cut': (random, atMs) => ({
    kind: 'connections-cut',
    atMs,
    share: random.between(0.05, 0.8),
    forMs: random.between(500, 8000),
  }),
  'slow-network': (random, atMs) => ({
    kind: 'slow-network',
    atMs,
    spreadMs: random.between(50, 4000),
    forMs: random.between(1000, 15_000),
  }),
  copies: (random, atMs) => ({
    kind: 'copies',
    atMs,
    share: random.between(0.05, 0.5),
    withinMs: random.pick([100, 5000, 20_000, 55_000]),
    forMs: random.between(2000, 20_000),
  }),
  overlaps: (random, atMs) => ({
    kind: 'overlaps',
    atMs,
    share: random.between(0.1, 0.6),
    forMs: random.between(2000, 20_000),
  }),
  burst: (random, atMs, hard) => ({ kind: 'burst', atMs, times: 2 + 8 * hard, forMs: random.between(500, 5000) }),
};

export const FAULT_KINDS = Object.keys(MAKERS) as FaultKind[];
/** Part of the seeds that have a kind: where it excuses much, or costs much time. */
const RARE: Partial<Record<FaultKind, number>> = {
  'power-cut': 0.1,
  clock: 0.1,
  flip: 0.06,
  'store-late': 0.1,
  'store-refuses': 0.1,
  'store-loses-part': 0.04,
};
const USUAL = 0.2;

export function scheduleOf(seed: number, { without = [], always = [], durability }: ScheduleOptions = {}): Schedule {
  const random = new Random(seed, 'schedule');
  const forMs = random.between(12_000, 35_000);
  const load: Load = {
    requestsPerSecond: random.pick([4, 8, 12, 20]),
    itemsPerRequest: random.whole(2, 12),
    forMs,
    givesUpShare: random.chance(0.3) ? 0.3 : 0,
  };
  const schedule = {
    seed,
    durability: random.pick<Durability>(['written', 'written', 'written', 'fsync', 'fsync', 'memory']),
    isSampled: random.chance(0.25),
    onStop: random.pick(['decide', 'keep'] as const),
    walBytes: random.pick([64 * KIB, 256 * KIB, 4 * MIB]),
    segmentBytes: random.pick([4 * KIB, 16 * KIB, 64 * KIB]),
    spoolBytes: random.pick([48 * KIB, 256 * KIB, 4 * MIB]),
    flushEveryMs: random.pick([1000, 3000, 10_000]),
    diskBytes: random.pick([8 * MIB, 64 * MIB]),
    reserveBytes: MIB,
    load,
  };
  const faults: Fault[] = [];
  for (const kind of FAULT_KINDS) {
    const of = new Random(seed, kind);
    if (without.includes(kind) || !(always.includes(kind) || of.chance(RARE[kind] ?? USUAL))) continue;
    const hard = of.next();
    const count = of.whole(1, of.chance(0.3) ? 6 : 2);
    for (let i = 0; i < count; i++) faults.push(MAKERS[kind](of, of.between(FIRST_FAULT_MS, forMs), hard));
  }
  return {
    ...schedule,
    durability: durability ?? schedule.durability,
    faults: faults.toSorted((a, b) => a.atMs - b.atMs),
  };
}

/** When a fault is over. */
export function endOf(fault: Fault): number {
  return fault.atMs + ('forMs' in fault ? fault.forMs : 0);
}
