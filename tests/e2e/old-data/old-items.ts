// What the data directory of an older version was made of.
import { ExactLoad } from '#tests/support/exact-load.ts';

export const ITEMS_FILE = 'items.json';
const RUN_ID = 0x01d_da7a;
const SEED = 7;

/** How many of each were acknowledged. */
export interface OldItems {
  spans: number;
  logs: number;
  points: number;
  wholeTraces: number;
}

/** Everything is kept, for so long that a test years later finds it. */
export const OLD_FLAGS: readonly string[] = [
  '--retention.traces=36500d',
  '--retention.logs=36500d',
  '--retention.metrics=36500d',
  '--retention.decisions=36500d',
  '--config',
  new URL('keep-all.yaml', import.meta.url).pathname,
];

export function newLoad(): ExactLoad {
  let state = SEED;
  return new ExactLoad(RUN_ID, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state / 2 ** 32;
  });
}
