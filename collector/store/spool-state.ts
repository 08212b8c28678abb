// spool.json: the install id, the numbers of blocks that may be in use, and the owners that the directory had. Broken, it is made anew from
// the blocks.
import { isCount, membersOf } from '#proto/model/untyped.ts';

export const STATE_FILE = 'spool.json';
/** Numbers are reserved in runs, so that one write of the state serves many blocks and none is ever used twice. */
export const RESERVED_RUN = 100_000;
/** Owners remembered: a process that was asked to end writes for seconds at most, and a few restarts fit into them. */
const MAX_OWNERS = 16;

/**
 * From when on an owner wrote: blocks of owners before it with a number above `floor` belonged to no commit when it began, and are not
 * valid if they appear later.
 */
export interface SpoolOwner {
  readonly epoch: number;
  readonly floor: number;
}

export interface SpoolState {
  readonly installId: string;
  /** Numbers below it may have been used. */
  readonly reservedEnd: number;
  readonly owners: readonly SpoolOwner[];
}

export function encodeState(state: SpoolState): Buffer {
  return Buffer.from(JSON.stringify(state));
}

/** undefined: empty, cut short, or nonsense. */
export function decodeState(bytes: Buffer): SpoolState | undefined {
  let state: unknown;
  try {
    state = JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
  const { installId, reservedEnd, owners } = membersOf(state);
  if (typeof installId !== 'string' || installId === '' || !isCount(reservedEnd) || reservedEnd < 1) return undefined;
  return { installId, reservedEnd, owners: Array.isArray(owners) ? owners.filter(isOwner) : [] };
}

/** With the owner that begins now. Epochs that do not grow (their file was removed by hand) begin a new list. */
export function withOwner(owners: readonly SpoolOwner[], owner: SpoolOwner): readonly SpoolOwner[] {
  if (owner.epoch === 0) return owners;
  const before = owners.every(({ epoch }) => epoch < owner.epoch) ? owners : [];
  return [...before, owner].slice(-MAX_OWNERS);
}

/** Whether a block was written by an owner that had ended for a later one, and is in no commit. */
export function isLateWrite(
  owners: readonly SpoolOwner[],
  block: { readonly seq: number; readonly epoch: number },
): boolean {
  return owners.some(({ epoch, floor }) => block.epoch < epoch && block.seq > floor);
}

function isOwner(value: unknown): value is SpoolOwner {
  const { epoch, floor } = membersOf(value);
  return isCount(epoch) && isCount(floor);
}
