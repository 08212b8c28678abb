// Addresses of all pages, with data of the fixture world.
import { BATCH_ID, CHECKOUT_ID } from '#tests/support/fixture-world.ts';

const QUERY = encodeURIComponent('sum by (service_name) (rate(traces_span_metrics_calls_total[5m]))');
export const PAGES = [
  '/search',
  '/search?service=checkout&status=error',
  `/trace/${CHECKOUT_ID}`,
  `/trace/${CHECKOUT_ID}?span=00000000a10001a4`,
  `/trace/${CHECKOUT_ID}?tab=table`,
  `/trace/${CHECKOUT_ID}?tab=links`,
  `/trace/${CHECKOUT_ID}?tab=reconstruction`,
  `/trace/${CHECKOUT_ID}?tab=logs`,
  `/trace/${CHECKOUT_ID}?tab=json`,
  `/trace/${BATCH_ID}?span=linked-0`,
  '/trace/00000000000000000000000000000001',
  '/services',
  '/services/checkout',
  '/map',
  '/critical-path',
  '/metrics',
  `/metrics?q=${QUERY}`,
  '/logs',
  '/sampling',
  `/sampling?trace=${CHECKOUT_ID}`,
  '/instrumentation',
  '/health',
  '/nowhere',
];
