// Tries an export again as OTLP allows: only retryable answers, the server's own wait first, else growing random waits.

import { setTimeout as sleep } from 'node:timers/promises';
import type { AttemptResult, ExportOutcome } from './export-outcome.ts';

/** First wait without a word from the server, and how far it grows. */
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5_000;
/** Waits are spread over this share so that many senders do not return together. */
const JITTER = 0.5;

/** How long to go on: `giveUpAfterMs` counts from the first try. `signal` ends the waiting. */
export interface RetryLimits {
  giveUpAfterMs: number;
  signal?: AbortSignal;
}

/** Runs `attempt` until it is done, failed for good, or the time is used up. Never throws for what a server answers. */
export async function retryExport(attempt: () => Promise<AttemptResult>, limits: RetryLimits): Promise<ExportOutcome> {
  const startedMs = performance.now();
  let growingMs = FIRST_WAIT_MS;
  for (let attempts = 1; ; attempts++) {
    const result = await attempt();
    if (result.kind === 'done')
      return { acknowledged: true, rejected: result.rejected, message: result.message, attempts };
    if (result.kind === 'failed') return { acknowledged: false, rejected: 0, message: result.message, attempts };
    const waitMs = result.waitMs ?? growingMs * (1 - JITTER * Math.random());
    growingMs = Math.min(growingMs * 2, LONGEST_WAIT_MS);
    const leftMs = limits.giveUpAfterMs - (performance.now() - startedMs);
    if (waitMs > leftMs || limits.signal?.aborted === true) {
      return {
        acknowledged: false,
        rejected: 0,
        message: `${result.message} (gave up after ${attempts} tries)`,
        attempts,
      };
    }
    await sleep(waitMs, undefined, limits.signal === undefined ? {} : { signal: limits.signal }).catch(() => undefined);
  }
}
