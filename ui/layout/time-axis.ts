// Ticks of a time axis: steps of 1, 2 or 5 times a power of ten, or 1-2-5-10-15-30 once minutes are reached.

/** Largest number of ticks that still reads quietly at a given width. */
const PX_PER_TICK = 90;

const LONG_STEPS_NS = [60, 120, 300, 600, 900, 1800, 3600, 7200, 18000, 36000, 86400].map((s) => s * 1e9);

/** Smallest step that gives at most `most` ticks over `spanNs`. */
export function niceStep(spanNs: number, most: number): number {
  if (!(spanNs > 0)) return 1;
  const least = spanNs / Math.max(1, most);
  if (least > 50e9) return LONG_STEPS_NS.find((step) => step >= least) ?? Math.ceil(least / 86400e9) * 86400e9;
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

/** All labels of an axis in the unit of its step: `0 ms`, `300 ms`, `1200 ms`. */
export function tickLabel(ns: number, stepNs: number): string {
  const [scale, unit] =
    stepNs < 1e3
      ? [1, 'ns']
      : stepNs < 1e6
        ? [1e3, 'µs']
        : stepNs < 1e9
          ? [1e6, 'ms']
          : stepNs < 60e9
            ? [1e9, 's']
            : [60e9, 'min'];
  const value = Math.round((ns / scale) * 1000) / 1000;
  return `${value < 0 ? '−' : ''}${Math.abs(value)} ${unit}`;
}
