// What becomes of a trace that is not stored: asked again while something is to come of it. One that was dropped and is still in the rescue ring
// comes back when somebody opens it.
import { useQuery } from '@tanstack/react-query';
import { PATHS } from '#proto/api/paths.ts';
import { ask, type Answer, type BodyOf } from './api.ts';
import { postJson } from './http.ts';

/** How often it is asked again: soon at first, then less often. */
const SOON_MS = 1_000;
const LATER_MS = 5_000;
const SOON_TIMES = 60;
/** After that somebody has to ask for it by hand: half an hour is longer than any wait. */
const MOST_TIMES = 420;

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

/** Why a trace is not stored, asked again as long as it may still be. @param isComing it is being brought back */
export function useWhyNotStored(traceId: string, isComing: boolean) {
  return useQuery({
    queryKey: ['why-not-stored', traceId],
    queryFn: ({ signal }) => ask('why', {}, signal, { trace_id: traceId }),
    refetchInterval: ({ state: { data, dataUpdateCount } }) => {
      if (data === undefined || dataUpdateCount > MOST_TIMES) return false;
      if (data.state !== 'pending' && data.state !== 'kept' && !isComing) return false;
      return dataUpdateCount < SOON_TIMES ? SOON_MS : LATER_MS;
    },
  });
}
