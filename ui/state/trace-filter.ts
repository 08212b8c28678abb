// The filter of the trace list: read from the URL, asked of the API, shown as chips. Names are those of the API; `sel` is a rectangle of the heatmap.
import { milliseconds } from '../shape/format.ts';
import type { QueryOf } from '../load/api.ts';
import type { TimeRange } from './time-range.ts';

const SINGLE = [
  'service',
  'operation',
  'root_service',
  'status',
  'rule',
  'min_duration_ms',
  'max_duration_ms',
] as const;
export type FilterKey = (typeof SINGLE)[number];
/** What search, heatmap and facets have in common. */
type FilterQuery = QueryOf<'heatmap'>;

/** Filter part of the API's query. */
export function filterQuery(params: URLSearchParams, range: TimeRange): FilterQuery {
  const query: { -readonly [P in keyof FilterQuery]: FilterQuery[P] } = { start: range.startNs, end: range.endNs };
  for (const key of SINGLE) {
    const value = params.get(key);
    if (value !== null && value !== '') query[key] = value;
  }
  const attributes = params.getAll('attr');
  if (attributes.length > 0) query.attr = attributes;
  return query;
}

/** Chosen rectangle of the heatmap: ns of start, ms of duration. */
export interface Selection {
  readonly startNs: string;
  readonly endNs: string;
  readonly minMs: number;
  readonly maxMs: number;
}

export function readSelection(params: URLSearchParams): Selection | null {
  const match = /^(\d{1,19})~(\d{1,19})~([\d.]{1,20})~([\d.]{1,20})$/.exec(params.get('sel') ?? '');
  if (!match) return null;
  const [, startNs = '', endNs = '', min, max] = match;
  return BigInt(startNs) < BigInt(endNs) && Number(min) < Number(max)
    ? { startNs, endNs, minMs: Number(min), maxMs: Number(max) }
    : null;
}

export function selectionText(s: Selection): string {
  return [s.startNs, s.endNs, Number(s.minMs.toPrecision(4)), Number(s.maxMs.toPrecision(4))].join('~');
}

/** The filter narrowed to the rectangle. */
export function withSelection(query: FilterQuery, selection: Selection | null): FilterQuery {
  if (!selection) return query;
  const low = Math.max(selection.minMs, Number(query.min_duration_ms ?? 0));
  const high = Math.min(selection.maxMs, Number(query.max_duration_ms ?? Number.POSITIVE_INFINITY));
  return {
    ...query,
    start: selection.startNs,
    end: selection.endNs,
    min_duration_ms: String(low),
    max_duration_ms: String(high),
  };
}

export interface Chip {
  readonly key: FilterKey | 'attr';
  readonly value: string;
  readonly text: string;
}

const WORDS: Readonly<Record<FilterKey, string>> = {
  service: 'service =',
  operation: 'operation =',
  root_service: 'root service =',
  status: 'status =',
  rule: 'kept by',
  min_duration_ms: 'duration ≥',
  max_duration_ms: 'duration ≤',
};

/** Chips of the filter in a fixed order. */
export function chips(params: URLSearchParams): Chip[] {
  const found: Chip[] = [];
  for (const key of SINGLE) {
    const value = params.get(key);
    if (value === null || value === '') continue;
    found.push({ key, value, text: `${WORDS[key]} ${key.endsWith('_ms') ? milliseconds(Number(value)) : value}` });
  }
  for (const value of params.getAll('attr')) found.push({ key: 'attr', value, text: value.replace('=', ' = ') });
  return found;
}

const TRACE_ID = /^[0-9a-f]{32}$/i;
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, us: 0.001, µs: 0.001 };

export type Meaning = { readonly trace: string } | { readonly key: FilterKey | 'attr'; readonly value: string };

/** What a person typed: a trace id, `duration > 500ms`, `service = x`, `key=value`, a known service, or the name of an operation. */
export function meaningOf(text: string, services: readonly string[]): Meaning | null {
  const words = text.trim();
  if (words === '') return null;
  const id = words.replaceAll(/[-·\s]/g, '');
  if (TRACE_ID.test(id)) return { trace: id.toLowerCase() };
  const time = /^duration\s*(>=?|<=?)\s*([\d.]+)\s*(us|µs|ms|s)$/.exec(words);
  if (time)
    return {
      key: time[1]?.startsWith('>') ? 'min_duration_ms' : 'max_duration_ms',
      value: String(Number(time[2]) * (UNIT_MS[time[3] ?? ''] ?? 1)),
    };
  const pair = /^([^=\s]+)\s*=\s*(.+)$/.exec(words);
  if (pair) {
    const key = pair[1] ?? '';
    const value = pair[2] ?? '';
    const known = SINGLE.find((k) => k === key);
    return known ? { key: known, value } : { key: 'attr', value: `${key}=${value}` };
  }
  if (services.includes(words)) return { key: 'service', value: words };
  if (words === 'error' || words === 'errors') return { key: 'status', value: 'error' };
  return { key: 'operation', value: words };
}
