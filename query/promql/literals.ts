// Reads and writes PromQL's literals: numbers, durations, strings.
import { isUtf8 } from 'node:buffer';
import { quoteBytes, quoteCharacter } from './quote.ts';

const DURATION = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;
const UNIT_MS = [365 * 86_400_000, 7 * 86_400_000, 86_400_000, 3_600_000, 60_000, 1_000, 1] as const;
const UNIT_NAMES = ['y', 'w', 'd', 'h', 'm', 's', 'ms'] as const;

/** Milliseconds of `1h30m`, or undefined when the text is no duration. */
export function parseDurationMs(text: string): number | undefined {
  if (text === '0') return 0;
  const match = text === '' ? null : DURATION.exec(text);
  if (match === null) return undefined;
  return UNIT_MS.reduce((total, unitMs, at) => total + Number(match[at + 1] ?? 0) * unitMs, 0);
}

/** `5m`, `1h30m`; weeks and years only where they are whole, as Prometheus prints durations. */
export function formatDurationMs(durationMs: number): string {
  if (durationMs === 0) return '0s';
  let rest = Math.abs(durationMs);
  let text = durationMs < 0 ? '-' : '';
  for (const [at, unitMs] of UNIT_MS.entries()) {
    const whole = at < 2 && rest % unitMs !== 0;
    if (whole || rest < unitMs) continue;
    text += `${Math.floor(rest / unitMs)}${UNIT_NAMES[at]}`;
    rest %= unitMs;
  }
  return text;
}

/** A number as PromQL writes it: decimal, hexadecimal, octal, Inf, NaN, or a duration in seconds. Undefined when it is none. */
export function parseNumber(text: string): { value: number; duration: boolean } | undefined {
  const lower = text.toLowerCase();
  if (lower === 'inf' || lower === '+inf') return { value: Infinity, duration: false };
  if (lower === '-inf') return { value: -Infinity, duration: false };
  if (lower === 'nan') return { value: NaN, duration: false };
  const plain = lower.replaceAll('_', '');
  if (/^0x[0-9a-f]+$/.test(plain)) return { value: Number(plain), duration: false };
  if (/^0[0-7]+$/.test(plain)) return { value: Number.parseInt(plain, 8), duration: false };
  if (/^(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/.test(plain)) return { value: Number(plain), duration: false };
  const durationMs = parseDurationMs(text);
  return durationMs === undefined ? undefined : { value: durationMs / 1000, duration: true };
}

const SIMPLE_ESCAPES: Readonly<Record<string, number>> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, '\\': 92 };
const ESCAPE_LENGTHS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

export interface UnquotedString {
  readonly text: string;
  /** The literal as Go quotes it, where its bytes form no UTF-8 and the text has U+FFFD in their place. */
  readonly quoted?: string;
}

function decoded(bytes: Buffer): UnquotedString {
  const text = bytes.toString('utf8');
  return isUtf8(bytes) ? { text } : { text, quoted: quoteBytes(bytes) };
}

/** The text of a quoted string literal; an error as message. Bytes that form no UTF-8 become U+FFFD. */
export function unquote(literal: string): UnquotedString | { error: string } {
  const delimiter = literal[0] ?? '';
  if (literal.length < 2 || literal.at(-1) !== delimiter) {
    return { error: delimiter === '`' ? 'unterminated raw string' : 'unterminated quoted string' };
  }
  const body = literal.slice(1, -1);
  if (delimiter === '`') return { text: body };
  if (body.includes('\n')) return { error: 'unterminated quoted string' };
  if (!body.includes('\\')) return { text: body };
  const parts: Uint8Array[] = [];
  let at = 0;
  while (at < body.length) {
    const slash = body.indexOf('\\', at);
    if (slash < 0) {
      parts.push(Buffer.from(body.slice(at)));
      break;
    }
    parts.push(Buffer.from(body.slice(at, slash)));
    const escape = readEscape(body, slash + 1, delimiter);
    if ('error' in escape) return escape;
    parts.push(escape.bytes);
    at = escape.next;
  }
  return decoded(Buffer.concat(parts));
}

function readEscape(
  body: string,
  at: number,
  delimiter: string,
): { bytes: Uint8Array; next: number } | { error: string } {
  const letter = body[at];
  if (letter === undefined) return { error: 'unterminated quoted string' };
  if (letter === delimiter) return { bytes: Buffer.from(letter), next: at + 1 };
  const simple = SIMPLE_ESCAPES[letter];
  if (simple !== undefined) return { bytes: Uint8Array.of(simple), next: at + 1 };
  const octal = letter >= '0' && letter <= '7';
  const length = octal ? 3 : ESCAPE_LENGTHS[letter];
  if (length === undefined) return { error: `unknown escape sequence ${named(letter)}` };
  const from = octal ? at : at + 1;
  const digits = body.slice(from, from + length);
  const bad = digits.split('').find((digit) => !(octal ? /[0-7]/ : /[0-9a-fA-F]/).test(digit));
  if (bad !== undefined) return { error: `illegal character ${named(bad)} in escape sequence` };
  if (digits.length < length) return { error: 'escape sequence not terminated' };
  const point = Number.parseInt(digits, octal ? 8 : 16);
  if (octal || letter === 'x')
    return point > 255
      ? { error: 'escape sequence is an invalid Unicode code point' }
      : { bytes: Uint8Array.of(point), next: from + length };
  if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
    return { error: 'escape sequence is an invalid Unicode code point' };
  return { bytes: Buffer.from(String.fromCodePoint(point)), next: from + length };
}

function named(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')} ${quoteCharacter(character)}`;
}
