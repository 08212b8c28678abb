// Requests go here before their sender is told that they were taken. One write at a time: what comes meanwhile goes with the next (group commit).
import type { LogFile, LogFiles } from './log-files.ts';
import { encodeHeader, HEADER_BYTES, type RecordHead } from './record.ts';

/** A segment is closed above this size; what is needed no longer goes segment by segment. */
const SEGMENT_BYTES = 32 * 1024 * 1024;
/** Bytes that wait for the disk; beyond, receivers hold their replies. A disk that writes 64 MiB/s is then a second behind. */
const MOST_QUEUED_BYTES = 64 * 1024 * 1024;
const NAME = /^(\d{16})\.wal$/;

export interface WalOptions {
  readonly files: LogFiles;
  /** fsync before anything counts as written. */
  readonly sync: boolean;
  /** Above this the log is full: receivers hold their replies. */
  readonly capBytes: number;
  /** Segments of an earlier life. They stay until {@link WriteAheadLog.takenAgain} was called and their traces are decided. */
  readonly existing: readonly Segment[];
  readonly segmentBytes?: number;
  readonly mostQueuedBytes?: number;
}

export interface Segment {
  readonly name: string;
  /** Bytes of the log before it, and with it. */
  readonly start: number;
  end: number;
  /** Unix ms of its last record. */
  lastMs: number;
}

export function segmentName(start: number): string {
  return `${String(start).padStart(16, '0')}.wal`;
}

/** Start of the segment with that name; undefined = not one of ours. */
export function segmentStart(name: string): number | undefined {
  const match = NAME.exec(name);
  return match === null ? undefined : Number(match[1]);
}

export class WriteAheadLog {
  /** Why the last write failed; undefined while all is well. */
  failure: Error | undefined;
  readonly #options: WalOptions;
  readonly #segmentBytes: number;
  readonly #segments: Segment[];
  #file: LogFile | undefined;
  #queue: Buffer[] = [];
  #queuedMs = 0;
  /** Not yet written, those under way included. */
  #queuedBytes = 0;
  #batch = Promise.withResolvers<void>();
  #position: number;
  #writing: Promise<void> | undefined;

  constructor(options: WalOptions) {
    this.#options = options;
    this.#segmentBytes = options.segmentBytes ?? SEGMENT_BYTES;
    this.#segments = options.existing.map((segment) => ({ ...segment, lastMs: Infinity }));
    this.#position = this.#segments.at(-1)?.end ?? 0;
  }

  /** Bytes appended over the life of the log: the position of the next record. */
  get position(): number {
    return this.#position;
  }

  /** Bytes on disk. */
  get bytes(): number {
    return this.#position - (this.#segments[0]?.start ?? this.#position);
  }

  /** Something is being written. */
  get isWriting(): boolean {
    return this.#writing !== undefined;
  }

  get full(): boolean {
    return this.failure !== undefined || this.bytes >= this.#options.capBytes || this.#queuedBytes >= (this.#options.mostQueuedBytes ?? MOST_QUEUED_BYTES);
  }

  /** Resolves when the record is written (with `sync`: safe from loss of power), rejects when it cannot be. The body MUST stay as it is until then. */
  append(head: RecordHead, body: Buffer): Promise<void> {
    this.#queue.push(encodeHeader(head, body), body);
    this.#queuedMs = head.atMs;
    this.#position += HEADER_BYTES + body.length;
    this.#queuedBytes += HEADER_BYTES + body.length;
    const { promise } = this.#batch;
    this.#writing ??= this.#write();
    return promise;
  }

  /** All that an earlier life left has been taken again by now: no trace of it is older. */
  takenAgain(nowMs: number): void {
    for (const segment of this.#segments) if (segment.lastMs === Infinity) segment.lastMs = nowMs;
  }

  /** Segments that end at or before `position` and have no record younger than `beforeMs` go. */
  async trim(position: number, beforeMs: number): Promise<void> {
    while (this.#segments.length > 1) {
      const first = this.#segments[0]!;
      if (first.end > position || first.lastMs >= beforeMs) return;
      try {
        await this.#options.files.remove(first.name);
      } catch {
        return; // read after a crash without its commits it would be taken again: it stays in the list until it is gone
      }
      this.#segments.shift();
    }
  }

  /** All that was appended is written, and the file closed. */
  async close(): Promise<void> {
    await this.#writing;
    await this.#file?.close();
    this.#file = undefined;
  }

  async #write(): Promise<void> {
    while (this.#queue.length > 0) {
      const parts = this.#queue;
      const batch = this.#batch;
      const end = this.#position;
      this.#queue = [];
      this.#batch = Promise.withResolvers<void>();
      const size = parts.reduce((sum, part) => sum + part.length, 0);
      try {
        const segment = await this.#segmentFor(end - size);
        await this.#file!.write(parts);
        if (this.#options.sync) await this.#file!.sync();
        segment.end = end;
        segment.lastMs = this.#queuedMs;
        this.#queuedBytes -= size;
        this.failure = undefined;
        batch.resolve();
      } catch (error) {
        this.failure = error instanceof Error ? error : new Error(String(error));
        this.#queuedBytes -= size;
        await this.#abandon();
        batch.promise.catch(() => undefined);
        batch.reject(this.failure);
      }
    }
    this.#writing = undefined;
  }

  /** Where the file ends after a failed write is unknown: it ends where it did before, and what comes next begins a new one. */
  async #abandon(): Promise<void> {
    const file = this.#file;
    const last = this.#segments.at(-1);
    this.#file = undefined;
    if (file === undefined || last === undefined) return;
    await file.cut(last.end - last.start).catch(() => undefined); // else what was refused may be taken after a crash
    await file.close().catch(() => undefined);
    if (last.end > last.start) return;
    this.#segments.pop();
    await this.#options.files.remove(last.name).catch(() => undefined); // empty: removed at the next start
  }

  /** The open segment, or a new one when there is none or it is long enough. */
  async #segmentFor(position: number): Promise<Segment> {
    const last = this.#segments.at(-1);
    if (this.#file !== undefined && last !== undefined && last.end - last.start < this.#segmentBytes) return last;
    await this.#file?.close();
    this.#file = undefined;
    const segment: Segment = { name: segmentName(position), start: position, end: position, lastMs: this.#queuedMs };
    this.#file = await this.#options.files.create(segment.name, this.#options.sync);
    this.#segments.push(segment);
    return segment;
  }
}
