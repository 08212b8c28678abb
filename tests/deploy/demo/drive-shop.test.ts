// Driving the shop against a real receiver: rate, duration, and what a refusal does to the sums.

import { status } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { driveShop, type DriveTotals } from '#deploy/demo/drive-shop.ts';
import { createShop } from '#deploy/demo/shop.ts';
import { createOtlpClient } from '#deploy/replay/otlp-client.ts';
import { startOtlpReceiver, type ReceiverScript } from '#tests/support/otlp-receiver.ts';
import { readSpans } from '#tests/support/read-spans.ts';

async function drive(
  spansPerSecond: number | 'max',
  durationMs: number,
  script?: ReceiverScript,
): Promise<{ totals: DriveTotals; received: number; signals: Set<string> }> {
  const receiver = await startOtlpReceiver(script);
  const client = createOtlpClient({ protocol: 'grpc', endpoint: receiver.grpcEndpoint });
  try {
    const shop = createShop({ seed: 1, spansPerBatch: 100 });
    const totals = await driveShop({
      shop,
      client,
      spansPerSecond,
      durationMs,
      concurrency: 4,
      signal: new AbortController().signal,
    });
    const traces = receiver.requests.filter(({ signal }) => signal === 'traces');
    return {
      totals,
      received: traces.reduce((sum, { body }) => sum + readSpans(body).length, 0),
      signals: new Set(receiver.requests.map(({ signal }) => signal)),
    };
  } finally {
    client.close();
    await receiver.close();
  }
}

test('everything that was sent has arrived, in all three signals', async () => {
  const { totals, received, signals } = await drive('max', 300);
  expect(received).toBe(totals.spans);
  expect(totals.refused).toBe(0);
  expect(signals).toEqual(new Set(['traces', 'logs', 'metrics']));
});

test('the rate is kept: no more than asked, give or take a round', async () => {
  const { totals } = await drive(1000, 500);
  expect(totals.spans).toBeGreaterThanOrEqual(300);
  expect(totals.spans).toBeLessThanOrEqual(800);
});

test('spans of refused requests are counted as refused', async () => {
  const { totals } = await drive(1000, 200, ({ signal }) =>
    signal === 'traces' ? { grpc: { code: status.INVALID_ARGUMENT } } : undefined,
  );
  expect(totals.spans).toBeGreaterThan(0);
  expect(totals.refused).toBe(totals.spans);
});
