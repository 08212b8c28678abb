// Ticks of a time axis: steps of 1, 2 or 5 times a power of ten, then steps of a clock and of whole days and years; labels in units that a person would say.

/** Largest number of ticks that still reads quietly at a given width. */
const PX_PER_TICK = 90;

const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;
const YEAR = 365 * DAY;
const LONG_STEPS_S = [
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 5, 10, 20, 50, 100].map((n) => n * DAY),
  ...[1, 2, 5, 10, 20, 50, 100, 200].map((n) => n * YEAR),
];

/** Smallest step that gives at most `most` ticks over `spanNs`. */
export function niceStep(spanNs: number, most: number): number {
  if (!(spanNs > 0)) return 1;
  const least = spanNs / Math.max(1, most);
  if (least > 50e9)
    return (LONG_STEPS_S.find((step) => step * 1e9 >= least) ?? Math.ceil(least / 1e9 / YEAR) * YEAR) * 1e9;
  const power = 10 ** Math.floor(Math.log10(least));
  for (const factor of [1, 2, 5, 10]) if (factor * power >= least * (1 - 1e-9)) return factor * power;
  return 10 * power;
}

/** Step of the ticks over `spanNs` for a width in pixels. */
export function tickStep(spanNs: number, widthPx: number): number {
  return niceStep(spanNs, Math.max(2, Math.floor(widthPx / PX_PER_TICK)));
}

/** Tick times in [from, to] for a width in pixels. */
export function ticks(from: number, to: number, widthPx: number): number[] {
  const step = tickStep(to - from, widthPx);
  const found: number[] = [];
  for (let i = Math.ceil(from / step - 1e-9); i * step <= to && found.length < 100; i++) found.push(i * step);
  return found;
}

/** Above this a number of small units cannot be read at a glance. */
const MOST_IN_UNIT = 9_999;

/** Labels of an axis in the unit of its step: `0 ms`, `300 ms`, `1200 ms`; far from the start as a clock: `3 d 1:00:00.3`. */
export function tickLabel(ns: number, stepNs: number): string {
  const sign = ns < 0 ? '−' : '';
  const size = Math.abs(ns);
  if (stepNs >= MINUTE * 1e9) return sign + wholeUnits(Math.round(size / 1e9 / MINUTE) * MINUTE);
  const [scale, unit] = stepNs < 1e3 ? [1, 'ns'] : stepNs < 1e6 ? [1e3, 'µs'] : stepNs < 1e9 ? [1e6, 'ms'] : [1e9, 's'];
  const value = Math.round((size / scale) * 1000) / 1000;
  if (value <= MOST_IN_UNIT && (scale < 1e9 || value < 2 * MINUTE)) return `${sign}${value} ${unit}`;
  return sign + clockLabel(size, Math.max(0, Math.ceil(-Math.log10(stepNs / 1e9) - 1e-9)));
}

const UNITS = [
  [YEAR, 'y'],
  [DAY, 'd'],
  [HOUR, 'h'],
  [MINUTE, 'min'],
] as const;

/** `2 h 30 min`: whole minutes in units of a clock, those that are none left out. */
function wholeUnits(seconds: number): string {
  const parts: string[] = [];
  let rest = seconds;
  for (const [size, unit] of UNITS) {
    const n = Math.floor(rest / size);
    rest -= n * size;
    if (n > 0) parts.push(`${n} ${unit}`);
  }
  return parts.length === 0 ? '0 min' : parts.join(' ');
}

/** `1:02:03.4`: as many decimals as the step needs. */
function clockLabel(ns: number, decimals: number): string {
  const units = Math.round((ns / 1e9) * 10 ** decimals);
  const seconds = Math.floor(units / 10 ** decimals);
  const fraction = decimals === 0 ? '' : `.${String(units % 10 ** decimals).padStart(decimals, '0')}`;
  const two = (n: number): string => String(n).padStart(2, '0');
  const days = Math.floor(seconds / DAY);
  const hours = Math.floor((seconds % DAY) / HOUR);
  const minutes = Math.floor((seconds % HOUR) / MINUTE);
  if (seconds < MINUTE) return `${seconds}${fraction} s`;
  if (seconds < HOUR) return `${minutes}:${two(seconds % MINUTE)}${fraction}`;
  return `${days > 0 ? `${days} d ` : ''}${hours}:${two(minutes)}:${two(seconds % MINUTE)}${fraction}`;
}
