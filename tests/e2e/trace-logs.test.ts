// Log records of a trace in a real browser on the real server: more than are loaded at once are said to be more, and can be loaded.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LogsResponse } from '#proto/api/logs.ts';
import { launchBrowser } from '../support/browser.ts';
import { RunningWinnow } from '../support/running-winnow.ts';
import { traceRequest } from '../support/trace-builder.ts';

const RECORDS = 1500;
const CONFIG = 'sampling:\n  wait: { quiet: 100ms }\n  rules: [{ name: everything, keep: 100% }]\n';

let winnow: RunningWinnow;
let browser: Browser;
beforeAll(async () => {
  winnow = await RunningWinnow.start(CONFIG);
  browser = await launchBrowser();
}, 120_000);
afterAll(async () => {
  await browser.close();
  await winnow.stop();
}, 60_000);

async function post(path: string, type: string, body: Uint8Array | string): Promise<void> {
  const response = await fetch(`http://${winnow.addresses['otlp_http']}${path}`, {
    method: 'POST',
    headers: { 'content-type': type },
    body: typeof body === 'string' ? body : new Uint8Array(body),
  });
  expect(response.status).toBe(200);
}

/** The first record is an error, and the oldest. */
function records(traceId: string, baseNs: bigint): string {
  const logRecords = Array.from({ length: RECORDS }, (_, i) => ({
    timeUnixNano: String(baseNs + BigInt(i) * 1_000_000n),
    severityNumber: i === 0 ? 17 : 9,
    severityText: i === 0 ? 'ERROR' : 'INFO',
    body: { stringValue: i === 0 ? 'the first thing that went wrong' : `record ${i}` },
    traceId,
    spanId: '0000000000000001',
  }));
  return JSON.stringify({
    resourceLogs: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
        scopeLogs: [{ logRecords }],
      },
    ],
  });
}

test(`all of ${RECORDS} records can be reached`, { timeout: 60_000 }, async () => {
  const id = '8'.padStart(32, '8');
  const baseNs = BigInt(Date.now()) * 1_000_000n;
  await post(
    '/v1/traces',
    'application/x-protobuf',
    traceRequest(id, [{ id: '1', service: 'shop', name: 'GET /', kind: 2, start: 0, end: 2e9 }], baseNs),
  );
  await post('/v1/logs', 'application/json', records(id, baseNs));
  await winnow.until(async () => {
    const answer = await fetch(`http://${winnow.addresses['http']}/api/traces/${id}`);
    const { logs } = await winnow.api<LogsResponse>(`/api/logs?trace_id=${id}&limit=1000`);
    return answer.ok && logs.length === 1000 ? true : undefined;
  });
  const page = await browser.newPage({ viewport: { width: 1440, height: 860 } });
  await page.goto(`http://${winnow.addresses['http']}/trace/${id}?tab=logs`);
  await page.getByRole('tab', { name: 'Logs 1,000+' }).waitFor();
  await page.getByText('These are the newest 1,000 records; there are older ones.').waitFor();
  expect(await page.getByText('the first thing that went wrong').count()).toBe(0);
  await page.getByRole('button', { name: 'Load 1,000 more' }).click();
  await page.getByRole('tab', { name: `Logs ${RECORDS.toLocaleString('en-US')}`, exact: true }).waitFor();
  await page.getByText('the first thing that went wrong').first().waitFor();
  expect(await page.getByRole('button', { name: 'Load 1,000 more' }).count()).toBe(0);
  await page.close();
});
