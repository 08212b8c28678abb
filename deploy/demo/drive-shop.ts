// Sends a shop's batches at a rate, or as fast as the receiver answers, and adds up what became of them.

import { nanosOfMs } from '#proto/model/unix-nano.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import type { OtlpClient } from '../replay/otlp-client.ts';
import type { OtlpSignal } from '../replay/otlp-signal.ts';
import type { Shop } from './shop.ts';

/** How to drive. */
export interface DriveOptions {
  shop: Shop;
  client: OtlpClient;
  /** 'max' sends as fast as the receiver answers. */
  spansPerSecond: number | 'max';
  /** 0 goes on until `signal`. */
  durationMs: number;
  /** Requests in flight; more wait for an answer. */
  concurrency: number;
  signal: AbortSignal;
  onProgress?(totals: DriveTotals): void;
}

/** Sums of a drive. `refused` counts spans in requests that were not accepted; `failures` are the first reasons. */
export interface DriveTotals {
  spans: number;
  traces: number;
  requests: number;
  refused: number;
  seconds: number;
  failures: string[];
}

const MAX_FAILURES = 5;
/** A shop that fell behind its rate catches up this much and lets the rest go: no flood after a pause. */
const MAX_BEHIND_MS = 1000;
/** Two batches are two hosts' halves of the same traces: the drive ends after a whole pair. */
const BATCHES_PER_ROUND = 2;

/** Sends until the time is over or `signal` is aborted; resolves when the last answer is in. */
export async function driveShop(options: DriveOptions): Promise<DriveTotals> {
  const { shop, client, spansPerSecond, durationMs, signal } = options;
  const totals: DriveTotals = { spans: 0, traces: 0, requests: 0, refused: 0, seconds: 0, failures: [] };
  const inFlight = new Set<Promise<void>>();
  const startedMs = performance.now();
  let dueMs = 0;

  const send = (kind: OtlpSignal, body: Uint8Array, spans: number): void => {
    totals.requests++;
    const sending: Promise<void> = client.export(kind, body).then((outcome) => {
      inFlight.delete(sending);
      totals.refused += outcome.acknowledged ? outcome.rejected : spans;
      if ((!outcome.acknowledged || outcome.rejected > 0) && totals.failures.length < MAX_FAILURES)
        totals.failures.push(outcome.message);
    });
    inFlight.add(sending);
  };

  while (!signal.aborted) {
    const elapsedMs = performance.now() - startedMs;
    if (durationMs > 0 && elapsedMs >= durationMs) break;
    if (dueMs < elapsedMs - MAX_BEHIND_MS) dueMs = elapsedMs - MAX_BEHIND_MS;
    if (dueMs > elapsedMs) {
      const untilMs = durationMs > 0 ? Math.min(dueMs, durationMs) : dueMs;
      await sleep(Math.max(1, untilMs - elapsedMs), undefined, { signal }).catch(() => undefined);
      continue;
    }
    const nowNs = nanosOfMs(Date.now());
    for (let i = 0; i < BATCHES_PER_ROUND; i++) {
      const batch = shop.next(nowNs);
      send('traces', batch.traces, batch.spans);
      if (batch.logs !== undefined) send('logs', batch.logs, 0);
      if (batch.metrics !== undefined) send('metrics', batch.metrics, 0);
      totals.spans += batch.spans;
      totals.traces += batch.startedTraces;
      if (spansPerSecond !== 'max') dueMs += (batch.spans / spansPerSecond) * 1000;
    }
    while (inFlight.size >= options.concurrency) await Promise.race(inFlight);
    totals.seconds = (performance.now() - startedMs) / 1000;
    options.onProgress?.(totals);
  }
  await Promise.all(inFlight);
  totals.seconds = Math.round(performance.now() - startedMs) / 1000;
  return totals;
}
