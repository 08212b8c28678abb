// The time range of a page as it stands in the URL: `range=30m` (moves with now) or `start` and `end` in Unix ns.

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
const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Length of `30m`, `7d`…; null when it is not one. */
function rangeMs(key: string): number | null {
  const match = /^(\d{1,6})([smhd])$/.exec(key);
  if (!match) return null;
  return Number(match[1]) * (UNIT_MS[match[2] ?? ''] ?? 0) || null;
}

const pad = (value: number): string => String(value).padStart(2, '0');
const shortTime = (ns: string): string => {
  const d = new Date(Number(BigInt(ns) / NS_PER_MS));
  return `${pad(d.getMonth() + 1)}-${pad(d.getDate())} ${pad(d.getHours())}:${pad(d.getMinutes())}:${pad(d.getSeconds())}`;
};

/** Reads the range; what does not parse falls back to the default rather than to an error page. */
export function readRange(params: URLSearchParams, nowMs: number): TimeRange {
  const start = params.get('start') ?? '';
  const end = params.get('end') ?? '';
  if (/^\d{1,19}$/.test(start) && /^\d{1,19}$/.test(end) && BigInt(start) < BigInt(end)) {
    return { startNs: start, endNs: end, label: `${shortTime(start)} – ${shortTime(end)}`, relative: null };
  }
  const asked = params.get('range') ?? DEFAULT_RANGE;
  const length = rangeMs(asked);
  const key = length === null ? DEFAULT_RANGE : asked;
  const endNs = BigInt(Math.ceil(nowMs)) * NS_PER_MS;
  const startNs = endNs - BigInt(length ?? rangeMs(DEFAULT_RANGE) ?? 0) * NS_PER_MS;
  return {
    startNs: String(startNs),
    endNs: String(endNs),
    label: RANGES.find((r) => r.key === key)?.label ?? `Last ${key}`,
    relative: key,
  };
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
