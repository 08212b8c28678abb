// Runs a schedule to its end: load and faults, then time to come to rest, then the comparison.
import type { Broken } from './broken.ts';
import { check, isQuiet, watch, whyNotQuiet } from './invariants.ts';
import type { Schedule } from './schedule.ts';
import { World } from './world.ts';

/** How often a running collector is looked at, virtual ms. */
const WATCH_MS = 500;
/** After the last fault everything is to be at rest within this time. */
const REST_MS = 180_000;
/** RED, edges and series are flushed once more after that. */
const FLUSH_MS = 3000;
/** Rows younger than two seconds are not audited. */
const SETTLED_MS = 3000;
/** Two that began at rest, and one that may have begun before. */
const CHECKS = 3;
/** They are over after so long. */
const AUDIT_MS = 120_000;

export interface Outcome {
  /** Empty: all is well. */
  readonly violations: readonly string[];
  /** The same for every run of the same schedule. */
  readonly hash: string;
  readonly virtualMs: number;
  readonly events: number;
  readonly items: number;
  readonly lives: number;
  readonly retries: number;
  readonly lines: readonly string[];
  readonly reached: Readonly<Record<string, number>>;
}

/** The audit looks twice: a difference counts when it is seen again. */
async function audit({ supervised, time }: World): Promise<void> {
  const untilMs = time.nowMs + AUDIT_MS;
  await time.run(time.nowMs + SETTLED_MS, () => false);
  const fromMs = supervised?.process.nowMs() ?? 0;
  const checks = new Set<number>();
  // A check that a slow store has not answered yet may be under way: it counts, if it ends, as the ones after it do.
  while (time.nowMs < untilMs && checks.size < CHECKS) {
    supervised?.process.run(() => void supervised.core?.store?.audit?.run());
    await time.run(time.nowMs + SETTLED_MS, () => false);
    const checkedMs = supervised?.core?.store?.audit?.status().checked_ms ?? 0;
    if (checkedMs > fromMs) checks.add(checkedMs);
  }
}

export async function simulate(
  schedule: Schedule,
  options: { readonly traces?: boolean; readonly broken?: Broken | undefined } = {},
): Promise<Outcome> {
  const violations = new Set<string>();
  let lookedAt = -1;
  const world = new World(schedule, { traces: options.traces ?? false, broken: options.broken });
  const { time, clients } = world;
  const onUnhandled = (reason: unknown): void => {
    violations.add(
      `unhandled rejection: ${reason instanceof Error ? (reason.stack ?? reason.message) : String(reason)}`,
    );
  };
  process.on('unhandledRejection', onUnhandled);
  try {
    const look = (): void => {
      watch(world, violations);
      time.after(WATCH_MS, look);
    };
    look();
    world.startCollector();
    clients.start();
    await time.run(world.faultsEndMs, () => false);
    let quietMs = Infinity;
    await time.run(world.faultsEndMs + REST_MS, () => {
      if (quietMs === Infinity && Math.floor(time.nowMs / WATCH_MS) !== lookedAt) {
        lookedAt = Math.floor(time.nowMs / WATCH_MS);
        if (isQuiet(world)) quietMs = time.nowMs;
      }
      return time.nowMs >= quietMs + schedule.flushEveryMs + FLUSH_MS;
    });
    if (quietMs < Infinity) await audit(world);
    if (quietMs === Infinity)
      violations.add(`no rest within ${REST_MS / 1000} s after the last fault: ${whyNotQuiet(world)}`);
    else check(world, violations);
  } catch (error) {
    violations.add(`exception: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  } finally {
    process.off('unhandledRejection', onUnhandled);
  }
  const { acknowledged } = clients;
  return {
    violations: [...violations],
    hash: world.hash,
    virtualMs: time.nowMs,
    events: time.events,
    items: acknowledged.traces.size + acknowledged.logs.size + acknowledged.metrics.size,
    lives: world.collectors.length,
    retries: clients.retries,
    lines: world.lines,
    reached: Object.fromEntries(world.reached),
  };
}
