// Compares the engine's deduplication logs with the parts on disk after a crash or a failed write. A token without its
// part would make a retry of the same rows vanish; a part without its token would store them twice.
import { covers, isOneInsert, partName, type PartName } from './part-name.ts';

export interface LogFile {
  readonly name: string;
  readonly text: string;
}

export interface TableFiles {
  /** The latest log files, oldest first. */
  readonly logs: readonly LogFile[];
  readonly parts: readonly PartName[];
  /** Whether a part may be younger than the last moment when all was well. */
  readonly isRecent: (part: PartName) => boolean;
  /** How many of the latest tokens are looked at. */
  readonly lookedAt?: number;
}

export interface Comparison {
  /** Log files to be written anew. */
  readonly changed: readonly LogFile[];
  /** Parts that are not there though their token is: it goes, because a retry of those rows must be stored. */
  readonly absent: readonly PartName[];
  /** Lines that were cut short. */
  readonly damagedLines: number;
  /** Inserted parts without a token: their insert was never acknowledged, and its retry would be stored beside them. */
  readonly unacknowledged: readonly PartName[];
}

const ADDED = '1';
const DROPPED = '2';
/** Operation, part, id of the block. */
const LINE = /^([12])\t([^\t_]+_\d+_\d+_\d+(?:_\d+)?)\t([^\t]+)$/;
/** The same at the end of a line that begins with half of another. */
const LINE_TAIL = /[12]\t[^\t_]+_\d+_\d+_\d+(?:_\d+)?\t[^\t]+$/;
/** Inserts before so many others are not repeated any more. */
const MAX_LOOKED_AT = 1000;

interface Added {
  readonly part: PartName;
  readonly block: string;
}

export function compareWithLog(files: TableFiles): Comparison {
  const texts = files.logs.map(({ text }) => text);
  let damagedLines = 0;
  const added = new Map<string, Added>();
  for (const [i, text] of texts.entries()) {
    const whole = wholeLines(text);
    damagedLines += whole.damaged;
    if (whole.damaged > 0) texts[i] = whole.lines.map((line) => `${line}\n`).join('');
    for (const line of whole.lines) note(line, added);
  }
  const latest = [...added.values()].slice(-(files.lookedAt ?? MAX_LOOKED_AT));
  const absent = latest.filter(({ part }) => !files.parts.some((there) => covers(there, part)));
  if (absent.length > 0)
    texts[texts.length - 1] += absent.map(({ part, block }) => `${DROPPED}\t${part.text}\t${block}\n`).join('');
  const known = new Set([...added.values()].map(({ part }) => rangeOf(part)));
  return {
    changed: files.logs.flatMap(({ name, text }, i) => (texts[i] === text ? [] : [{ name, text: texts[i]! }])),
    absent: absent.map(({ part }) => part),
    damagedLines,
    unacknowledged: files.parts.filter(
      (part) => isOneInsert(part) && !known.has(rangeOf(part)) && files.isRecent(part),
    ),
  };
}

function note(line: string, added: Map<string, Added>): void {
  const [, operation, name, block] = LINE.exec(line)!;
  added.delete(block!);
  const part = partName(name!);
  if (operation === ADDED && part !== undefined) added.set(block!, { part, block: block! });
}

function wholeLines(text: string): { lines: string[]; damaged: number } {
  const all = text.split('\n');
  const unfinished = all.pop() ?? '';
  const lines: string[] = [];
  let damaged = unfinished === '' ? 0 : 1;
  for (const line of all) {
    if (LINE.test(line)) {
      lines.push(line);
      continue;
    }
    damaged++;
    const tail = LINE_TAIL.exec(line)?.[0];
    if (tail !== undefined) lines.push(tail);
  }
  return { lines, damaged };
}

/** A mutation gives a part another name, but not other inserts. */
function rangeOf(part: PartName): string {
  return `${part.partition} ${part.first} ${part.last}`;
}
