// Finds where a quoted string ends, and what is wrong with its escapes.
import { quoteCharacter } from '../quote.ts';
import { END, type Source } from './source.ts';

const BACKSLASH = 92;
const BACK_QUOTE = 96;
const NEWLINE = 10;
/** a b f n r t v and the backslash. */
const SIMPLE: ReadonlySet<number> = new Set([97, 98, 102, 110, 114, 116, 118, BACKSLASH]);

export type ScannedString = { readonly end: number } | { readonly error: string };

function named(source: Source, at: number): string {
  const character = source.characterAt(at);
  const point = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  const isPrintable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(character);
  return isPrintable ? `U+${point} '${character}'` : `U+${point}`;
}

function isReplacement(source: Source, at: number): boolean {
  return source.codeAt(at) === 0xef && source.codeAt(at + 1) === 0xbf && source.codeAt(at + 2) === 0xbd;
}

/** The quote stands at `start`. */
export function scanString(source: Source, start: number): ScannedString {
  const quote = source.codeAt(start);
  let at = start + 1;
  for (;;) {
    const code = source.codeAt(at);
    if (code === quote) return { end: at + 1 };
    if (code === END) return { error: quote === BACK_QUOTE ? 'unterminated raw string' : 'unterminated quoted string' };
    if (code === 0xef && isReplacement(source, at)) return { error: 'invalid UTF-8 rune' };
    if (quote === BACK_QUOTE || (code !== BACKSLASH && code !== NEWLINE)) {
      at++;
      continue;
    }
    if (code === NEWLINE) return { error: 'unterminated quoted string' };
    const escape = scanEscape(source, at + 1, quote);
    if ('error' in escape) return escape;
    at = escape.end;
  }
}

function digitValue(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  if (code >= 97 && code <= 102) return code - 87;
  if (code >= 65 && code <= 70) return code - 55;
  return 16;
}

function scanEscape(source: Source, at: number, quote: number): ScannedString {
  const code = source.codeAt(at);
  if (code === quote || SIMPLE.has(code)) return { end: at + 1 };
  if (code === END) return { error: 'escape sequence not terminated' };
  if (code >= 48 && code <= 55) return scanDigits(source, at, 3, 8);
  if (code === 120) return scanDigits(source, at + 1, 2, 16);
  if (code === 117) return scanDigits(source, at + 1, 4, 16);
  if (code === 85) return scanDigits(source, at + 1, 8, 16);
  return { error: `unknown escape sequence ${named(source, at)}` };
}

function scanDigits(source: Source, start: number, count: number, base: number): ScannedString {
  let value = 0;
  for (let at = start; at < start + count; at++) {
    const code = source.codeAt(at);
    if (code === END) return { error: 'escape sequence not terminated' };
    const digit = digitValue(code);
    if (digit >= base) return { error: `illegal character ${named(source, at)} in escape sequence` };
    value = value * base + digit;
  }
  const largest = count > 3 ? 0x10ffff : 255;
  if (value > largest || (value >= 0xd800 && value < 0xe000))
    return { error: 'escape sequence is an invalid Unicode code point' };
  return { end: start + count };
}

export function quoteAt(source: Source, at: number): string {
  return quoteCharacter(source.characterAt(at));
}
