// Text → tokens, one at a time. What may stand at a place depends on the brackets that are open there, as in Prometheus' lexer.
import { quote } from '../quote.ts';
import { scanDurationRest, scanNumber } from './scan-number.ts';
import { quoteAt, scanString } from './scan-string.ts';
import { isAlpha, isAlphaNumeric, isDigit, isSpace, type Source } from './source.ts';
import { DURATION_KEYWORDS, KEYWORDS, type Token, type TokenKind } from './token.ts';

/** How the parser learns of text that is no token; it does not return. */
export type LexicalFailure = (at: number, message: string) => never;

const COLON = 58;
const EQUALS = 61;
const STYLE = { inSeries: false } as const;

const SINGLE: ReadonlyMap<number, TokenKind> = new Map(
  ([',', '*', '/', '%', '+', '-', '^', '@'] as const).map((symbol) => [symbol.charCodeAt(0), symbol]),
);
const FILL_WORDS: ReadonlySet<string> = new Set(['fill', 'fill_left', 'fill_right']);

export class Lexer {
  readonly #source: Source;
  readonly #fail: LexicalFailure;
  #at = 0;
  #parens = 0;
  #inBraces = false;
  #inBrackets = false;
  /** Behind `[`, up to the first number or string: only durations are read there. */
  #inDuration = false;
  #hasColon = false;
  #hasDuration = false;

  constructor(source: Source, fail: LexicalFailure) {
    this.#source = source;
    this.#fail = fail;
  }

  /** The next token; `end of input` at the end, however often. */
  next(): Token {
    this.#skipBlanks();
    const code = this.#source.codeAt(this.#at);
    if (this.#inBraces) return this.#insideBraces(code);
    if (this.#inDuration) return this.#insideDuration(code);
    return this.#outside(code);
  }

  #skipBlanks(): void {
    for (;;) {
      const code = this.#source.codeAt(this.#at);
      if (isSpace(code)) this.#at++;
      else if (code === 35 && !this.#inDuration) this.#skipComment();
      else return;
    }
  }

  #skipComment(): void {
    for (;;) {
      const code = this.#source.codeAt(this.#at);
      if (code < 0 || code === 10 || code === 13) return;
      this.#at++;
    }
  }

  #emit(kind: TokenKind, end: number): Token {
    const start = this.#at;
    this.#at = end;
    return { kind, start, end };
  }

  #outside(code: number): Token {
    const source = this.#source;
    const at = this.#at;
    if (code < 0) return this.#endOfText();
    if (isAlpha(code) || code === COLON) return this.#inBrackets ? this.#wordInBrackets(code) : this.#word();
    if (isDigit(code) || (code === 46 && isDigit(source.codeAt(at + 1)))) return this.#number();
    if (code === 34 || code === 39 || code === 96) return this.#string();
    const single = SINGLE.get(code);
    if (single !== undefined) return this.#emit(single, at + 1);
    const next = source.codeAt(at + 1);
    switch (code) {
      case EQUALS:
        if (next === 126) return this.#fail(at, `unexpected character after '=': ${quoteAt(source, at + 1)}`);
        return next === EQUALS ? this.#emit('==', at + 2) : this.#emit('=', at + 1);
      case 33:
        if (next !== EQUALS) return this.#fail(at, `unexpected character after '!': ${quoteAt(source, at + 1)}`);
        return this.#emit('!=', at + 2);
      case 60:
        if (next === EQUALS) return this.#emit('<=', at + 2);
        return next === 47 ? this.#emit('</', at + 2) : this.#emit('<', at + 1);
      case 62:
        if (next === EQUALS) return this.#emit('>=', at + 2);
        return next === 47 ? this.#emit('>/', at + 2) : this.#emit('>', at + 1);
      default:
        return this.#bracket(code);
    }
  }

  #endOfText(): Token {
    if (this.#parens !== 0) return this.#fail(this.#at, 'unclosed left parenthesis');
    if (this.#inBrackets) return this.#fail(this.#at, 'unclosed left bracket');
    return this.#emit('end of input', this.#at);
  }

  #bracket(code: number): Token {
    const at = this.#at;
    switch (code) {
      case 40:
        this.#parens++;
        return this.#emit('(', at + 1);
      case 41:
        return this.#closeParen();
      case 123:
        this.#inBraces = true;
        return this.#emit('{', at + 1);
      case 91:
        if (this.#inBrackets) return this.#fail(at, `unexpected left bracket '['`);
        this.#inBrackets = true;
        this.#inDuration = true;
        this.#hasColon = false;
        return this.#emit('[', at + 1);
      case 93:
        if (!this.#inBrackets) return this.#fail(at, `unexpected right bracket ']'`);
        return this.#closeBracket();
      default:
        return this.#fail(at, `unexpected character: ${quoteAt(this.#source, at)}`);
    }
  }

  #closeParen(): Token {
    const token = this.#emit(')', this.#at + 1);
    if (--this.#parens < 0) return this.#fail(this.#at, `unexpected right parenthesis ')'`);
    return token;
  }

  #closeBracket(): Token {
    this.#inBrackets = false;
    this.#inDuration = false;
    return this.#emit(']', this.#at + 1);
  }

  #word(): Token {
    const source = this.#source;
    let end = this.#at;
    let hasColon = false;
    for (;;) {
      const code = source.codeAt(end);
      if (code === COLON) hasColon = true;
      else if (!isAlphaNumeric(code)) break;
      end++;
    }
    const word = source.bytes.slice(this.#at, end).toLowerCase();
    const keyword = KEYWORDS.get(word);
    if (keyword === undefined) return this.#emit(hasColon ? 'metric identifier' : 'identifier', end);
    if (FILL_WORDS.has(word) && !this.#isBeforeParen(end)) return this.#emit('identifier', end);
    return this.#emit(keyword, end);
  }

  #isBeforeParen(from: number): boolean {
    let at = from;
    while (isSpace(this.#source.codeAt(at))) at++;
    return this.#source.codeAt(at) === 40;
  }

  #wordInBrackets(code: number): Token {
    const at = this.#at;
    if (code === COLON) {
      if (this.#hasColon) return this.#fail(at, `unexpected colon ':'`);
      this.#hasColon = true;
      return this.#emit(':', at + 1);
    }
    return (
      this.#durationKeyword() ?? this.#fail(at, `unexpected character: ${quoteAt(this.#source, at)}, expected ':'`)
    );
  }

  #durationKeyword(): Token | undefined {
    let end = this.#at;
    while (isAlpha(this.#source.codeAt(end))) end++;
    const keyword = DURATION_KEYWORDS.get(this.#source.bytes.slice(this.#at, end).toLowerCase());
    return keyword === undefined ? undefined : this.#emit(keyword, end);
  }

  #number(): Token {
    const source = this.#source;
    const start = this.#at;
    this.#inDuration = false;
    const number = scanNumber(source, start, STYLE);
    if (number.valid) return this.#emit('number', number.end);
    const duration = scanDurationRest(source, number.end);
    if (duration.valid) return this.#emit('duration', duration.end);
    const end = Math.min(duration.end, source.length);
    return this.#fail(start, `bad number or duration syntax: ${quote(source.slice(start, end))}`);
  }

  #string(): Token {
    const scanned = scanString(this.#source, this.#at);
    return 'error' in scanned ? this.#fail(this.#at, scanned.error) : this.#emit('string', scanned.end);
  }

  #insideBraces(code: number): Token {
    const source = this.#source;
    const at = this.#at;
    if (code < 0) return this.#fail(at, 'unexpected end of input inside braces');
    if (isAlpha(code)) {
      let end = at;
      while (isAlphaNumeric(source.codeAt(end))) end++;
      return this.#emit('identifier', end);
    }
    if (code === 34 || code === 39 || code === 96) return this.#string();
    const next = source.codeAt(at + 1);
    switch (code) {
      case 44:
        return this.#emit(',', at + 1);
      case EQUALS:
        return next === 126 ? this.#emit('=~', at + 2) : this.#emit('=', at + 1);
      case 33:
        if (next === 126) return this.#emit('!~', at + 2);
        if (next === EQUALS) return this.#emit('!=', at + 2);
        return this.#fail(at, `unexpected character after '!' inside braces: ${quoteAt(source, at + 1)}`);
      case 123:
        return this.#fail(at, `unexpected left brace '{'`);
      case 125:
        this.#inBraces = false;
        return this.#emit('}', at + 1);
      default:
        return this.#fail(at, `unexpected character inside braces: ${quoteAt(source, at)}`);
    }
  }

  #insideDuration(code: number): Token {
    const source = this.#source;
    const at = this.#at;
    if (code < 0) return this.#fail(at, 'unexpected end of input in duration expression');
    if (isDigit(code) || (code === 46 && isDigit(source.codeAt(at + 1)))) {
      this.#hasDuration = true;
      return this.#number();
    }
    switch (code) {
      case 93:
        this.#hasColon = false;
        return this.#closeBracket();
      case COLON: {
        const token = this.#emit(':', at + 1);
        if (!this.#hasDuration) this.#fail(at + 1, 'unexpected colon before duration in duration expression');
        if (this.#hasColon) this.#fail(at + 1, 'unexpected repeated colon in duration expression');
        this.#hasColon = true;
        return token;
      }
      case 40:
        this.#parens++;
        return this.#emit('(', at + 1);
      case 41:
        return this.#closeParen();
      default: {
        const single = code === 64 ? undefined : SINGLE.get(code);
        if (single !== undefined) return this.#emit(single, at + 1);
        const keyword = isAlpha(code) ? this.#durationKeyword() : undefined;
        return keyword ?? this.#fail(at, `unexpected character in duration expression: ${quoteAt(source, at)}`);
      }
    }
  }
}
