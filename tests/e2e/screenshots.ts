// Pictures of every page, light and dark, 1440 and 390 px wide, for looking: node tests/e2e/screenshots.ts [--base URL] [--out DIR] [--only NAME] [--empty]
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { launchBrowser } from '../support/browser.ts';
import { startFixtureApi } from '../support/fixture-api.ts';
import { BATCH_ID, CHECKOUT_ID } from '../support/fixture-world.ts';

const { values } = parseArgs({
  options: {
    base: { type: 'string' },
    out: { type: 'string', default: join(tmpdir(), 'winnow-screenshots') },
    only: { type: 'string' },
    empty: { type: 'boolean', default: false },
    trace: { type: 'string', default: CHECKOUT_ID },
    batch: { type: 'string', default: BATCH_ID },
  },
});
const SIZES = [
  { name: '1440', width: 1440, height: 860 },
  { name: '390', width: 390, height: 844 },
];
/** Charts and fonts settle within this. */
const SETTLE_MS = 700;

const api = values.base === undefined ? await startFixtureApi({ empty: values.empty }) : null;
const base = values.base ?? api?.url ?? '';
const query = encodeURIComponent('sum by (service_name) (rate(traces_span_metrics_calls_total[5m]))');
const pages: Readonly<Record<string, string>> = {
  search: '/search',
  trace: `/trace/${values.trace}?span=00000000a10001a4`,
  table: `/trace/${values.trace}?tab=table`,
  services: '/services',
  service: '/services/checkout',
  links: `/trace/${values.trace}?tab=links`,
  batch: `/trace/${values.batch}?span=linked-0`,
  'batch-links': `/trace/${values.batch}?tab=links`,
  reconstruction: `/trace/${values.trace}?tab=reconstruction`,
  'critical-path': '/critical-path',
  instrumentation: '/instrumentation',
  health: '/health',
  map: '/map',
  metrics: `/metrics?q=${query}`,
  logs: '/logs',
  sampling: `/sampling?trace=${values.trace}`,
  missing: '/trace/00000000000000000000000000000001',
};

mkdirSync(values.out, { recursive: true });
const browser = await launchBrowser();
try {
  for (const scheme of ['light', 'dark'] as const) {
    for (const size of SIZES) {
      const context = await browser.newContext({
        viewport: { width: size.width, height: size.height },
        colorScheme: scheme,
        locale: 'en-US',
      });
      for (const [name, path] of Object.entries(pages)) {
        if (values.only !== undefined && !values.only.split(',').includes(name)) continue;
        const page = await context.newPage();
        page.on(
          'console',
          (message) => message.type() === 'error' && console.log(`${name} ${scheme} ${size.name}: ${message.text()}`),
        );
        page.on('pageerror', (error) => console.log(`${name}: ${error.message}`));
        await page.goto(base + path, { waitUntil: 'networkidle' });
        await page.waitForTimeout(SETTLE_MS);
        await page.screenshot({ path: join(values.out, `${name}-${scheme}-${size.name}.png`) });
        await page.close();
      }
      await context.close();
    }
  }
} finally {
  await browser.close();
  await api?.close();
}
console.log(values.out);
