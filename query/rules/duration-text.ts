// Durations as Prometheus' files write them: `1h30m`, units from years to milliseconds, each once, the larger first.
import { quote } from '#query/promql/quote.ts';

const UNITS_MS: readonly (readonly [unit: string, ms: number])[] = [
  ['y', 31_536_000_000],
  ['w', 604_800_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
];
/** 63 bits of nanoseconds. */
const MAX_MS = 2 ** 63 / 1e6;
const UNIT_PART = /(\d+)([^\d]*)/y;

/** Milliseconds, or why the text is no duration. */
export function parsePrometheusDuration(text: string): number | { readonly error: string } {
  if (text === '0') return 0;
  if (text === '') return { error: 'empty duration string' };
  const invalid = { error: `not a valid duration string: ${quote(text)}` };
  let totalMs = 0;
  let last = -1;
  UNIT_PART.lastIndex = 0;
  for (let end = 0; end < text.length; end = UNIT_PART.lastIndex) {
    const part = UNIT_PART.exec(text);
    if (part === null || part[2] === '') return invalid;
    const [, digits = '', unit = ''] = part;
    if (BigInt(digits) >= 2n ** 64n) return invalid;
    const place = UNITS_MS.findIndex(([name]) => name === unit);
    if (place < 0) return { error: `unknown unit ${quote(unit)} in duration ${quote(text)}` };
    if (place <= last) return invalid;
    last = place;
    totalMs += Number(digits) * UNITS_MS[place]![1];
    if (totalMs >= MAX_MS) return { error: 'duration out of range' };
  }
  return totalMs;
}
