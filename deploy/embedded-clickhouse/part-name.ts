// Names of MergeTree part directories: the partition, the range of insert numbers inside, how often they were merged.

export interface PartName {
  readonly text: string;
  readonly partition: string;
  readonly first: number;
  readonly last: number;
  /** How often it was merged; tables that merge rows count the insert, too. */
  readonly level: number;
}

const PART = /^([^_]+)_(\d+)_(\d+)_(\d+)(?:_\d+)?$/;
/** The engine and Winnow put a word before the name of what they set aside, and a number behind it when there is one of that name. */
const DETACHED = /^[a-z][a-z-]*_([^_]+_\d+_\d+_\d+(?:_\d+)?)(?:_try\d+)?$/;

export function partName(text: string): PartName | undefined {
  const match = PART.exec(text);
  if (match === null) return undefined;
  return { text, partition: match[1]!, first: Number(match[2]), last: Number(match[3]), level: Number(match[4]) };
}

/** The part of a directory in `detached/` that was broken when the engine started, as `broken-on-start_20261130_3_3_0`. */
export function brokenPartName(directory: string): PartName | undefined {
  if (!directory.startsWith('broken')) return undefined;
  return partName(DETACHED.exec(directory)?.[1] ?? '');
}

/** Whether it holds one insert only. */
export function isOneInsert(part: PartName): boolean {
  return part.first === part.last;
}

/** Whether all inserts of `inner` are in `outer`. */
export function covers(outer: PartName, inner: PartName): boolean {
  return (
    outer.partition === inner.partition &&
    outer.first <= inner.first &&
    outer.last >= inner.last &&
    outer.level >= inner.level
  );
}

/** Whether they share an insert. */
export function overlaps(a: PartName, b: PartName): boolean {
  return a.partition === b.partition && a.first <= b.last && b.first <= a.last;
}
