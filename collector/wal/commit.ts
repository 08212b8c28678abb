// A commit says: what was accepted before it is in blocks of the spool, or was decided against, or is read again from the requests behind `position`.
import { decidedTracesIn, type DecidedTrace } from './decided-traces.ts';

export interface Commit {
  /** Logs and metrics of requests before this position of the log are in the spool. */
  readonly position: number;
  /** Spans below this number are counted in RED series that are in the spool. */
  readonly redTo: number;
  /** Blocks of the spool above this number belong to no commit yet. */
  readonly block: number;
  /** What the pipeline asks to be given back after a crash, as JSON; absent in logs of older versions. */
  readonly account?: unknown;
  readonly rules: readonly string[];
  readonly entries: Buffer;
}

const LENGTH_BYTES = 4;

export function encodeCommit(commit: Commit): Buffer {
  const { entries, ...rest } = commit;
  const text = Buffer.from(JSON.stringify(rest));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(text.length);
  return Buffer.concat([length, text, entries]);
}

/** @throws SyntaxError when the body is not one (the record's checksum has been looked at before) */
export function decodeCommit(body: Buffer): Commit {
  const end = LENGTH_BYTES + body.readUInt32LE(0);
  const rest = JSON.parse(body.toString('utf8', LENGTH_BYTES, end)) as Omit<Commit, 'entries'>;
  return { ...rest, entries: body.subarray(end) };
}

export function decidedIn(commit: Commit): Generator<DecidedTrace> {
  return decidedTracesIn(commit.entries, commit.rules);
}
