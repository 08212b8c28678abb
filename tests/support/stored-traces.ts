// Everything a running Winnow has stored, read through its own API, for comparison with what was sent.
import type { TraceSummary, SearchResponse } from '#proto/api/search.ts';
import type { SpanDetail, SpanDetailResponse } from '#proto/api/trace.ts';
import type { RunningWinnow } from './running-winnow.ts';

/** All of time that the API takes. */
export const EVER = 'start=0&end=9223372036854775807';
const PAGE = 200;
/** Traces asked for at one time: as many as the route takes. */
const BATCH = 100;

/** Every stored trace, page by page. */
export async function storedTraces(winnow: RunningWinnow): Promise<TraceSummary[]> {
  const traces: TraceSummary[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const after: string = cursor === '' ? '' : `&cursor=${cursor}`;
    const page: SearchResponse = await winnow.api<SearchResponse>(`/api/search?${EVER}&limit=${PAGE}${after}`);
    traces.push(...page.traces);
    cursor = page.next_cursor;
  }
  return traces;
}

/** Every stored span in full. */
export async function storedSpans(winnow: RunningWinnow, traceIds: readonly string[]): Promise<SpanDetail[]> {
  const spans: SpanDetail[] = [];
  for (let i = 0; i < traceIds.length; i += BATCH) {
    const ids = traceIds
      .slice(i, i + BATCH)
      .map((id) => `trace_id=${id}`)
      .join('&');
    spans.push(...(await winnow.api<SpanDetailResponse>(`/api/traces/full?${ids}`)).spans);
  }
  return spans;
}
