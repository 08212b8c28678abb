// The embedded ClickHouse is killed in the middle of a replay of a real capture.
import { expect, it } from 'vitest';
import { captureFacts } from '../support/capture-facts.ts';
import { RunningWinnow } from '../support/running-winnow.ts';
import { describeWithData, sharedData } from '../support/shared-data.ts';
import { storedTraces } from '../support/stored-traces.ts';

const CAPTURE = 'otlp/online-boutique-9min.otlp.pb.frames';
const SPANS = 165_050;
const FAST = 'sampling: { wait: { quiet: 2s, after_root: 4s, max: 8s } }\nred: { flush_every: 1s }\n';
const SUM_OF_CALLS = 'sum(traces_span_metrics_calls_total)';

describeWithData('the embedded ClickHouse', () => {
  it('loses nothing and stores nothing twice when it is killed with kill -9', { timeout: 300_000 }, async () => {
    const facts = await captureFacts(CAPTURE);
    await using winnow = await RunningWinnow.start(FAST);
    // The capture covers four hours; at this pace it takes some ten seconds.
    const replaying = winnow.replay(sharedData(CAPTURE), '--speed', '1500');
    await winnow.until(async () => ((await winnow.ledger()).spans.stored > 10_000 ? true : undefined));
    process.kill(Number(winnow.addresses['clickhouse_pid']), 'SIGKILL');
    expect((await replaying).code).toBe(0);
    const { spans } = await winnow.settled();
    expect(spans).toMatchObject({ received: SPANS, stored: SPANS, rejected: 0, dropped: 0 });
    expect(winnow.log).toContain('embedded ClickHouse is back');
    const stored = new Map((await storedTraces(winnow)).map((trace) => [trace.trace_id, trace.span_count]));
    expect(stored).toEqual(new Map([...facts].map(([id, { spans: count }]) => [id, count])));
    await winnow.until(
      async () => ((await winnow.promql(SUM_OF_CALLS))[0]?.value[1] === String(SPANS) ? true : undefined),
      30_000,
    );
  });
});
