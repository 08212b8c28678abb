// Builds that are broken on purpose: what the simulation must find. Each takes one safeguard away through what the collector is handed, so that
// the product has no switches for it.

import type { FaultKind } from './schedule.ts';

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
