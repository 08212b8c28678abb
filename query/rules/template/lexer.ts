// Template text → tokens: plain text, and what stands between `{{` and `}}`.
export type TokenKind =
  | 'text'
  | 'left'
  | 'right'
  | 'space'
  | 'error'
  | 'end'
  | 'identifier'
  | 'keyword'
  | 'field'
  | 'variable'
  | 'dot'
  | 'bool'
  | 'nil'
  | 'number'
  | 'character'
  | 'string'
  | 'declare'
  | 'assign'
  | 'pipe'
  | '('
  | ')'
  | 'other';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly at: number;
  readonly line: number;
}

const KEYWORDS: ReadonlySet<string> = new Set([
  'block',
  'break',
  'continue',
  'define',
  'else',
  'end',
  'if',
  'range',
  'template',
  'with',
]);

const LETTER_OR_DIGIT = /[\p{L}\p{Nd}_]/u;
const WORD = /[\p{L}\p{Nd}_]*/uy;
const NUMBER =
  /[+-]?(?:0[xX][\da-fA-F_]*(?:\.[\da-fA-F_]*)?(?:[pP][+-]?[\d_]*)?|0[oO][0-7_]*|0[bB][01_]*|[\d_]*(?:\.[\d_]*)?(?:[eE][+-]?[\d_]*)?)i?/y;
const BLANK = /[ \t\r\n]*/y;

function isBlank(character: string): boolean {
  return character === ' ' || character === '\t' || character === '\r' || character === '\n';
}

function trimmedEnd(text: string): string {
  return text.replace(/[ \t\r\n]+$/, '');
}

export class Lexer {
  readonly #text: string;
  #at = 0;
  #line = 1;
  #counted = 0;
  #inAction = false;
  #parens = 0;
  #failed = false;

  constructor(text: string) {
    this.#text = text;
  }

  next(): Token {
    if (this.#failed) return this.#token('end', this.#text.length, this.#text.length);
    return this.#inAction ? this.#action() : this.#plain();
  }

  #lineAt(at: number): number {
    for (; this.#counted < at; this.#counted++) if (this.#text[this.#counted] === '\n') this.#line++;
    return this.#line;
  }

  #token(kind: TokenKind, start: number, end: number): Token {
    this.#at = end;
    return { kind, text: this.#text.slice(start, end), at: start, line: this.#lineAt(start) };
  }

  #error(start: number, text: string): Token {
    this.#failed = true;
    return { kind: 'error', text, at: start, line: this.#lineAt(start) };
  }

  #plain(): Token {
    const text = this.#text;
    for (;;) {
      const start = this.#at;
      if (start >= text.length) return this.#token('end', start, start);
      const open = text.indexOf('{{', start);
      if (open < 0) return this.#token('text', start, text.length);
      const trims = text[open + 2] === '-' && isBlank(text[open + 3] ?? '');
      const before = text.slice(start, open);
      const length = (trims ? trimmedEnd(before) : before).length;
      if (length > 0) {
        const token = this.#token('text', start, start + length);
        this.#at = open;
        return token;
      }
      const inside = open + (trims ? 4 : 2);
      if (!text.startsWith('/*', inside)) {
        const token = this.#token('left', open, open + 2);
        this.#at = inside;
        this.#inAction = true;
        this.#parens = 0;
        return token;
      }
      const close = text.indexOf('*/', inside + 2);
      if (close < 0) return this.#error(inside, 'unclosed comment');
      const right = this.#rightAt(close + 2);
      if (right === undefined) return this.#error(inside, 'comment ends before closing delimiter');
      this.#at = right.trims ? this.#skipBlanks(right.end) : right.end;
    }
  }

  #skipBlanks(at: number): number {
    BLANK.lastIndex = at;
    BLANK.test(this.#text);
    return BLANK.lastIndex;
  }

  /** `}}` or ` -}}` at this place. */
  #rightAt(at: number): { readonly trims: boolean; readonly start: number; readonly end: number } | undefined {
    const text = this.#text;
    if (isBlank(text[at] ?? '') && text[at + 1] === '-' && text.startsWith('}}', at + 2))
      return { trims: true, start: at + 2, end: at + 4 };
    if (text.startsWith('}}', at)) return { trims: false, start: at, end: at + 2 };
    return undefined;
  }

  #action(): Token {
    const text = this.#text;
    const start = this.#at;
    const right = this.#rightAt(start);
    if (right !== undefined) {
      if (this.#parens > 0) return this.#error(start, 'unclosed left paren');
      const token = this.#token('right', right.start, right.end);
      if (right.trims) this.#at = this.#skipBlanks(right.end);
      this.#inAction = false;
      return token;
    }
    const character = String.fromCodePoint(text.codePointAt(start) ?? 0);
    if (start >= text.length) return this.#error(start, 'unclosed action');
    if (isBlank(character)) {
      let end = this.#skipBlanks(start);
      if (this.#rightAt(end - 1)?.trims === true) end--;
      return this.#token('space', start, end);
    }
    switch (character) {
      case '=':
        return this.#token('assign', start, start + 1);
      case ':':
        return text[start + 1] === '=' ? this.#token('declare', start, start + 2) : this.#error(start, 'expected :=');
      case '|':
        return this.#token('pipe', start, start + 1);
      case '"':
        return this.#quoted(start, 'string', 'unterminated quoted string');
      case "'":
        return this.#quoted(start, 'character', 'unterminated character constant');
      case '`': {
        const end = text.indexOf('`', start + 1);
        return end < 0 ? this.#error(start, 'unterminated raw quoted string') : this.#token('string', start, end + 1);
      }
      case '$':
        return this.#name(start, 'variable');
      case '(':
        this.#parens++;
        return this.#token('(', start, start + 1);
      case ')':
        if (--this.#parens < 0) return this.#error(start, 'unexpected right paren');
        return this.#token(')', start, start + 1);
      default:
        return this.#wordOrNumber(start, character);
    }
  }

  #wordOrNumber(start: number, character: string): Token {
    // At the very end of the text a dot begins a number, as in Go.
    if (character === '.' && !/[0-9]/.test(this.#text[start + 1] ?? '0')) return this.#name(start, 'field');
    if (/[-+.0-9]/.test(character)) return this.#number(start);
    if (LETTER_OR_DIGIT.test(character)) return this.#word(start);
    if (/[!-~]/.test(character)) return this.#token('other', start, start + 1);
    return this.#error(start, `unrecognized character in action: ${codePointText(character)}`);
  }

  /** With escapes, on one line. */
  #quoted(start: number, kind: 'string' | 'character', unterminated: string): Token {
    const text = this.#text;
    const mark = text[start];
    for (let at = start + 1; at < text.length; at++) {
      const character = text[at];
      if (character === '\\' && text[at + 1] !== '\n' && at + 1 < text.length) at++;
      else if (character === '\n' || character === '\\') break;
      else if (character === mark) return this.#token(kind, start, at + 1);
    }
    return this.#error(start, unterminated);
  }

  #name(start: number, kind: 'field' | 'variable'): Token {
    WORD.lastIndex = start + 1;
    WORD.test(this.#text);
    const end = WORD.lastIndex;
    const bad = this.#badTerminator(end);
    if (bad !== undefined) return this.#error(start, bad);
    return this.#token(kind === 'field' && end === start + 1 ? 'dot' : kind, start, end);
  }

  #word(start: number): Token {
    WORD.lastIndex = start;
    WORD.test(this.#text);
    const end = WORD.lastIndex;
    const bad = this.#badTerminator(end);
    if (bad !== undefined) return this.#error(start, bad);
    const word = this.#text.slice(start, end);
    if (KEYWORDS.has(word)) return this.#token('keyword', start, end);
    if (word === 'nil') return this.#token('nil', start, end);
    return this.#token(word === 'true' || word === 'false' ? 'bool' : 'identifier', start, end);
  }

  /** A name ends at a blank, at `.,|:()` or at the end of the action. */
  #badTerminator(at: number): string | undefined {
    const text = this.#text;
    if (at >= text.length || isBlank(text[at]!) || '.,|:()'.includes(text[at]!) || text.startsWith('}}', at))
      return undefined;
    return `bad character ${codePointText(String.fromCodePoint(text.codePointAt(at) ?? 0))}`;
  }

  #number(start: number): Token {
    const text = this.#text;
    NUMBER.lastIndex = start;
    NUMBER.test(text);
    const end = NUMBER.lastIndex;
    if (LETTER_OR_DIGIT.test(text[end] ?? ''))
      return this.#error(start, `bad number syntax: ${JSON.stringify(text.slice(start, end + 1))}`);
    return this.#token('number', start, end);
  }
}

/** `U+0023 '#'`; without the character where it cannot be seen. */
function codePointText(character: string): string {
  const point = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return /[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(character) ? `U+${point} '${character}'` : `U+${point}`;
}
