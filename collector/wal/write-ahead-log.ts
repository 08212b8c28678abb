// Requests are written here before they are acknowledged. One write at a time: what comes meanwhile goes with the next (group commit).
// What could not be written stays in the queue and is written again, at the same position of a new segment: nothing behind it is written
// before it.
import { isSignalFull } from '#collector/model/bulkhead.ts';
import type { Signal } from '#proto/otlp/signal.ts';
import type { LogFile, LogFiles } from './log-files.ts';
import { encodeHeader, HEADER_BYTES, type RecordHead } from './record.ts';
import { noBytes, segmentName, type Segment } from './segment.ts';

/** A segment is closed above this size; what is no longer needed is removed segment by segment. */
const SEGMENT_BYTES = 32 * 1024 * 1024;
/** A log has at least so many segments before it is full: the open one cannot be removed. */
const LEAST_SEGMENTS = 8;
/** Bytes that wait for the disk; beyond, receivers hold their replies. A disk that writes 64 MiB/s is then a second behind. */
const MOST_QUEUED_BYTES = 64 * 1024 * 1024;
/** How often a disk that failed is tried again, ms. */
const RETRY_MS = 1000;

export interface WalOptions {
  readonly files: LogFiles;
  /** fsync before anything counts as written. */
  readonly sync: boolean;
  /** Above this the log is full: receivers hold their replies. */
  readonly capBytes: number;
  /** Segments of an earlier life. They stay until {@link WriteAheadLog.replayEnded} was called and their traces are decided. */
  readonly existing: readonly Segment[];
  /** Of the owner of the directory: later owners have higher ones. */
  readonly epoch?: number;
  /** Part of every record, see {@link saltOf}. */
  readonly salt?: number;
  readonly segmentBytes?: number;
  readonly mostQueuedBytes?: number;
  /** Calls `run` after so many ms. */
  readonly after?: (ms: number, run: () => void) => void;
  /** The disk fails (once, with the first error), or can be written again (undefined). */
  readonly onFailure?: (error: Error | undefined) => void;
  /** A write has been under way for long (true), or is done (false). */
  readonly onStall?: (isStalled: boolean) => void;
}

export interface NewRecord {
  readonly head: RecordHead;
  readonly body: Buffer;
}

interface Batch {
  readonly start: number;
  end: number;
  readonly parts: Buffer[];
  /** Unix ms of its last record. */
  lastMs: number;
  readonly bytes: Record<Signal, number>;
  readonly written: PromiseWithResolvers<void>;
}

export class WriteAheadLog {
  /** Why the last write failed; undefined while all is well. */
  failure: Error | undefined;
  /** Writes that succeeded. */
  writes = 0;
  readonly #options: WalOptions;
  readonly #segmentBytes: number;
  readonly #segments: Segment[];
  #file: LogFile | undefined;
  /** Name of a segment whose creation or first write failed: it is removed before the next is created. */
  #leftover: string | undefined;
  /** Being written, or to be written again. */
  #current: Batch | undefined;
  /** What comes meanwhile. */
  #next: Batch;
  #writing: Promise<void> | undefined;
  #isClosed = false;
  /** Bytes of requests, written and waiting. */
  readonly #used = noBytes();
  /** … waiting, and with what is no request. */
  readonly #queued = noBytes();
  #queuedBytes = 0;

  constructor(options: WalOptions) {
    this.#options = options;
    this.#segmentBytes = Math.min(options.segmentBytes ?? SEGMENT_BYTES, options.capBytes / LEAST_SEGMENTS);
    this.#segments = options.existing.map((segment) => ({ ...segment, lastMs: Infinity }));
    for (const { bytes } of this.#segments) add(this.#used, bytes, 1);
    this.#next = batchAt(this.#segments.reduce((end, segment) => Math.max(end, segment.end), 0));
  }

  /** Bytes appended over the life of the log: the position of the next record. */
  get position(): number {
    return this.#next.end;
  }

  /** Bytes on disk, and of what waits for it. */
  get bytes(): number {
    return this.position - (this.#segments[0]?.start ?? this.position);
  }

  /** Bytes of requests of a signal among them. */
  bytesOf(signal: Signal): number {
    return this.#used[signal];
  }

  /** Something is being written. */
  get isWriting(): boolean {
    return this.#writing !== undefined;
  }

  /** Whoever watches the clock has noticed that the write under way has stalled, or goes on. */
  noteStall(isStalled: boolean): void {
    this.#options.onStall?.(isStalled);
  }

  /** Whether requests of that signal have to wait. */
  isFull(signal: Signal): boolean {
    const { capBytes, mostQueuedBytes = MOST_QUEUED_BYTES } = this.#options;
    if (this.failure !== undefined || isSignalFull(signal, this.#used, capBytes, this.bytes)) return true;
    return isSignalFull(signal, this.#queued, mostQueuedBytes, this.#queuedBytes);
  }

  /**
   * Resolves when the record is written (with `sync`: safe from loss of power), however long that lasts and however often it fails;
   * rejects only when
   * the log is closed before. The body MUST NOT be changed until then.
   * @param before records about it: they are in the same segment, and removed with it
   */
  append(head: RecordHead, body: Buffer, before: readonly NewRecord[] = []): Promise<void> {
    const batch = this.#next;
    if (this.#isClosed) {
      batch.written.reject(this.failure ?? new Error('the write-ahead log is closed'));
      return batch.written.promise;
    }
    for (const record of before) this.#put(batch, record.head, record.body);
    this.#put(batch, head, body);
    if (this.failure === undefined) this.#writing ??= this.#write();
    return batch.written.promise;
  }

  #put(batch: Batch, head: RecordHead, body: Buffer): void {
    const bytes = HEADER_BYTES + body.length;
    batch.parts.push(encodeHeader(head, body, batch.end, this.#options.salt ?? 0), body);
    batch.end += bytes;
    batch.lastMs = head.atMs;
    this.#queuedBytes += bytes;
    if (head.type === 'request') {
      batch.bytes[head.signal] += bytes;
      this.#used[head.signal] += bytes;
      this.#queued[head.signal] += bytes;
    }
  }

  /** All that an earlier life left has been replayed: no trace of it is older. */
  replayEnded(nowMs: number): void {
    for (const segment of this.#segments) if (segment.lastMs === Infinity) segment.lastMs = nowMs;
  }

  /** The oldest segment, if it ends at or before `position`, has no record younger than `beforeMs`, and is not the open one. */
  oldestUnneeded(position: number, beforeMs: number): Segment | undefined {
    const [first] = this.#segments;
    return first === undefined || this.#segments.length < 2 || first.end > position || first.lastMs >= beforeMs
      ? undefined
      : first;
  }

  /**
   * Removes the oldest segment. Returns false when the disk did not: read after a crash without its commits it would be replayed, so it
   * stays in the list.
   */
  async removeOldest(): Promise<boolean> {
    const first = this.#segments[0]!;
    try {
      // Also where the power fails segments are removed in their order: a commit outlives the requests that it is about.
      await this.#options.files.remove(first.name, this.#options.sync);
    } catch {
      return false;
    }
    this.#segments.shift();
    add(this.#used, first.bytes, -1);
    return true;
  }

  /** All that was appended is written, and the file closed. What a failing disk does not write at one more try is rejected. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#writing;
    if (this.failure !== undefined) await this.#write();
    const reason = this.failure;
    if (reason !== undefined) for (const batch of [this.#current, this.#next]) batch?.written.reject(reason);
    await this.#file?.close().catch(() => undefined);
    this.#file = undefined;
  }

  async #write(): Promise<void> {
    while (this.#current !== undefined || this.#next.parts.length > 0) {
      if (this.#current === undefined) {
        this.#current = this.#next;
        this.#next = batchAt(this.#current.end);
      }
      const batch = this.#current;
      try {
        const segment = await this.#segmentFor(batch);
        await this.#file!.write(batch.parts);
        if (this.#options.sync) await this.#file!.sync();
        segment.end = batch.end;
        segment.lastMs = batch.lastMs;
        add(segment.bytes, batch.bytes, 1);
      } catch (error) {
        await this.#abandon();
        this.#failed(error instanceof Error ? error : new Error(String(error)));
        break;
      }
      this.#current = undefined;
      this.#queuedBytes -= batch.end - batch.start;
      add(this.#queued, batch.bytes, -1);
      this.writes++;
      if (this.failure !== undefined) {
        this.failure = undefined;
        this.#options.onFailure?.(undefined);
      }
      batch.written.resolve();
    }
    this.#writing = undefined;
  }

  #failed(error: Error): void {
    const { after = defaultAfter, onFailure } = this.#options;
    const isFirst = this.failure === undefined;
    this.failure = error;
    if (isFirst) onFailure?.(error);
    after(RETRY_MS, () => {
      if (!this.#isClosed) this.#writing ??= this.#write();
    });
  }

  /** Where the file ends after a failed write is unknown: it ends where it did before, and the same bytes begin a new one. */
  async #abandon(): Promise<void> {
    const file = this.#file;
    const last = this.#segments.at(-1);
    this.#file = undefined;
    if (file === undefined || last === undefined) return;
    // Where this fails, the next segment begins before what is left over, which is then not read.
    await file.cut(last.end - last.start).catch(() => undefined);
    await file.close().catch(() => undefined);
    if (last.end > last.start) return;
    this.#segments.pop();
    this.#leftover = last.name;
    await this.#removeLeftover().catch(() => undefined); // else before the next is created
  }

  async #removeLeftover(): Promise<void> {
    if (this.#leftover !== undefined) await this.#options.files.remove(this.#leftover);
    this.#leftover = undefined;
  }

  /** The open segment, or a new one when there is none or it is long enough. */
  async #segmentFor({ start, lastMs }: Batch): Promise<Segment> {
    const { files, sync, epoch = 0 } = this.#options;
    const last = this.#segments.at(-1);
    if (this.#file !== undefined && last !== undefined && last.end - last.start < this.#segmentBytes) return last;
    const full = this.#file;
    this.#file = undefined;
    await full?.close();
    await this.#removeLeftover();
    const segment: Segment = { name: segmentName(start, epoch), start, end: start, lastMs, bytes: noBytes() };
    this.#leftover = segment.name;
    this.#file = await files.create(segment.name, sync);
    this.#leftover = undefined;
    this.#segments.push(segment);
    return segment;
  }
}

function batchAt(position: number): Batch {
  const written = Promise.withResolvers<void>();
  written.promise.catch(() => undefined); // not every record has somebody who waits for it
  return { start: position, end: position, parts: [], lastMs: 0, bytes: noBytes(), written };
}

function add(sum: Record<Signal, number>, bytes: Readonly<Record<Signal, number>>, times: 1 | -1): void {
  sum.traces += bytes.traces * times;
  sum.logs += bytes.logs * times;
  sum.metrics += bytes.metrics * times;
}

function defaultAfter(ms: number, run: () => void): void {
  setTimeout(run, ms);
}
