// Which spans of one trace hold a term in an attribute of their own, of an event, or of their resource: what the answer of the trace does not carry.
import type { FindResponse } from '#proto/api/find.ts';
import type { SpanTerm, TraceReader } from '#query/store/traces/contract.ts';

/** Span ids of one term; beyond it the answer says that it is cut. */
const MAX_FOUND = 50_000;

export async function findSpans(traces: TraceReader, traceId: string, terms: readonly string[]): Promise<FindResponse> {
  return {
    terms: await Promise.all(
      terms.map(async (term) => {
        const found = await traces.spansWith(traceId, termOf(term), MAX_FOUND + 1);
        return { term, span_ids: found.slice(0, MAX_FOUND), is_cut: found.length > MAX_FOUND };
      }),
    ),
  };
}

/** `key=value` asks for an attribute, anything else for a part of a key or a value. */
function termOf(term: string): SpanTerm {
  const at = term.indexOf('=');
  return at > 0 ? { key: term.slice(0, at), value: term.slice(at + 1) } : { key: undefined, value: term };
}
