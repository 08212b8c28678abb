// Tokens of series descriptions: `metric{label="v"} 1 2+1x5 _ stale {{schema:0 count:3}}`. Blanks part the values, so they are tokens here.
import { quote } from '../quote.ts';
import type { LexicalFailure } from './lexer.ts';
import { scanNumber } from './scan-number.ts';
import { quoteAt, scanString } from './scan-string.ts';
import { isAlpha, isAlphaNumeric, isDigit, isSpace, type Source } from './source.ts';

export type SeriesTokenKind =
  | 'end of input'
  | 'word'
  | 'number'
  | 'string'
  | 'space'
  | 'key'
  | '{'
  | '}'
  | '='
  | ','
  | '{{'
  | '}}'
  | '['
  | ']'
  | ':'
  | '+'
  | '-'
  | 'x'
  | '_';

export interface SeriesToken {
  readonly kind: SeriesTokenKind;
  readonly start: number;
  readonly end: number;
}

const STYLE = { inSeries: true } as const;
const NUMBER_WORDS: ReadonlySet<string> = new Set(['inf', 'nan']);

const KEYS: ReadonlySet<string> = new Set([
  'sum',
  'count',
  'schema',
  'offset',
  'n_offset',
  'buckets',
  'n_buckets',
  'z_bucket',
  'z_bucket_w',
  'custom_values',
  'counter_reset_hint',
]);
const HINTS: ReadonlySet<string> = new Set(['unknown', 'reset', 'not_reset', 'gauge']);

type Place = 'metric' | 'labels' | 'values' | 'histogram' | 'buckets';

export class SeriesLexer {
  readonly #source: Source;
  readonly #fail: LexicalFailure;
  #at = 0;
  #place: Place = 'metric';

  constructor(source: Source, fail: LexicalFailure) {
    this.#source = source;
    this.#fail = fail;
  }

  next(): SeriesToken {
    switch (this.#place) {
      case 'metric':
        return this.#metric();
      case 'labels':
        return this.#labels();
      case 'values':
        return this.#values();
      case 'histogram':
        return this.#histogram();
      case 'buckets':
        return this.#buckets();
    }
  }

  #emit(kind: SeriesTokenKind, end: number, place: Place = this.#place): SeriesToken {
    const start = this.#at;
    this.#at = end;
    this.#place = place;
    return { kind, start, end };
  }

  #endOfBlanks(): number {
    let end = this.#at;
    while (isSpace(this.#source.codeAt(end))) end++;
    return end;
  }

  #endOfWord(): number {
    let end = this.#at;
    while (isAlphaNumeric(this.#source.codeAt(end)) || this.#source.codeAt(end) === 58) end++;
    return end;
  }

  #number(place: Place): SeriesToken {
    const { end, valid } = scanNumber(this.#source, this.#at, STYLE);
    if (valid) return this.#emit('number', end, place);
    return this.#fail(this.#at, `bad number syntax: ${quote(this.#source.slice(this.#at, end))}`);
  }

  #metric(): SeriesToken {
    const code = this.#source.codeAt(this.#at);
    if (code === 123) return this.#emit('{', this.#at + 1, 'labels');
    if (!isAlpha(code) && code !== 58)
      return this.#fail(this.#at, `unexpected character: ${quoteAt(this.#source, this.#at)}`);
    const end = this.#endOfWord();
    return this.#emit('word', end, this.#source.codeAt(end) === 123 ? 'metric' : 'values');
  }

  #labels(): SeriesToken {
    this.#at = this.#endOfBlanks();
    const at = this.#at;
    const code = this.#source.codeAt(at);
    if (code === 44) return this.#emit(',', at + 1);
    if (code === 61) return this.#emit('=', at + 1);
    if (code === 125) return this.#emit('}', at + 1, 'values');
    if (code === 34 || code === 39 || code === 96) {
      const scanned = scanString(this.#source, at);
      return 'error' in scanned ? this.#fail(at, scanned.error) : this.#emit('string', scanned.end);
    }
    if (code < 0) return this.#fail(at, 'unexpected end of input inside braces');
    if (!isAlpha(code)) return this.#fail(at, `unexpected character inside braces: ${quoteAt(this.#source, at)}`);
    let end = at;
    while (isAlphaNumeric(this.#source.codeAt(end))) end++;
    return this.#emit('word', end);
  }

  #values(): SeriesToken {
    const at = this.#at;
    const code = this.#source.codeAt(at);
    if (code < 0) return this.#emit('end of input', at);
    if (isSpace(code)) return this.#emit('space', this.#endOfBlanks());
    if (code === 123 && this.#source.codeAt(at + 1) === 123) return this.#emit('{{', at + 2, 'histogram');
    if (code === 43) return this.#emit('+', at + 1);
    if (code === 45) return this.#emit('-', at + 1);
    if (code === 120) return this.#emit('x', at + 1);
    if (code === 95) return this.#emit('_', at + 1);
    if (isDigit(code) || (code === 46 && isDigit(this.#source.codeAt(at + 1)))) return this.#number('values');
    if (!isAlpha(code)) return this.#fail(at, `unexpected character in series sequence: ${quoteAt(this.#source, at)}`);
    const end = this.#endOfWord();
    const isNumber = NUMBER_WORDS.has(this.#source.slice(at, end).toLowerCase());
    return this.#emit(isNumber ? 'number' : 'word', end);
  }

  #histogram(): SeriesToken {
    const source = this.#source;
    const at = this.#at;
    const code = source.codeAt(at);
    if (isSpace(code)) return this.#emit('space', this.#endOfBlanks());
    if (isAlpha(code)) return this.#descriptor();
    if (code === 58) return this.#emit(':', at + 1);
    if (code === 45) return this.#emit('-', at + 1);
    if (isDigit(code)) return this.#number('histogram');
    if (code === 91) return this.#emit('[', at + 1, 'buckets');
    if (code === 125 && source.codeAt(at + 1) === 125) return this.#emit('}}', at + 2, 'values');
    return this.#fail(at, `histogram description incomplete unexpected: ${quoteAt(source, at)}`);
  }

  #descriptor(): SeriesToken {
    let end = this.#at;
    while (isAlpha(this.#source.codeAt(end))) end++;
    const word = this.#source.slice(this.#at, end).toLowerCase();
    if (KEYS.has(word)) {
      if (this.#source.codeAt(end) === 58) return this.#emit('key', end);
      return this.#fail(this.#at, 'missing `:` for histogram descriptor');
    }
    if (NUMBER_WORDS.has(word)) return this.#emit('number', end);
    if (HINTS.has(word)) return this.#emit('word', end);
    return this.#fail(this.#at, `bad histogram descriptor found: ${quote(this.#source.slice(this.#at, end))}`);
  }

  #buckets(): SeriesToken {
    const source = this.#source;
    const at = this.#at;
    const code = source.codeAt(at);
    if (isSpace(code)) return this.#emit('space', this.#endOfBlanks());
    if (code === 45) return this.#emit('-', at + 1);
    if (isDigit(code)) return this.#number('buckets');
    if (code === 93) return this.#emit(']', at + 1, 'histogram');
    let end = at;
    while (isAlpha(source.codeAt(end))) end++;
    if (NUMBER_WORDS.has(source.slice(at, end).toLowerCase())) return this.#emit('number', end);
    return this.#fail(at, `invalid character in buckets description: ${quoteAt(source, end)}`);
  }
}
