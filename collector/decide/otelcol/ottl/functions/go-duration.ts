// Durations as Go reads and writes them: 1h2m3.5s.
import { OttlError } from '../value.ts';

const UNIT_NS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1000n,
  '\u00b5s': 1000n,
  '\u03bcs': 1000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};
/** Longer ones are nobody's, and take long to read. */
const MAX_LENGTH = 256;
const WHOLE = /^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|\u00b5s|\u03bcs|ms|s|m|h))+$/;
const PART = /(\d*)\.?(\d*)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/g;

/** ns. @throws OttlError */
export function parseGoDuration(text: string): bigint {
  if (/^[+-]?0$/.test(text)) return 0n;
  if (text.length > MAX_LENGTH || !WHOLE.test(text)) throw new OttlError(`${text} is no duration`);
  let ns = 0n;
  for (const [, whole = '', fraction = '', unit = ''] of text.matchAll(PART)) {
    const size = UNIT_NS[unit]!;
    ns +=
      BigInt(whole === '' ? 0 : whole) * size +
      (fraction === '' ? 0n : (BigInt(fraction) * size) / 10n ** BigInt(fraction.length));
  }
  if (text.startsWith('-')) ns = -ns;
  if (BigInt.asIntN(64, ns) !== ns) throw new OttlError(`${text} is longer than 292 years`);
  return ns;
}

export function goDuration(ns: bigint): string {
  if (ns === 0n) return '0s';
  const size = ns < 0n ? -ns : ns;
  const sign = ns < 0n ? '-' : '';
  if (size < 1000n) return `${sign}${size}ns`;
  if (size < 1_000_000n) return `${sign}${decimal(size, 1000n, 3)}\u00b5s`;
  if (size < 1_000_000_000n) return `${sign}${decimal(size, 1_000_000n, 6)}ms`;
  const minutes = size / 60_000_000_000n;
  const seconds = `${decimal(size % 60_000_000_000n, 1_000_000_000n, 9)}s`;
  if (minutes === 0n) return sign + seconds;
  return minutes < 60n ? `${sign}${minutes}m${seconds}` : `${sign}${minutes / 60n}h${minutes % 60n}m${seconds}`;
}

function decimal(value: bigint, unit: bigint, digits: number): string {
  const rest = (value % unit).toString().padStart(digits, '0').replace(/0+$/, '');
  return rest === '' ? String(value / unit) : `${value / unit}.${rest}`;
}
