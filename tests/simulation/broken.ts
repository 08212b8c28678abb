// Builds that are broken on purpose: what the simulation must find. Each takes one safeguard away through what the collector is handed, so that
// the product has no switches for it.

import type { FaultKind, Schedule } from './schedule.ts';

export const BROKEN = ['lock', 'digests', 'reserve', 'resync', 'early-ack'] as const;
export type Broken = (typeof BROKEN)[number];

/** What every seed of the search has among its faults, so that the safeguard is needed. */
export const NEEDS: Readonly<Record<Broken, readonly FaultKind[]>> = {
  lock: ['orphan', 'second'],
  digests: ['copies'],
  reserve: ['disk-nearly-full', 'store-down', 'burst'],
  resync: ['flip'],
  'early-ack': ['kill'],
};

const ROOM_BYTES = 16 * 1024 * 1024;
const LEAST_MS = 20_000;

/** A schedule in which the safeguard is needed: only a load that log and spool have room for can use up a disk. */
export function suited(broken: Broken | undefined, schedule: Schedule): Schedule {
  if (broken !== 'reserve') return schedule;
  const faults = schedule.faults.map((fault) =>
    fault.kind === 'disk-nearly-full' || fault.kind === 'store-down'
      ? { ...fault, forMs: Math.max(LEAST_MS, fault.forMs) }
      : fault,
  );
  return {
    ...schedule,
    walBytes: ROOM_BYTES,
    spoolBytes: ROOM_BYTES,
    load: { ...schedule.load, requestsPerSecond: 20, itemsPerRequest: 30 },
    faults,
  };
}
