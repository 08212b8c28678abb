// kill -9 of the collector in the middle of a real capture: what was acknowledged is stored, once, under the decision that the whole trace gets.
import { expect, it } from 'vitest';
import { captureFacts, randomnessOf, totalSpans } from '../support/capture-facts.ts';
import { conserved, RunningWinnow } from '../support/running-winnow.ts';
import { describeWithData, sharedData } from '../support/shared-data.ts';
import { storedTraces } from '../support/stored-traces.ts';

const TIMEOUT_MS = 300_000;
const CAPTURE = 'otlp/online-boutique-9min.otlp.pb.frames';
const WAIT = 'wait: { quiet: 2s, after_root: 4s, max: 8s }';
const KEEP_ALL = `sampling: { ${WAIT} }\nred: { flush_every: 1s }\n`;
const HALF = `sampling: { ${WAIT}, rules: [{ name: half, keep: 50% }] }\n`;
/** T of 50 %. */
const T_HALF = '80000000000000';
const KILLS = 2;

/** Replays while the collector is killed again and again, each time after some more spans have been received. */
async function replayThroughCrashes(winnow: RunningWinnow): Promise<void> {
  const replaying = winnow.replay(sharedData(CAPTURE), '--speed', '1500');
  let pid = Number(winnow.addresses['collector_pid']);
  for (let kill = 0; kill < KILLS; kill++) {
    await winnow.until(async () =>
      ((await winnow.ledger().catch(() => undefined))?.spans.received ?? 0) > 8000 + 9000 * kill ? true : undefined,
    );
    process.kill(pid, 'SIGKILL');
    await winnow.until(() => Promise.resolve(backAgain(winnow.log).length > kill ? true : undefined));
    pid = backAgain(winnow.log)[kill]!;
  }
  expect((await replaying).code).toBe(0);
}

function backAgain(log: string): number[] {
  return [...log.matchAll(/collector is back \(process (\d+)\)/g)].map((match) => Number(match[1]));
}

describeWithData('a collector that is killed', () => {
  it('loses no acknowledged span and stores none twice, whole traces at that', { timeout: TIMEOUT_MS }, async () => {
    const facts = await captureFacts(CAPTURE);
    await using winnow = await RunningWinnow.start(KEEP_ALL);
    await replayThroughCrashes(winnow);
    const { spans } = await winnow.settled();
    expect(conserved(spans)).toBe(true);
    const stored = await winnow.until(async () => {
      const traces = await storedTraces(winnow);
      return traces.reduce((sum, trace) => sum + trace.span_count, 0) >= totalSpans(facts) ? traces : undefined;
    });
    expect(new Map(stored.map((trace) => [trace.trace_id, trace.span_count]))).toEqual(
      new Map([...facts].map(([id, { spans: count }]) => [id, count])),
    );
    expect(winnow.log).toContain('taken again from the write-ahead log');
  });

  it('decides as it would have: R >= T, id by id, and no trace in two halves', { timeout: TIMEOUT_MS }, async () => {
    const facts = await captureFacts(CAPTURE);
    await using winnow = await RunningWinnow.start(HALF);
    await replayThroughCrashes(winnow);
    await winnow.settled();
    const kept = new Map([...facts].filter(([id]) => randomnessOf(id) >= T_HALF).map(([id, { spans }]) => [id, spans]));
    const stored = await winnow.until(async () => {
      const traces = await storedTraces(winnow);
      return traces.reduce((sum, trace) => sum + trace.span_count, 0) >=
        [...kept.values()].reduce((sum, spans) => sum + spans, 0)
        ? traces
        : undefined;
    });
    expect(new Map(stored.map((trace) => [trace.trace_id, trace.span_count]))).toEqual(kept);
  });
});
