// The text of a query as bytes: lexing, positions and messages count UTF-8 bytes, as Prometheus does.

/** Code of the end of the text: no character has it. */
export const END = -1;

export class Source {
  /** The query as it was given. */
  readonly query: string;
  /** One character for each byte. Equal to the query where that is ASCII. */
  readonly bytes: string;

  constructor(query: string) {
    this.query = query;
    // oxlint-disable-next-line no-control-regex
    this.bytes = /^[\x00-\x7f]*$/.test(query) ? query : Buffer.from(query).toString('latin1');
  }

  get length(): number {
    return this.bytes.length;
  }

  /** The byte at a position, or END behind the last one. */
  codeAt(at: number): number {
    return at < this.bytes.length ? this.bytes.charCodeAt(at) : END;
  }

  /** The text between two byte positions. */
  slice(start: number, end: number): string {
    const part = this.bytes.slice(start, end);
    return this.bytes === this.query ? part : Buffer.from(part, 'latin1').toString('utf8');
  }

  /** The character that starts at a byte; U+FFFD at the end of the text. */
  characterAt(at: number): string {
    if (at >= this.bytes.length) return '\ufffd';
    return String.fromCodePoint(this.slice(at, at + this.widthAt(at)).codePointAt(0) ?? 0xfffd);
  }

  /** Bytes of the character that starts here; 0 at the end. */
  widthAt(at: number): number {
    const code = this.codeAt(at);
    if (code < 0) return 0;
    return code < 0xc0 ? 1 : code < 0xe0 ? 2 : code < 0xf0 ? 3 : 4;
  }
}

export function isSpace(code: number): boolean {
  return code === 32 || code === 9 || code === 10 || code === 13;
}

export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** A letter of ASCII or an underscore. */
export function isAlpha(code: number): boolean {
  return code === 95 || (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
}

export function isAlphaNumeric(code: number): boolean {
  return isAlpha(code) || isDigit(code);
}
