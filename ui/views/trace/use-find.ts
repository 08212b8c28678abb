// Finds spans while somebody types: what is on the page at once, attributes as the server answers.
import { useMemo } from 'react';
import { useFoundSpans } from '#ui/load/queries.ts';
import { countFound, findSpans } from '#ui/shape/find-spans.ts';
import { parseFind } from '#ui/shape/find-terms.ts';
import { useSettled } from '#ui/state/settled.ts';
import type { TraceModel } from './trace-model.ts';

export interface Found {
  /** 1 at the position of each span that is found. */
  readonly matches: Uint8Array;
  readonly count: number;
  /** There are more than the server names. */
  readonly isCut: boolean;
  readonly isAsking: boolean;
  readonly error: Error | null;
}

export function useFind(model: TraceModel, typed: string): Found {
  const terms = useMemo(() => parseFind(typed), [typed]);
  const settled = useSettled(typed);
  const asked = useMemo(() => parseFind(settled).map(({ text }) => text), [settled]);
  const answer = useFoundSpans(model.trace.summary.trace_id, asked);
  const held = useMemo(
    () => new Map((answer.data?.terms ?? []).map((one) => [one.term, new Set(one.span_ids)])),
    [answer.data],
  );
  const matches = useMemo(() => findSpans(model.trace, model.tree, terms, held), [model, terms, held]);
  const found = useMemo(() => countFound(matches), [matches]);
  return {
    matches,
    count: found,
    isCut: answer.data?.terms.some((one) => one.is_cut) ?? false,
    isAsking: terms.length > 0 && (settled !== typed || answer.isFetching),
    error: terms.length > 0 ? answer.error : null,
  };
}
