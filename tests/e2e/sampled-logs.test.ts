// Sampled logs in the running system: what is left out is counted, what is stored carries its weight, and questions are answered for all of them.
import { expect, it } from 'vitest';
import type { LogsResponse } from '#proto/api/logs.ts';
import { otlpType } from '../support/otlp-proto.ts';
import { conserved, RunningWinnow } from '../support/running-winnow.ts';

const Request = otlpType('opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest');
const RECORDS = 4000;
const ERRORS = 40;
const NOW_NS = 1_700_000_000_000_000_000n;

it(
  'a quarter of the records is stored, each for four; errors are all there; counts in answers are those of all',
  { timeout: 180_000 },
  async () => {
    await using winnow = await RunningWinnow.start('sampling: { logs: { keep: 25% } }');
    const logRecords = Array.from({ length: RECORDS }, (_, i) => ({
      timeUnixNano: String(NOW_NS + BigInt(i)),
      severityNumber: i < ERRORS ? 17 : 9,
      body: { stringValue: `record ${i}` },
      traceId: Buffer.from(
        ((BigInt(i + 1) * 0x9e37_79b9_7f4a_7c15n) % 2n ** 64n).toString(16).padStart(32, '1'),
        'hex',
      ),
    }));
    const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] };
    const body = Request.encode(
      Request.fromObject({ resourceLogs: [{ resource, scopeLogs: [{ logRecords }] }] }),
    ).finish();
    const answer = await fetch(`http://${winnow.addresses['otlp_http']}/v1/logs`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body: new Uint8Array(body),
    });
    expect(answer.status).toBe(200);
    const { log_records: ledger } = await winnow.settled();
    expect(conserved(ledger)).toBe(true);
    expect(ledger).toMatchObject({ received: RECORDS, stored: RECORDS - ledger.sampled_out, dropped: 0 });
    expect(await winnow.metrics()).toContain(`winnow_log_records_sampled_out_total{rule="logs"} ${ledger.sampled_out}`);
    const range = `start=${NOW_NS - 60_000_000_000n}&end=${NOW_NS + 60_000_000_000n}`;
    const { logs, histogram } = await winnow.api<LogsResponse>(`/api/logs?${range}&service=shop&limit=1000`);
    expect(new Set(logs.map((record) => `${record.severity >= 17 ? 'error' : 'info'} ${record.weight}`))).toEqual(
      new Set(['error 1', 'info 4']),
    );
    const others = RECORDS - ERRORS;
    expect(histogram.reduce((sum, point) => sum + point.errors, 0)).toBe(ERRORS);
    expect(histogram.reduce((sum, point) => sum + point.records, 0)).toBe(ERRORS + (ledger.stored - ERRORS) * 4);
    expect(Math.abs((ledger.stored - ERRORS) * 4 - others)).toBeLessThan(4 * 4 * Math.sqrt(others * 0.25 * 0.75));
  },
);
