// Numbers as people read them: three significant digits, a unit, tabular. Times are Unix ns as decimal strings.

const NS_PER_US = 1_000;
const NS_PER_MS = 1_000_000;
const NS_PER_S = 1_000_000_000;
const MINUTE_S = 60;
const HOUR_S = 3_600;
const DAY_S = 86_400;
/** Of the Gregorian calendar on average, for what is too long to be counted in days. */
const YEAR_S = 31_556_952;

/** Three significant digits without exponent: 1.28, 12.8, 128, 1280. */
export function threeDigits(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 100) return String(Math.round(value));
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(size)));
  return String(Number(value.toFixed(Math.min(decimals, 6))));
}

/** Duration in ns as `640 ms`, `1.28 s`, `3 min 20 s`, `5 h 12 min`, `3 d 4 h`, `230 years`. */
export function duration(ns: number): string {
  if (!Number.isFinite(ns)) return '–';
  const size = Math.abs(ns);
  if (size === 0) return '0';
  if (size < 999.5) return `${threeDigits(ns)} ns`;
  if (size < 999.5 * NS_PER_US) return `${threeDigits(ns / NS_PER_US)} µs`;
  if (size < 999.5 * NS_PER_MS) return `${threeDigits(ns / NS_PER_MS)} ms`;
  const seconds = ns / NS_PER_S;
  if (Math.abs(seconds) < 2 * MINUTE_S) return `${threeDigits(seconds)} s`;
  return `${ns < 0 ? '−' : ''}${longDuration(Math.abs(seconds))}`;
}

/** Two units at most, the second left out where it is none. */
function longDuration(seconds: number): string {
  const inMinutes = Math.round(seconds);
  if (inMinutes < 2 * HOUR_S) return units(inMinutes, MINUTE_S, 'min', 1, 's');
  const inHours = Math.round(seconds / MINUTE_S) * MINUTE_S;
  if (inHours < 2 * DAY_S) return units(inHours, HOUR_S, 'h', MINUTE_S, 'min');
  const inDays = Math.round(seconds / HOUR_S) * HOUR_S;
  if (inDays < 2 * YEAR_S) return units(inDays, DAY_S, 'd', HOUR_S, 'h');
  return `${threeDigits(seconds / YEAR_S)} years`;
}

function units(seconds: number, large: number, largeName: string, small: number, smallName: string): string {
  const rest = Math.round((seconds % large) / small);
  return `${Math.floor(seconds / large)} ${largeName}${rest === 0 ? '' : ` ${rest} ${smallName}`}`;
}

/** Time before or after something: `+74 ms`, `−2.51 s`. */
export function signed(ns: number): string {
  return `${ns < 0 ? '−' : '+'}${duration(Math.abs(ns))}`;
}

/** Milliseconds that may be absent, as RED answers give them. */
export function milliseconds(ms: number | null): string {
  return ms === null ? '–' : duration(ms * NS_PER_MS);
}

/** What a trace stands for. Weight 0: nobody knows, or none where it was brought back for others' sake. */
export function standsFor(weight: number, trigger: string): string {
  if (weight > 0) return count(weight);
  return trigger === 'rescue' ? 'none' : '?';
}

/** Whole count with thousands separated: 51,325. Weights below 100 keep one decimal. */
export function count(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const rounded = Math.abs(value) >= 100 || Number.isInteger(value) ? Math.round(value) : Math.round(value * 10) / 10;
  return rounded.toLocaleString('en-US');
}

/** Short count for narrow places: 18.2k, 3.4M. */
export function shortCount(value: number): string {
  const size = Math.abs(value);
  if (size >= 999_500) return `${threeDigits(value / 1_000_000)}M`;
  if (size >= 9_999.5) return `${threeDigits(value / 1_000)}k`;
  return count(value);
}

/** Share as `0.61 %`; below a thousandth `< 0.001 %` rather than a lie. */
export function percent(share: number): string {
  if (!Number.isFinite(share)) return '–';
  if (share > 0 && share < 0.00001) return '< 0.001 %';
  return `${threeDigits(share * 100)} %`;
}

/** Rate per second. */
export function rate(perSecond: number): string {
  return `${perSecond >= 9_999.5 ? shortCount(perSecond) : threeDigits(perSecond)}/s`;
}

/** Bytes as `1.2 MiB`. */
export function bytes(value: number): string {
  if (value < 1024) return `${value} B`;
  if (value < 1024 ** 2) return `${threeDigits(value / 1024)} KiB`;
  if (value < 1024 ** 3) return `${threeDigits(value / 1024 ** 2)} MiB`;
  return `${threeDigits(value / 1024 ** 3)} GiB`;
}

/** Milliseconds since 1970 of a ns string, fraction kept. */
export function msOfNs(ns: string): number {
  return Number(BigInt(ns) / 1000n) / 1000;
}

/** `2 errors`, `1 error`. */
export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

const UNIT_NS: Readonly<Record<string, number>> = { ns: 1, µs: NS_PER_US, ms: NS_PER_MS, s: NS_PER_S };

/** `−3.02 ± 0.65 ms`: a clock offset with its half width; `+3 min 20 s ± 650 ms` where one unit is not enough. */
export function offset(offsetNs: number, errorNs: number): string {
  const sign = offsetNs < 0 ? '−' : '+';
  const [value, unit = 'ns', ...more] = duration(Math.abs(offsetNs)).split(' ');
  const scale = UNIT_NS[unit];
  return scale === undefined || more.length > 0
    ? `${sign}${duration(Math.abs(offsetNs))} ± ${duration(errorNs)}`
    : `${sign}${value} ± ${threeDigits(errorNs / scale)} ${unit}`;
}
