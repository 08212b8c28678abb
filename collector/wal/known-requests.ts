// Requests that came within the last minutes: one that is sent again is answered as it was, and its items are not received again.
import { membersOf } from '#proto/model/untyped.ts';
import type { Signal } from '#proto/otlp/signal.ts';
import type { IntakeAnswer, IntakeRequest } from '../receive/intake.ts';
import { DigestHolders, type HeldPiece } from './digest-holders.ts';
import { DIGEST_WORDS, type LogRecord } from './record.ts';
import { RequestDigests } from './request-digest.ts';
import { DIGEST_BYTES, RequestWindow } from './request-window.ts';

/** Partial successes remembered with their words; the copy of an older one is answered as a full success. */
const MOST_ANSWERS = 4096;
/**
 * Time between two requests of an earlier life counts as so much at most: clocks jump, and while nothing came nothing has to be
 * forgotten.
 */
const MOST_GAP_MS = 10_000;
/** The window's clock begins so far above 0 that requests of an earlier life come before it. */
const FIRST_MS = 1_000_000_000;

export type AcceptedAnswer = Extract<IntakeAnswer, { readonly kind: 'accepted' }>;
const PLAIN: AcceptedAnswer = { kind: 'accepted', rejected: 0, message: '' };

export interface KnownRequestsOptions {
  /** Of the data directory, see {@link RequestDigests}. */
  readonly installId: string;
  /** ms of a clock that never jumps. */
  readonly elapsedMs: () => number;
  readonly mostRequests?: number | undefined;
}

export class KnownRequests {
  /** Copies recognised so far. */
  readonly copies: Record<Signal, number> = { traces: 0, logs: 0, metrics: 0 };
  /** Of the request last looked for. */
  readonly digest = new Uint32Array(DIGEST_WORDS);
  readonly holders = new DigestHolders();
  readonly #digests: RequestDigests;
  readonly #window: RequestWindow;
  readonly #elapsedMs: () => number;
  /** Of partial successes, by number. */
  readonly #answers = new Map<number, AcceptedAnswer>();
  /** Answers of an earlier life whose request comes next, by digest. */
  readonly #early = new Map<string, AcceptedAnswer>();
  /** What the window's clock showed when `elapsedMs` showed the second. */
  #base = { ms: FIRST_MS, elapsedMs: 0 };
  #restoredMs = FIRST_MS;
  #lastAtMs: number | undefined;

  constructor({ installId, elapsedMs, mostRequests }: KnownRequestsOptions) {
    this.#digests = new RequestDigests(installId);
    this.#elapsedMs = elapsedMs;
    this.#base.elapsedMs = elapsedMs();
    this.#window = new RequestWindow(FIRST_MS, mostRequests);
  }

  /** HOT: per request. Its number when it came before; -1 for a new one, whose digest is then in {@link digest}. */
  find({ signal, body }: Pick<IntakeRequest, 'signal' | 'body'>): number {
    this.#digests.digestOf(signal, body, this.digest);
    return this.#window.find(this.digest, this.#nowMs());
  }

  /** HOT: per request. The one that {@link find} did not know was accepted. Returns its number. */
  add(answer: AcceptedAnswer): number {
    const request = this.#window.add(this.digest, this.#nowMs());
    if (answer.rejected > 0) this.#answer(request, answer);
    return request;
  }

  /** What was answered to a request that came before. */
  answerOf(request: number): AcceptedAnswer {
    return this.#answers.get(request) ?? PLAIN;
  }

  /** The request with that number is in the log. */
  held(request: number, position: number): void {
    this.holders.note(request, position, this.#window.first);
  }

  /** A record of an earlier life, in the order of its log. */
  restore(record: LogRecord): void {
    this.#restoredMs += Math.min(MOST_GAP_MS, Math.max(0, record.atMs - (this.#lastAtMs ?? record.atMs)));
    this.#lastAtMs = record.atMs;
    if (record.type === 'spans' || record.type === 'copies') return;
    if (record.type === 'digests') this.#restoreDigests(record);
    else if (record.digest === undefined) this.#restoreOld(record);
    else if (record.type === 'answer') this.#restoreAnswer(record.digest, record.body);
    else this.#restoreRequest(record, record.digest);
  }

  /** All records of an earlier life were restored; its time continues from here. */
  open(): void {
    this.#base = { ms: this.#restoredMs, elapsedMs: this.#elapsedMs() };
    this.#early.clear();
    this.#window.open(this.#nowMs());
  }

  /** Before the log up to `end` is removed: what it alone knows of requests in the window, in pieces. */
  heldBefore(end: number): HeldPiece[] {
    return this.holders.removeBefore(end, this.#window.first);
  }

  /** Body of a record for some of the requests. */
  digestsOf({ from, to }: HeldPiece): Buffer {
    return this.#window.digestsOf(from, to, this.#nowMs());
  }

  /** The partial successes among them, each with its digest. */
  answersOf(pieces: readonly HeldPiece[]): { readonly digest: Uint32Array; readonly answer: AcceptedAnswer }[] {
    const found: { digest: Uint32Array; answer: AcceptedAnswer }[] = [];
    for (const [request, answer] of this.#answers) {
      if (!pieces.some(({ from, to }) => request >= from && request < to)) continue;
      const bytes = this.digestsOf({ from: request, to: request + 1 });
      if (bytes.length === DIGEST_BYTES) found.push({ digest: wordsAt(bytes, 0), answer });
    }
    return found;
  }

  heldAgain(piece: HeldPiece, position: number): void {
    this.holders.noteAll(piece, position, this.#window.first);
  }

  /** How far back requests are known, ms. */
  get reachMs(): number {
    return this.#window.reachMs(this.#nowMs());
  }

  get size(): number {
    return this.#window.size;
  }

  #nowMs(): number {
    return this.#base.ms + this.#elapsedMs() - this.#base.elapsedMs;
  }

  #restoreRequest({ position }: LogRecord, digest: Uint32Array): void {
    if (this.#window.find(digest, -Infinity) >= 0) return;
    this.held(this.#restored(digest, Math.floor(this.#restoredMs / 1000)), position);
  }

  #restoreAnswer(digest: Uint32Array, body: Buffer): void {
    this.#early.set(digest.join(), answerIn(body));
    forgetOldest(this.#early);
  }

  /** Records of format 1 have no digest. */
  #restoreOld(record: LogRecord): void {
    this.#digests.digestOf(record.signal, record.body, this.digest);
    this.#restoreRequest(record, this.digest);
  }

  #restoreDigests({ body, position }: LogRecord): void {
    const now = Math.floor(this.#restoredMs / 1000);
    let from = -1;
    let to = -1;
    for (let at = 0; at + DIGEST_BYTES <= body.length; at += DIGEST_BYTES) {
      const digest = wordsAt(body, at);
      if (this.#window.find(digest, -Infinity) >= 0) continue;
      const request = this.#restored(digest, now - Math.min(now, body.readUInt32LE(at + DIGEST_WORDS * 4)));
      if (from < 0) from = request;
      to = request + 1;
    }
    if (from >= 0) this.heldAgain({ from, to }, position);
  }

  #restored(digest: Uint32Array, second: number): number {
    const request = this.#window.restore(digest, second, this.#restoredMs);
    if (this.#early.size > 0) {
      const key = digest.join();
      const answer = this.#early.get(key);
      if (answer !== undefined) this.#answer(request, answer);
      this.#early.delete(key);
    }
    return request;
  }

  #answer(request: number, answer: AcceptedAnswer): void {
    this.#answers.set(request, answer);
    forgetOldest(this.#answers);
  }
}

/** Bodies of records of the type `answer`. */
export function answerBody({ rejected, message }: AcceptedAnswer): Buffer {
  return Buffer.from(JSON.stringify({ rejected, message }));
}

function answerIn(body: Buffer): AcceptedAnswer {
  const { rejected, message } = membersOf(JSON.parse(body.toString()));
  return { kind: 'accepted', rejected: Number(rejected), message: String(message) };
}

function forgetOldest<K, V>(map: Map<K, V>): void {
  const oldest = map.keys().next();
  if (map.size > MOST_ANSWERS && oldest.done !== true) map.delete(oldest.value);
}

function wordsAt(bytes: Buffer, at: number): Uint32Array {
  return Uint32Array.from({ length: DIGEST_WORDS }, (_, i) => bytes.readUInt32LE(at + i * 4));
}
