// A trace that was dropped and is still in the rescue ring comes back when somebody opens it.
import { useQuery } from '@tanstack/react-query';
import { PATHS } from '#proto/api/paths.ts';
import { ask, type Answer, type BodyOf } from './api.ts';
import { postJson } from './http.ts';

/** How often the trace is asked for again, and how many times, until it is stored. */
const AGAIN_MS = 500;
const MOST_TRIES = 60;

/** Asks once for the trace to be brought back. */
export function useRescue(traceId: string, enabled: boolean) {
  const body: BodyOf<'rescue'> = { trace_ids: [traceId], why: 'opened' };
  return useQuery({
    queryKey: ['rescue', traceId],
    queryFn: ({ signal }) => postJson<Answer<'rescue'>>(PATHS.rescue, body, signal),
    enabled,
    staleTime: Infinity,
    retry: false,
    refetchOnWindowFocus: false,
  });
}

/** Asks for the trace until it is there; whoever reads it by `useTrace` then shows it. Whether it may still come. */
export function useTraceComing(traceId: string, enabled: boolean): boolean {
  const answer = useQuery({
    queryKey: ['trace', traceId],
    queryFn: ({ signal }) => ask('trace', {}, signal, { trace_id: traceId }),
    enabled,
    retry: false,
    refetchInterval: ({ state }) =>
      state.status !== 'success' && state.errorUpdateCount < MOST_TRIES ? AGAIN_MS : false,
  });
  return enabled && answer.errorUpdateCount < MOST_TRIES;
}
