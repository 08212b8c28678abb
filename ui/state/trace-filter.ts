// The filter of the trace list: the question of the address as the API is asked it, and `sel`, a rectangle of the heatmap.
import { fieldIs } from '#proto/search/expression.ts';
import { printSearch } from '#proto/search/print.ts';
import { questionOf, withCondition } from './question.ts';
import type { TimeRange } from './time-range.ts';

/** What search, heatmap and facets have in common. */
export interface FilterQuery {
  readonly start: string;
  readonly end: string;
  readonly q: string;
}

/** Filter part of the API's query. */
export function filterQuery(params: URLSearchParams, range: TimeRange): FilterQuery {
  return { start: range.startNs, end: range.endNs, q: questionOf(params) };
}

/** Chosen rectangle of the heatmap: starts and durations in ns, the ends exclusive. */
export interface Selection {
  readonly startNs: string;
  readonly endNs: string;
  readonly minNs: number;
  readonly maxNs: number;
}

export function readSelection(params: URLSearchParams): Selection | null {
  const match = /^(\d{1,19})~(\d{1,19})~(\d{1,16})~(\d{1,16})$/.exec(params.get('sel') ?? '');
  if (!match) return null;
  const [, startNs = '', endNs = '', min, max] = match;
  return BigInt(startNs) < BigInt(endNs) && Number(min) < Number(max)
    ? { startNs, endNs, minNs: Number(min), maxNs: Number(max) }
    : null;
}

export function selectionText(s: Selection): string {
  return [s.startNs, s.endNs, s.minNs, s.maxNs].join('~');
}

/** The durations of a rectangle as a condition. */
export function durationCondition({ minNs, maxNs }: Selection): string {
  const bounds = [
    fieldIs('trace.duration', '>=', { type: 'duration', ns: minNs }),
    fieldIs('trace.duration', '<', { type: 'duration', ns: maxNs }),
  ];
  return bounds.map(printSearch).join(' ');
}

/** The filter narrowed to the rectangle. */
export function withSelection(query: FilterQuery, selection: Selection | null): FilterQuery {
  if (!selection) return query;
  return { start: selection.startNs, end: selection.endNs, q: withCondition(query.q, durationCondition(selection)) };
}
