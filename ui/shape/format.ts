// Numbers as people read them: three significant digits, a unit, tabular. Times are Unix ns as decimal strings.

const NS_PER_US = 1_000;
const NS_PER_MS = 1_000_000;
const NS_PER_S = 1_000_000_000;

/** Three significant digits without exponent: 1.28, 12.8, 128, 1280. */
export function threeDigits(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 100) return String(Math.round(value));
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(size)));
  return String(Number(value.toFixed(Math.min(decimals, 6))));
}

/** Duration in ns as `640 ms`, `1.28 s`, `3 min 20 s`. */
export function duration(ns: number): string {
  const size = Math.abs(ns);
  if (size === 0) return '0';
  if (size < 999.5) return `${threeDigits(ns)} ns`;
  if (size < 999.5 * NS_PER_US) return `${threeDigits(ns / NS_PER_US)} µs`;
  if (size < 999.5 * NS_PER_MS) return `${threeDigits(ns / NS_PER_MS)} ms`;
  const seconds = ns / NS_PER_S;
  if (Math.abs(seconds) < 120) return `${threeDigits(seconds)} s`;
  const whole = Math.round(Math.abs(seconds));
  const sign = ns < 0 ? '−' : '';
  if (whole < 7200)
    return whole % 60 === 0 ? `${sign}${whole / 60} min` : `${sign}${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${sign}${threeDigits(whole / 3600)} h`;
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

const two = (value: number): string => String(value).padStart(2, '0');

/** Milliseconds since 1970 of a ns string, fraction kept. */
export function msOfNs(ns: string): number {
  return Number(BigInt(ns) / 1000n) / 1000;
}

/** Clock time in the reader's zone: `14:02:11.284`. */
export function clock(ns: string, fraction: 0 | 2 | 3 = 3): string {
  const ms = Number(BigInt(ns) / 1_000_000n);
  const d = new Date(ms);
  const base = `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
  if (fraction === 0) return base;
  return `${base}.${String(d.getMilliseconds()).padStart(3, '0').slice(0, fraction)}`;
}

/** Day and clock time: `2026-11-21 14:02:11.284`. */
export function dayAndClock(ns: string, fraction: 0 | 2 | 3 = 3): string {
  const d = new Date(Number(BigInt(ns) / 1_000_000n));
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ${clock(ns, fraction)}`;
}

/** `2 errors`, `1 error`. */
export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

/** `−3.02 ± 0.65 ms`: a clock offset with its half width. */
export function offset(offsetNs: number, errorNs: number): string {
  const sign = offsetNs < 0 ? '−' : '+';
  const [value, unit] = duration(Math.abs(offsetNs)).split(' ');
  const scale = { ns: 1, µs: NS_PER_US, ms: NS_PER_MS, s: NS_PER_S }[unit ?? 'ns'] ?? NS_PER_S;
  return `${sign}${value} ± ${threeDigits(errorNs / scale)} ${unit ?? 'ns'}`;
}
