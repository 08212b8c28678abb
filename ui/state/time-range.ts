// The time range of a page as it stands in the URL: `range=30m` (moves with now) or `start` and `end` in Unix ns.
import { whenBetween } from '../shape/time-words.ts';
import type { Reader } from '../shape/time-words.ts';

export interface TimeRange {
  readonly startNs: string;
  readonly endNs: string;
  readonly label: string;
  readonly relative: string | null;
}

const NS_PER_MS = 1_000_000n;
const DEFAULT_RANGE = '30m';
export const RANGES: readonly { readonly key: string; readonly label: string }[] = [
  { key: '5m', label: 'Last 5 minutes' },
  { key: '15m', label: 'Last 15 minutes' },
  { key: '30m', label: 'Last 30 minutes' },
  { key: '1h', label: 'Last hour' },
  { key: '3h', label: 'Last 3 hours' },
  { key: '12h', label: 'Last 12 hours' },
  { key: '1d', label: 'Last day' },
  { key: '7d', label: 'Last 7 days' },
];
export const UNITS: readonly { readonly key: string; readonly name: string; readonly ms: number }[] = [
  { key: 's', name: 'seconds', ms: 1_000 },
  { key: 'm', name: 'minutes', ms: 60_000 },
  { key: 'h', name: 'hours', ms: 3_600_000 },
  { key: 'd', name: 'days', ms: 86_400_000 },
];

/** Length of `30m`, `7d`…; null when it is not one. */
function rangeMs(key: string): number | null {
  const match = /^(\d{1,6})([smhd])$/.exec(key);
  if (!match) return null;
  return Number(match[1]) * (UNITS.find((unit) => unit.key === match[2])?.ms ?? 0) || null;
}

/** `Last 45 minutes` for `45m`. */
function labelOf(key: string): string {
  const known = RANGES.find((r) => r.key === key);
  if (known) return known.label;
  const unit = UNITS.find((u) => key.endsWith(u.key));
  const n = Number.parseInt(key, 10);
  return n === 1 ? `Last ${unit?.name.slice(0, -1)}` : `Last ${n} ${unit?.name}`;
}

/** Reads the range; what does not parse falls back to the default rather than to an error page. */
export function readRange(params: URLSearchParams, reader: Reader): TimeRange {
  const start = params.get('start') ?? '';
  const end = params.get('end') ?? '';
  if (/^\d{1,19}$/.test(start) && /^\d{1,19}$/.test(end) && BigInt(start) < BigInt(end)) {
    return { startNs: start, endNs: end, label: whenBetween(start, end, reader), relative: null };
  }
  const asked = params.get('range') ?? DEFAULT_RANGE;
  const length = rangeMs(asked);
  const key = length === null ? DEFAULT_RANGE : asked;
  const endNs = BigInt(Math.ceil(reader.nowMs)) * NS_PER_MS;
  const startNs = endNs - BigInt(length ?? rangeMs(DEFAULT_RANGE) ?? 0) * NS_PER_MS;
  return { startNs: String(startNs), endNs: String(endNs), label: labelOf(key), relative: key };
}

/** Length of a range in seconds. */
export function rangeSeconds(range: TimeRange): number {
  return Number((BigInt(range.endNs) - BigInt(range.startNs)) / NS_PER_MS) / 1000;
}

/** As much before a time as after it, where the range of the page is about another. */
const AROUND_NS = 900_000_000_000n;

/** The range of the page where the time lies in it, else a half hour around the time. */
export function rangeAround(range: TimeRange, ns: string): { readonly start: string; readonly end: string } {
  const at = BigInt(ns);
  if (at >= BigInt(range.startNs) && at < BigInt(range.endNs)) return { start: range.startNs, end: range.endNs };
  const start = at > AROUND_NS ? at - AROUND_NS : 0n;
  return { start: String(start), end: String(at + AROUND_NS) };
}

/** The range made twice as long about its middle: the way back from a zoom that nobody remembers. Never before 1970, never after `nowMs`. */
export function widened(range: TimeRange, nowMs: number): { readonly start: string; readonly end: string } {
  const [start, end] = [BigInt(range.startNs), BigInt(range.endNs)];
  const half = (end - start) / 2n + 1n;
  const now = BigInt(Math.ceil(nowMs)) * NS_PER_MS;
  const latest = end > now ? end : now;
  const from = start - half;
  return { start: String(from < 0n ? 0n : from), end: String(end + half > latest ? latest : end + half) };
}
