// Lexes JSON (RFC 8259, strictly) from UTF-8 bytes in place, so that numbers keep all their digits and strings go over as bytes.
import type { WireWriter } from '../wire/writer.ts';
import { decodeUtf8 } from '../wire/utf8.ts';
import { JsonMappingError } from './json-error.ts';

/** Containers within containers. OTLP needs eight and attribute values a few more; a recursive reader must end somewhere. */
const MAX_JSON_DEPTH = 160;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

const SIMPLE_ESCAPES: ReadonlyMap<number, number> = new Map([
  [QUOTE, QUOTE],
  [BACKSLASH, BACKSLASH],
  [0x2f, 0x2f],
  [0x62, 8],
  [0x66, 12],
  [0x6e, 10],
  [0x72, 13],
  [0x74, 9],
]);

/** Texts of recent keys by a hash of their bytes; OTLP has some eighty. Bounded by its slots. */
const KEY_SLOTS = 1024;
const MAX_CACHED_KEY = 32;
const keyCache: (string | undefined)[] = Array.from({ length: KEY_SLOTS }, () => undefined);

/** A cursor over one JSON text. Every method throws {@link JsonMappingError} naming `path` where the text is not as expected. */
export class JsonScanner {
  readonly bytes: Uint8Array;
  /** Field names from the outermost object to here, for messages. */
  readonly path: string[] = [];
  pos = 0;

  constructor(bytes: Uint8Array) {
    // Views of a platform's own buffer class cost more than those of the plain array.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  fail(problem: string): never {
    throw new JsonMappingError(problem, this.path, this.pos);
  }

  /** The next byte that is not white space, without taking it; -1 at the end. */
  peek(): number {
    const bytes = this.bytes;
    let pos = this.pos;
    while (pos < bytes.length) {
      const c = bytes[pos]!;
      if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) break;
      pos++;
    }
    this.pos = pos;
    return pos < bytes.length ? bytes[pos]! : -1;
  }

  /** Enters `{`, calls back with each key (the value MUST be taken by `each`), leaves `}`. */
  object(depth: number, each: (key: string) => void): void {
    if (this.peek() !== OPEN_BRACE) this.fail(`expected an object, found ${this.describe()}`);
    if (depth > MAX_JSON_DEPTH) this.fail(`nested deeper than ${MAX_JSON_DEPTH}`);
    this.pos++;
    if (this.peek() === CLOSE_BRACE) {
      this.pos++;
      return;
    }
    for (;;) {
      if (this.peek() !== QUOTE) this.fail(`expected a key in quotes, found ${this.describe()}`);
      const key = this.#key();
      if (this.peek() !== COLON) this.fail(`expected ":", found ${this.describe()}`);
      this.pos++;
      each(key);
      const next = this.peek();
      if (next !== COMMA && next !== CLOSE_BRACE) this.fail(`expected "," or "}", found ${this.describe()}`);
      this.pos++;
      if (next === CLOSE_BRACE) return;
    }
  }

  /** Enters `[`, calls `each` before every element (which it MUST take), leaves `]`. */
  array(depth: number, each: () => void): void {
    if (this.peek() !== OPEN_BRACKET) this.fail(`expected an array, found ${this.describe()}`);
    if (depth > MAX_JSON_DEPTH) this.fail(`nested deeper than ${MAX_JSON_DEPTH}`);
    this.pos++;
    if (this.peek() === CLOSE_BRACKET) {
      this.pos++;
      return;
    }
    for (;;) {
      each();
      const next = this.peek();
      if (next !== COMMA && next !== CLOSE_BRACKET) this.fail(`expected "," or "]", found ${this.describe()}`);
      this.pos++;
      if (next === CLOSE_BRACKET) return;
    }
  }

  /** Takes `null` when it is next. */
  isNull(): boolean {
    if (this.peek() !== 0x6e) return false;
    this.#literal('null');
    return true;
  }

  bool(): boolean {
    const next = this.peek();
    if (next === 0x74) this.#literal('true');
    else if (next === 0x66) this.#literal('false');
    else this.fail(`expected true or false, found ${this.describe()}`);
    return next === 0x74;
  }

  /** The digits of a JSON number, or the content of a string, as text; numbers are checked against the grammar. */
  numberOrString(): string {
    if (this.peek() === QUOTE) return this.text();
    return this.#number();
  }

  /** A string as JavaScript text. */
  text(): string {
    const start = this.#enterString();
    const end = this.#plainEnd(start);
    if (this.bytes[end] === QUOTE) {
      this.pos = end + 1;
      return decodeUtf8(this.bytes, start, end);
    }
    let text = '';
    this.#pieces(
      (from, to) => (text += decodeUtf8(this.bytes, from, to)),
      (codePoint) => (text += String.fromCodePoint(codePoint)),
    );
    return text;
  }

  /** A string as UTF-8 into `writer`, without a length. Lone surrogates become U+FFFD: UTF-8 cannot say them. */
  utf8Into(writer: WireWriter): void {
    this.#enterString();
    this.#pieces(
      (from, to) => writer.raw(this.bytes, from, to),
      (codePoint) => writer.codePoint(codePoint),
    );
  }

  /** A string of nothing but pairs of hex digits as bytes into `writer`. @returns false, with nothing taken, for any other */
  hexInto(writer: WireWriter): boolean {
    if (this.peek() !== QUOTE) return false;
    const before = writer.length;
    const start = this.pos + 1;
    for (let i = start; ; i += 2) {
      if (this.bytes[i] === QUOTE) {
        this.pos = i + 1;
        return true;
      }
      const high = hexDigit(this.bytes[i] ?? -1);
      const low = hexDigit(this.bytes[i + 1] ?? -1);
      if (high < 0 || low < 0) {
        writer.truncate(before);
        return false;
      }
      writer.byte(high * 16 + low);
    }
  }

  /** Takes any value, for fields that OTLP does not know. */
  skip(depth: number): void {
    const next = this.peek();
    if (next === OPEN_BRACE) this.object(depth, () => this.skip(depth + 1));
    else if (next === OPEN_BRACKET) this.array(depth, () => this.skip(depth + 1));
    else if (next === QUOTE) {
      this.#enterString();
      this.#pieces(ignore, ignore);
    } else if (next === 0x74 || next === 0x66) this.bool();
    else if (!this.isNull()) this.#number();
  }

  /** After the outermost value nothing but white space may follow. */
  expectEnd(): void {
    if (this.peek() !== -1) this.fail(`expected the end of the body, found ${this.describe()}`);
  }

  describe(): string {
    const c = this.peek();
    if (c === -1) return 'the end of the body';
    if (c === OPEN_BRACE) return 'an object';
    if (c === OPEN_BRACKET) return 'an array';
    if (c === QUOTE) return 'a string';
    if (c === 0x2d || (c >= 0x30 && c <= 0x39)) return 'a number';
    if (c === 0x74 || c === 0x66) return 'a boolean';
    if (c === 0x6e) return 'null';
    return c > 0x20 && c < 0x7f ? `"${String.fromCharCode(c)}"` : `byte 0x${c.toString(16)}`;
  }

  /** A key as text. The few that OTLP has come again and again: their texts are made once. */
  #key(): string {
    const start = this.pos + 1;
    const end = this.#plainEnd(start);
    if (this.bytes[end] !== QUOTE || end - start > MAX_CACHED_KEY) return this.text();
    let hash = end - start;
    for (let i = start; i < end; i++) hash = (Math.imul(hash, 31) + this.bytes[i]!) | 0;
    const slot = hash & (KEY_SLOTS - 1);
    const cached = keyCache[slot];
    if (cached !== undefined && this.#isAt(start, end, cached)) {
      this.pos = end + 1;
      return cached;
    }
    const key = this.text();
    if (key.length === end - start) keyCache[slot] = key;
    return key;
  }

  #isAt(start: number, end: number, text: string): boolean {
    if (text.length !== end - start) return false;
    for (let i = 0; i < text.length; i++) if (this.bytes[start + i] !== text.charCodeAt(i)) return false;
    return true;
  }

  #literal(word: string): void {
    for (let i = 0; i < word.length; i++) {
      if (this.bytes[this.pos + i] !== word.charCodeAt(i)) this.fail(`expected ${word}`);
    }
    this.pos += word.length;
  }

  #enterString(): number {
    if (this.peek() !== QUOTE) this.fail(`expected a string, found ${this.describe()}`);
    return ++this.pos;
  }

  /** Where the run of ordinary string bytes from `start` ends: at a quote or a backslash. */
  #plainEnd(start: number): number {
    const bytes = this.bytes;
    for (let i = start; i < bytes.length; i++) {
      const c = bytes[i]!;
      if (c === QUOTE || c === BACKSLASH) return i;
      if (c < 0x20) {
        this.pos = i;
        this.fail('control character within a string');
      }
    }
    this.pos = bytes.length;
    return this.fail('string without end');
  }

  /** The rest of a string, behind its opening quote: runs of bytes, and code points of escapes. */
  #pieces(onBytes: (from: number, to: number) => void, onCodePoint: (codePoint: number) => void): void {
    for (;;) {
      const end = this.#plainEnd(this.pos);
      if (end > this.pos) onBytes(this.pos, end);
      this.pos = end + 1;
      if (this.bytes[end] === QUOTE) return;
      onCodePoint(this.#escape());
    }
  }

  #escape(): number {
    const c = this.bytes[this.pos] ?? -1;
    const simple = SIMPLE_ESCAPES.get(c);
    if (simple !== undefined) {
      this.pos++;
      return simple;
    }
    if (c !== 0x75) this.fail('unknown escape in a string');
    const unit = this.#hexUnit(this.pos + 1);
    this.pos += 5;
    const high = unit >= 0xd800 && unit < 0xdc00;
    if (high && this.bytes[this.pos] === BACKSLASH && this.bytes[this.pos + 1] === 0x75) {
      const low = this.#hexUnit(this.pos + 2);
      if (low >= 0xdc00 && low < 0xe000) {
        this.pos += 6;
        return 0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
      }
    }
    return unit >= 0xd800 && unit < 0xe000 ? 0xfffd : unit;
  }

  #hexUnit(at: number): number {
    let unit = 0;
    for (let i = at; i < at + 4; i++) {
      const digit = hexDigit(this.bytes[i] ?? -1);
      if (digit < 0) this.fail('\\u without four hex digits');
      unit = unit * 16 + digit;
    }
    return unit;
  }

  #number(): string {
    const bytes = this.bytes;
    this.peek();
    const start = this.pos;
    let end = start;
    while (end < bytes.length && isNumberByte(bytes[end]!)) end++;
    const text = decodeUtf8(bytes, start, end);
    if (!/^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text))
      this.fail(`expected a number, found ${this.describe()}`);
    this.pos = end;
    return text;
  }
}

function ignore(): void {
  // the piece of a skipped string
}

function isNumberByte(c: number): boolean {
  return (c >= 0x30 && c <= 0x39) || c === 0x2d || c === 0x2b || c === 0x2e || c === 0x65 || c === 0x45;
}

/** Value of an ASCII hex digit of either case, -1 for anything else. */
export function hexDigit(c: number): number {
  if (c >= 0x30 && c <= 0x39) return c - 0x30;
  const lower = c | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
