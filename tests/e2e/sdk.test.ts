// The official OpenTelemetry SDK against a whole Winnow: traces, logs and metrics over gRPC, HTTP/protobuf and HTTP/JSON are found whole.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LogsResponse } from '#proto/api/logs.ts';
import type { WhyResponse } from '#proto/api/decisions.ts';
import { conserved, RunningWinnow } from '../support/running-winnow.ts';
import { ORDERS, runSdkApp, type SdkProtocol } from '../support/sdk-app.ts';
import { EVER, storedSpans } from '../support/stored-traces.ts';

const TIMEOUT_MS = 60_000;

describe('the official OpenTelemetry SDK', () => {
  let winnow: RunningWinnow;
  beforeAll(async () => {
    winnow = await RunningWinnow.start(
      'sampling: { wait: { quiet: 300ms, after_root: 1s, max: 2s } }\nred: { flush_every: 1s }\n',
    );
  }, TIMEOUT_MS);
  afterAll(async () => winnow.stop(), TIMEOUT_MS);

  describe.each<SdkProtocol>(['grpc', 'http/protobuf', 'http/json'])('over %s', (protocol) => {
    const service = `orders-${protocol.replace('/', '-')}`;
    let traceIds: string[] = [];
    beforeAll(async () => {
      traceIds = await runSdkApp(service, protocol, winnow.addresses);
      await winnow.settled();
    }, TIMEOUT_MS);

    it('traces are found whole: every span with its attributes, events, links and status', async () => {
      const spans = await storedSpans(winnow, traceIds);
      expect(spans).toHaveLength(ORDERS * 3);
      expect(new Set(spans.map((span) => span.service))).toEqual(new Set([service]));
      const insert = spans.filter((span) => span.name === 'INSERT orders');
      expect(insert).toHaveLength(ORDERS);
      for (const span of insert) {
        expect(span.attributes).toEqual([
          { key: 'db.system.name', type: 'string', value: 'postgresql' },
          { key: 'share', type: 'double', value: '0.5' },
        ]);
        expect(span.events).toMatchObject([
          { name: 'retry', attributes: [{ key: 'attempt', type: 'int', value: '2' }] },
        ]);
      }
      const roots = spans.filter((span) => span.parent_span_id === '');
      const numbers = roots.map((span) => Number(span.attributes.find(({ key }) => key === 'order.number')?.value));
      expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: ORDERS }, (_, i) => i));
      expect(spans.filter((span) => span.links.length === 1)).toHaveLength(ORDERS);
      expect(spans.filter((span) => span.status_code === 2).map((span) => span.status_message)).toEqual(['no broker']);
      const why = await winnow.api<WhyResponse>(`/api/why/${traceIds[0]}`);
      expect(why.state).toBe('kept');
    });

    it('log records are found whole, each with its trace', async () => {
      const { logs } = await winnow.api<LogsResponse>(`/api/logs?${EVER}&service=${service}&limit=100`);
      expect(logs.map((log) => log.body).toSorted()).toEqual(
        Array.from({ length: ORDERS }, (_, i) => `order ${i} placed`).toSorted(),
      );
      expect(new Set(logs.map((log) => log.trace_id))).toEqual(new Set(traceIds));
    });

    it('metrics are found in PromQL: sum, histogram and gauge', async () => {
      const job = `job="${service}"`;
      expect((await winnow.promql(`sum(orders_placed_total{${job}})`))[0]?.value[1]).toBe(String(ORDERS));
      expect((await winnow.promql(`order_value_seconds_count{${job}}`))[0]?.value[1]).toBe(String(ORDERS));
      expect(Number((await winnow.promql(`order_value_seconds_sum{${job}}`))[0]?.value[1])).toBeCloseTo(4.5);
      expect((await winnow.promql(`orders_open{${job}}`))[0]?.value[1]).toBe('7');
    });
  });

  it('the ledger balances for every signal', async () => {
    const ledger = await winnow.settled();
    expect([ledger.spans, ledger.log_records, ledger.metric_points].every(conserved)).toBe(true);
    expect(ledger.spans.stored).toBe(ORDERS * 3 * 3);
    expect(ledger.log_records.stored).toBe(ORDERS * 3);
  });
});
