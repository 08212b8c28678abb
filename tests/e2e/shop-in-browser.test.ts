// The whole system as a person meets it: a shop's traffic into a running Winnow, looked at in a real browser.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { driveShop } from '#deploy/demo/drive-shop.ts';
import { createShop } from '#deploy/demo/shop.ts';
import { createOtlpClient } from '#deploy/replay/otlp-client.ts';
import type { DependenciesResponse } from '#proto/api/services.ts';
import type { SearchResponse } from '#proto/api/search.ts';
import type { TraceResponse } from '#proto/api/trace.ts';
import { launchBrowser } from '../support/browser.ts';
import { conserved, RunningWinnow } from '../support/running-winnow.ts';

const TIMEOUT_MS = 120_000;
const CONFIG = `
sampling:
  wait: { quiet: 500ms, after_root: 1s, max: 3s }
  rules:
    - { name: errors, when: { any: { status: error } }, keep: 100% }
    - { name: the rest, keep: 50% }
red: { flush_every: 1s }
`;

describe('a shop, seen in the browser', () => {
  let winnow: RunningWinnow;
  let browser: Browser;
  let page: Page;
  let refused = NaN;
  const problems: string[] = [];

  beforeAll(async () => {
    [winnow, browser] = await Promise.all([RunningWinnow.start(CONFIG), launchBrowser()]);
    const client = createOtlpClient({ endpoint: winnow.addresses['otlp_grpc'] ?? '', protocol: 'grpc' });
    const sent = await driveShop({
      shop: createShop({ seed: 7 }),
      client,
      spansPerSecond: 4000,
      durationMs: 4000,
      concurrency: 4,
      signal: new AbortController().signal,
    });
    client.close();
    refused = sent.refused;
    await winnow.settled();
    await winnow.until(async () =>
      (await winnow.promql('sum(traces_service_graph_request_total)')).length > 0 ? true : undefined,
    );
    page = await (await browser.newContext({ viewport: { width: 1440, height: 860 }, locale: 'en-US' })).newPage();
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
    page.on('pageerror', (error) => problems.push(error.message));
  }, TIMEOUT_MS);

  afterAll(async () => {
    await browser.close();
    await winnow.stop();
  }, TIMEOUT_MS);

  const open = (path: string): Promise<unknown> =>
    page.goto(`http://${winnow.addresses['http']}${path}`, { waitUntil: 'networkidle' });

  it('search lists kept traces and says how many they stand for', async () => {
    await open('/search');
    await page.getByTestId('traces').waitFor();
    const { total } = await winnow.api<SearchResponse>('/api/search?limit=1');
    expect(total.stands_for).toBeGreaterThan(total.kept);
    expect(await page.getByTestId('total').textContent()).toContain(total.kept.toLocaleString('en-US'));
  });

  it('a trace with an error opens with its spans, why it was kept, and its span’s attributes', async () => {
    const { traces } = await winnow.api<SearchResponse>('/api/search?limit=1&rule=errors');
    await open(`/trace/${traces[0]?.trace_id}`);
    await page
      .getByText(/kept: errors/)
      .first()
      .waitFor();
    await page
      .getByText(traces[0]?.root_name ?? '')
      .first()
      .waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    expect(await page.getByText('service.name').first().textContent({ timeout: 10_000 })).toContain('service.name');
  });

  it.each([
    { path: '/services', text: 'checkout' },
    { path: '/map', text: 'checkout' },
    { path: '/logs', text: 'order placed' },
    { path: '/sampling', text: 'the rest' },
    { path: '/critical-path', text: 'shop.Checkout/PlaceOrder' },
    { path: '/critical-path?root_name=POST%20/checkout&service=payment', text: 'INSERT payments' },
    { path: '/instrumentation', text: 'no call lost its context' },
    {
      path: `/metrics?q=${encodeURIComponent('sum by (service_name) (traces_span_metrics_calls_total)')}`,
      text: 'service_name="checkout"',
    },
  ])('$path shows $text', async ({ path, text }) => {
    await open(path);
    const shown = page.getByText(text).filter({ visible: true }).first();
    await shown.waitFor();
    expect(await shown.isVisible()).toBe(true);
  });

  it('a trace over both hosts tells how its clocks were corrected', async () => {
    const { traces } = await winnow.api<SearchResponse>('/api/search?limit=50&operation=POST%20/checkout');
    const { summary } = await winnow.api<TraceResponse>(`/api/traces/${traces[0]?.trace_id}`);
    expect(summary.hosts).toHaveLength(2);
    // The shop's second host runs 14 ms ahead; its error bar says how sure that is.
    const corrected = summary.hosts.find((host) => host.offset_ns !== 0);
    expect(Math.abs((corrected?.offset_ns ?? 0) + 14e6)).toBeLessThanOrEqual((corrected?.error_ns ?? 0) + 1e6);
  });

  it('the map’s queue is a queue and its services are services', async () => {
    const { nodes } = await winnow.api<DependenciesResponse>('/api/dependencies');
    const kinds = new Map(nodes.map((node) => [node.id, node.kind]));
    expect(kinds.get('kafka:orders')).toBe('queue');
    expect(kinds.get('checkout')).toBe('service');
    expect(nodes.find((node) => node.id === 'edge-proxy')?.calls).toBeGreaterThan(0);
  });

  it('nothing went to the console, and the ledger balances', async () => {
    expect(refused).toBe(0);
    expect(problems).toEqual([]);
    const ledger = await winnow.ledger();
    expect([ledger.spans, ledger.log_records, ledger.metric_points].every(conserved)).toBe(true);
  });
});
