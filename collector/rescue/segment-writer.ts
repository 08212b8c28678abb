// Writes traces into a raw segment: chunk after chunk, spans as the bytes they came in, each resource and scope once per segment, so
// that a segment stands alone: compressed, on disk, or after the tables have forgotten what it refers to.
import type { ResourceTable, ScopeTable } from '../model/resource-table.ts';

/** A chunk begins with so many words: trace id 4, spans, words of the whole chunk, collector clock in s. */
export const CHUNK_HEAD_WORDS = 7;
export const CHUNK_SPANS = 4;
export const CHUNK_WORDS = 5;
export const CHUNK_SECONDS = 6;
/** A span: bytes of its message, word of its resource and of its scope, service, name, status; then the message, padded. */
export const SPAN_HEAD_WORDS = 6;
export const SPAN_BYTES = 0;
export const SPAN_RESOURCE = 1;
export const SPAN_SCOPE = 2;
export const SPAN_SERVICE = 3;
const SPAN_NAME = 4;
export const SPAN_STATUS = 5;
/** Head of a resource or scope: the word -1 - (length of its message), the length of its schema_url; the bytes of both follow, padded to whole words. */
export const MESSAGE_HEAD_WORDS = 2;

/** The memory of a segment, as bytes and as words. */
export class SegmentMemory {
  readonly bytes: Buffer;
  readonly words: Int32Array;

  constructor(byteLength: number) {
    const memory = new ArrayBuffer(byteLength);
    this.bytes = Buffer.from(memory);
    this.words = new Int32Array(memory);
  }
}

/** Where the messages of one table stand in the segment being written. Slots are reused, so the id is compared, too. */
class WrittenMessages {
  #segment = new Uint32Array(256);
  #word = new Uint32Array(256);
  #idHi = new Uint32Array(256);
  #idLo = new Uint32Array(256);

  /** Word of the message in this segment, -1 when it is not there yet. */
  find(table: ResourceTable | ScopeTable, slot: number, segment: number): number {
    if (slot >= this.#word.length || this.#segment[slot] !== segment) return -1;
    return this.#idHi[slot] === table.idHi[slot] && this.#idLo[slot] === table.idLo[slot] ? this.#word[slot]! : -1;
  }

  note(table: ResourceTable | ScopeTable, slot: number, segment: number, word: number): void {
    if (slot >= this.#word.length) {
      this.#segment = longer(this.#segment, slot);
      this.#word = longer(this.#word, slot);
      this.#idHi = longer(this.#idHi, slot);
      this.#idLo = longer(this.#idLo, slot);
    }
    this.#segment[slot] = segment;
    this.#word[slot] = word;
    this.#idHi[slot] = table.idHi[slot]!;
    this.#idLo[slot] = table.idLo[slot]!;
  }
}

type Column = Readonly<Uint32Array> | Readonly<Int32Array>;

/** What the span table and the index of a request have of a span, and a segment keeps. */
interface WrittenSpans {
  readonly offset: Column;
  readonly length: Column;
  readonly resource: Column;
  readonly scope: Column;
  readonly name: Column;
  readonly status: Readonly<Uint8Array>;
}

export class SegmentWriter {
  /** Words written. */
  used = 0;
  /** Spans of the open chunk. */
  spans = 0;
  #memory = new SegmentMemory(0);
  #segment = 0;
  #chunk = 0;
  readonly #resources: ResourceTable;
  readonly #scopes: ScopeTable;
  readonly #writtenResources = new WrittenMessages();
  readonly #writtenScopes = new WrittenMessages();

  constructor(resources: ResourceTable, scopes: ScopeTable) {
    this.#resources = resources;
    this.#scopes = scopes;
  }

  /** @param segment a number that no other segment had, above 0 */
  open(memory: SegmentMemory, segment: number): void {
    this.#memory = memory;
    this.#segment = segment;
    this.used = 0;
  }

  /** Whether a chunk may begin. */
  get hasRoom(): boolean {
    return this.used + CHUNK_HEAD_WORDS <= this.#memory.words.length;
  }

  /** Begins a chunk, for which there MUST be room. @returns the word where it stands */
  begin(id0: number, id1: number, id2: number, id3: number, nowMs: number): number {
    const { words } = this.#memory;
    const at = this.used;
    words[at] = id0;
    words[at + 1] = id1;
    words[at + 2] = id2;
    words[at + 3] = id3;
    words[at + CHUNK_SECONDS] = nowMs / 1000;
    this.#chunk = at;
    this.spans = 0;
    this.used = at + CHUNK_HEAD_WORDS;
    return at;
  }

  /** Goes on with the chunk at that word, which MUST be the last one. */
  resume(word: number): void {
    this.#chunk = word;
    this.spans = this.#memory.words[word + CHUNK_SPANS]!;
  }

  /**
   * HOT: per span that is left out. Adds it to the open chunk; false when it does not fit: end the chunk.
   * @param bytes that hold it @param spans columns of its fields @param row of the span in them
   */
  span(bytes: Buffer, spans: WrittenSpans, row: number, service: number): boolean {
    const from = spans.offset[row]!;
    const length = spans.length[row]!;
    const resource = spans.resource[row]!;
    const scope = spans.scope[row]!;
    const name = spans.name[row]!;
    const status = spans.status[row]!;
    const resourceAt = this.#message(this.#resources, this.#writtenResources, resource);
    if (resourceAt < 0) return false;
    const scopeAt = this.#message(this.#scopes, this.#writtenScopes, scope);
    if (scopeAt < 0) return false;
    const { words } = this.#memory;
    const at = this.used;
    const end = at + SPAN_HEAD_WORDS + ((length + 3) >>> 2);
    if (end > words.length) return false;
    words[at] = length;
    words[at + SPAN_RESOURCE] = resourceAt;
    words[at + SPAN_SCOPE] = scopeAt;
    words[at + SPAN_SERVICE] = service;
    words[at + SPAN_NAME] = name;
    words[at + SPAN_STATUS] = status;
    bytes.copy(this.#memory.bytes, (at + SPAN_HEAD_WORDS) * 4, from, from + length);
    this.used = end;
    this.spans++;
    return true;
  }

  /** Ends the chunk; one without spans is taken back, and the segment MUST be closed: messages written for it are gone with it. */
  end(): void {
    if (this.spans === 0) {
      this.used = this.#chunk;
      return;
    }
    this.#memory.words[this.#chunk + CHUNK_SPANS] = this.spans;
    this.#memory.words[this.#chunk + CHUNK_WORDS] = this.used - this.#chunk;
  }

  #message(table: ResourceTable | ScopeTable, written: WrittenMessages, slot: number): number {
    const known = written.find(table, slot, this.#segment);
    if (known >= 0) return known;
    const message = table.messageOf(slot);
    const schema = table.schemaUrlOf(slot);
    const { words, bytes } = this.#memory;
    const at = this.used;
    const end = at + MESSAGE_HEAD_WORDS + ((message.length + schema.length + 3) >>> 2);
    if (end > words.length) return -1;
    words[at] = -1 - message.length;
    words[at + 1] = schema.length;
    bytes.set(message, (at + MESSAGE_HEAD_WORDS) * 4);
    bytes.set(schema, (at + MESSAGE_HEAD_WORDS) * 4 + message.length);
    written.note(table, slot, this.#segment, at);
    this.used = end;
    return at;
  }
}

function longer(column: Uint32Array<ArrayBuffer>, slot: number): Uint32Array<ArrayBuffer> {
  const copy = new Uint32Array(Math.max(column.length * 2, slot + 1));
  copy.set(column);
  return copy;
}
