// Why a collector that has just started is not ready, for the person who started it.
import { z } from 'zod';

/** It answers from memory. */
const ANSWER_WITHIN_MS = 2000;
const Readiness = z.object({ reasons: z.array(z.string()).default([]) });

/** @param admin HOST:PORT @returns sentences of /readyz; none when it is ready, or does not say */
export async function reasonsNotReady(admin: string): Promise<readonly string[]> {
  try {
    const answer = await fetch(`http://${admin}/readyz`, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    return answer.ok ? [] : Readiness.parse(await answer.json()).reasons;
  } catch {
    return [];
  }
}
