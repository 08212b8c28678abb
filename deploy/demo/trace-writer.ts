// Writes one trace after the other: draws ids and times, copies a story's bytes and fills in the patched places.

import { TWO_32 } from '#proto/model/halves.ts';
import { NS_PER_MS } from '#proto/model/unix-nano.ts';
import { DIGITS_RADIX, PATCH_DIGITS, PATCH_LINK, PATCH_SPAN_ID, PATCH_TIME, PATCH_TRACE_ID } from './byte-builder.ts';
import { JOINED_SPAN, type CompiledRecord, type CompiledStory } from './compile-story.ts';
import type { RandomSource } from './random-source.ts';
import type { RecordBuffer } from './record-buffer.ts';
import { SLOTS } from './story.ts';

/** Messages that consumers can still link to. */
export const MESSAGES_REMEMBERED = 4096;
/** Words of a remembered context: trace id 4, span id 2. */
const CONTEXT_WORDS = 6;
/** Spans of the longest story, points of the longest story: room with some to spare. */
const MOST_SPANS = 512;
const MOST_POINTS = 2048;

/** How much longer or shorter than planned: log-normal with sigma 0.35, cut at 0.4 and 2.5. */
const JITTERS = Float64Array.from({ length: 256 }, (_, i) => {
  const uniform = (i + 0.5) / 256;
  // Tukey's lambda approximation of the normal quantile is within 0.02 here.
  const normal = (uniform ** 0.1349 - (1 - uniform) ** 0.1349) / 0.1975;
  return Math.min(2.5, Math.max(0.4, Math.exp(0.35 * normal)));
});

/** Holds the state of the trace that is being written; spans and logs go to the buffers of their services. */
export class TraceWriter {
  /** Messages sent so far. */
  published = 0;
  /** How far the clock of each host is ahead, ns. */
  readonly skewNs = new Float64Array(2);
  readonly #random: RandomSource;
  readonly #spanBuffers: readonly RecordBuffer[];
  readonly #logBuffers: readonly RecordBuffer[];
  readonly #traceId = new Uint32Array(4);
  readonly #spanIds = new Uint32Array(MOST_SPANS * 2);
  readonly #timesNs = new Float64Array(MOST_POINTS);
  readonly #slots = new Uint32Array(SLOTS);
  readonly #messages = new Uint32Array(MESSAGES_REMEMBERED * CONTEXT_WORDS);
  #baseLow = 0;
  #baseHigh = 0;
  #firstLink = 0;

  constructor(random: RandomSource, spanBuffers: readonly RecordBuffer[], logBuffers: readonly RecordBuffer[]) {
    this.#random = random;
    this.#spanBuffers = spanBuffers;
    this.#logBuffers = logBuffers;
  }

  /** Times of the next traces count from here. @param baseNs Unix ns */
  setBase(baseNs: bigint): void {
    this.#baseLow = Number(baseNs & 0xffffffffn);
    this.#baseHigh = Number(baseNs >> 32n);
  }

  /**
   * Writes one trace that starts `startNs` after the base; links point at the messages from number `firstLink` on.
   * Spans of the service `lost` are left out. Returns the root's duration in ns.
   */
  // HOT
  write(story: CompiledStory, startNs: number, firstLink: number, lost: number): number {
    const random = this.#random;
    const traceId = this.#traceId;
    const ids = this.#spanIds;
    for (let i = 0; i < 4; i++) traceId[i] = random.next();
    const { spans, logs, publishers } = story;
    for (let i = 0; i < spans.length * 2; i++) ids[i] = random.next() || 1;
    for (let i = 0; i < SLOTS; i++) this.#slots[i] = random.next();
    this.#firstLink = firstLink;
    if (story.joinsMessage) this.#join(firstLink);
    const duration = this.#drawTimes(story, startNs);
    for (let i = 0; i < spans.length; i++) {
      const span = spans[i]!;
      if (span.service !== lost) this.#copy(span, this.#spanBuffers[span.service]!);
    }
    for (let i = 0; i < logs.length; i++) this.#copy(logs[i]!, this.#logBuffers[logs[i]!.service]!);
    for (let i = 0; i < publishers.length; i++) this.#remember(publishers[i]!);
    return duration;
  }

  // HOT
  #drawTimes(story: CompiledStory, startNs: number): number {
    const times = this.#timesNs;
    const { before, alsoBefore, gapMs } = story;
    times[0] = startNs;
    let bits = 0;
    for (let i = 1; i < before.length; i++) {
      if ((i & 3) === 1) bits = this.#random.next();
      let from = times[before[i]!]!;
      const other = alsoBefore[i]!;
      if (other >= 0 && times[other]! > from) from = times[other]!;
      times[i] = Math.floor(from + gapMs[i]! * NS_PER_MS * JITTERS[bits & 0xff]!);
      bits >>>= 8;
    }
    return times[story.rootEnd]! - startNs;
  }

  // HOT
  #copy(record: CompiledRecord, buffer: RecordBuffer): void {
    const from = buffer.append(record.bytes);
    const bytes = buffer.bytes;
    const { kinds, ats, args } = record;
    const skew = this.skewNs[record.host]!;
    for (let i = 0; i < kinds.length; i++) {
      const at = from + ats[i]!;
      const arg = args[i]!;
      switch (kinds[i]) {
        case PATCH_TRACE_ID:
          for (let word = 0; word < 4; word++) putWord(bytes, at + word * 4, this.#traceId[word]!);
          break;
        case PATCH_SPAN_ID:
          putWord(bytes, at, this.#spanIds[arg * 2]!);
          putWord(bytes, at + 4, this.#spanIds[arg * 2 + 1]!);
          break;
        case PATCH_TIME:
          this.#putTime(bytes, at, this.#timesNs[arg]! + skew);
          break;
        case PATCH_LINK:
          this.#putLink(bytes, at, this.#firstLink + arg);
          break;
        case PATCH_DIGITS: {
          const digits = arg % DIGITS_RADIX;
          let value = this.#slots[Math.floor(arg / DIGITS_RADIX)]!;
          for (let digit = digits - 1; digit >= 0; digit--) {
            bytes[at + digit] = 0x30 + (value % 10);
            value = Math.floor(value / 10);
          }
          break;
        }
        default:
      }
    }
  }

  // HOT
  #putTime(bytes: Uint8Array, at: number, relativeNs: number): void {
    const sum = this.#baseLow + relativeNs;
    putWord(bytes, at, sum % TWO_32);
    putWord(bytes, at + 4, this.#baseHigh + Math.floor(sum / TWO_32));
  }

  // HOT
  #putLink(bytes: Uint8Array, at: number, message: number): void {
    const slot = (message % MESSAGES_REMEMBERED) * CONTEXT_WORDS;
    for (let word = 0; word < 4; word++) putWord(bytes, at + word * 4, this.#messages[slot + word]!);
    putWord(bytes, at + 18, this.#messages[slot + 4]!);
    putWord(bytes, at + 22, this.#messages[slot + 5]!);
  }

  /** The trace goes on with that of a message, under the span that sent it. */
  #join(message: number): void {
    const slot = (message % MESSAGES_REMEMBERED) * CONTEXT_WORDS;
    this.#traceId.set(this.#messages.subarray(slot, slot + 4));
    this.#spanIds[JOINED_SPAN * 2] = this.#messages[slot + 4]!;
    this.#spanIds[JOINED_SPAN * 2 + 1] = this.#messages[slot + 5]!;
  }

  #remember(span: number): void {
    const slot = (this.published++ % MESSAGES_REMEMBERED) * CONTEXT_WORDS;
    this.#messages.set(this.#traceId, slot);
    this.#messages[slot + 4] = this.#spanIds[span * 2]!;
    this.#messages[slot + 5] = this.#spanIds[span * 2 + 1]!;
  }
}

// HOT: little-endian, as fixed64 has it; ids are random in any order.
function putWord(bytes: Uint8Array, at: number, word: number): void {
  bytes[at] = word;
  bytes[at + 1] = word >>> 8;
  bytes[at + 2] = word >>> 16;
  bytes[at + 3] = word >>> 24;
}
