// Finds where a number or a duration ends. What it holds is read later, so not all of what is found here is a number.
import { isAlphaNumeric, isDigit, type Source } from './source.ts';

const UNDERSCORE = 95;
const DOT = 46;

function isHexDigit(code: number): boolean {
  return isDigit(code) || (code >= 97 && code <= 102) || (code >= 65 && code <= 70);
}

function isExponent(code: number): boolean {
  return code === 101 || code === 69;
}

/** Whether a byte may not follow an exponent or an underscore. */
function breaksNumber(code: number): boolean {
  return code === DOT || code === UNDERSCORE || isExponent(code) || code < 0;
}

export interface ScannedNumber {
  /** One past the last byte that belongs to it, or that shows that it is none. */
  readonly end: number;
  readonly valid: boolean;
}

interface NumberStyle {
  /** In series descriptions an `x` repeats values: hexadecimal numbers are not read there. */
  readonly inSeries: boolean;
}

/** Decimal, hexadecimal, octal or floating-point. */
export function scanNumber(source: Source, start: number, style: NumberStyle): ScannedNumber {
  let at = start;
  let isDigitHere = isDigit;
  let isHex = false;
  if (!style.inSeries && source.codeAt(at) === 48) {
    at++;
    const mark = source.codeAt(at);
    if (mark === 120 || mark === 88) {
      at++;
      if (source.codeAt(at) === UNDERSCORE) at++;
      isHex = true;
      isDigitHere = isHexDigit;
    }
  }
  if (source.codeAt(at) === DOT) at++;
  if (isDigitHere(source.codeAt(at))) at++;
  let hasDot = false;
  let hasExponent = false;
  for (;;) {
    const code = source.codeAt(at);
    if (code === DOT) {
      at++;
      const next = source.codeAt(at);
      if (hasDot) return { end: at, valid: false };
      hasDot = true;
      if (next === UNDERSCORE || next === DOT) return { end: at + 1, valid: false };
      if (isHex) return { end: at, valid: false };
    } else if (isExponent(code)) {
      at++;
      if (hasExponent) return { end: at, valid: false };
      hasExponent = true;
      const sign = source.codeAt(at);
      if (sign === 43 || sign === 45) at++;
      const next = source.codeAt(at);
      if (breaksNumber(next)) return { end: next < 0 ? at : at + 1, valid: false };
    } else if (code === UNDERSCORE) {
      at++;
      const next = source.codeAt(at);
      if (breaksNumber(next)) return { end: next < 0 ? at : at + 1, valid: false };
    } else if (isDigitHere(code)) {
      // An `e` among hexadecimal digits is an exponent only where it starts a run of them.
      while (isDigitHere(source.codeAt(at))) at++;
    } else break;
  }
  if (at === start) return { end: at, valid: false };
  const next = source.codeAt(at);
  return { end: at, valid: (style.inSeries && next === 120) || !isAlphaNumeric(next) };
}

function isUnit(code: number, first: boolean): boolean {
  // s m h d w, and y only at the start.
  return code === 115 || code === 109 || code === 104 || code === 100 || code === 119 || (first && code === 121);
}

/** The rest of a duration whose first digits end at `start`: its unit, and further digits and units. */
export function scanDurationRest(source: Source, start: number): ScannedNumber {
  let at = start;
  if (!isUnit(source.codeAt(at), true)) return { end: at, valid: false };
  at++;
  if (source.codeAt(at) === 115) at++;
  while (isDigit(source.codeAt(at))) {
    while (isDigit(source.codeAt(at))) at++;
    if (!isUnit(source.codeAt(at), false)) return { end: at, valid: false };
    at++;
    if (source.codeAt(at) === 115) at++;
  }
  const next = source.codeAt(at);
  return isAlphaNumeric(next) ? { end: at + 1, valid: false } : { end: at, valid: true };
}
