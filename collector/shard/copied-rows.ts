// Which spans of the request that a shard has just accepted had been received before, or were of traces turned away before, for a log.
import type { TraceShard } from '#collector/assemble/shard.ts';
import { COPY_OF_DECIDED, COPY_OF_UNDECIDED, encodeCopies, IS_NEW, TURNED_AWAY } from '#collector/wal/copied-spans.ts';

/** @param rows of the request @returns undefined: none */
export function copiedRows(shard: TraceShard, rows: number): Buffer | undefined {
  if (shard.copies + shard.turnedAway === 0) return undefined;
  return encodeCopies(rows, (row) => {
    if (shard.isTurnedAway(row)) return TURNED_AWAY;
    if (!shard.isCopy(row)) return IS_NEW;
    return shard.isCopyOfDecided(row) ? COPY_OF_DECIDED : COPY_OF_UNDECIDED;
  });
}
