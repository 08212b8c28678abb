// The requests people make of the shop, each a story with a weight: how often it happens, and how often when something is broken.

import { charged, checkout, declined, published, unavailable } from './checkout-stories.ts';
import { addToCart, cartDown, home, orderHistory, productPage, searchPage } from './page-stories.ts';
import { grpc, http, internal, KIND_CONSUMER, message, query, serve, type SpanStory, type Step } from './story.ts';

/** What can be broken on purpose. */
export const breakCauses = [
  'database',
  'payment',
  'n-plus-one',
  'queue',
  'clock',
  'lost-spans',
  'lost-context',
  'retry-context',
  'leaked-context',
  'queue-parent',
  'sampled-flag',
  'no-host',
] as const;

/** One way to break the shop. */
export type BreakCause = (typeof breakCauses)[number];

/** A kind of trace. `weight` is its share; `broken` replaces the share under a cause. */
export interface Scenario {
  name: string;
  story: SpanStory;
  weight: number;
  broken?: Partial<Record<BreakCause, number>>;
}

function batch(service: string, count: number, work: Step[]): SpanStory {
  return {
    service,
    name: 'process orders',
    kind: KIND_CONSUMER,
    attributes: { ...message('process', service), 'messaging.batch.message_count': count },
    links: count,
    steps: work,
    log: { severity: 'INFO', body: `batch of ${count} orders processed` },
  };
}

/** Batch consumers by size; they run when enough messages wait. Two groups read the same messages: links many to many. */
export const consumerGroups: readonly { service: string; bySize: readonly SpanStory[] }[] = [
  {
    service: 'fulfilment',
    bySize: [2, 4, 8].map((size) =>
      batch('fulfilment', size, [
        2,
        grpc('fulfilment', 'inventory', 'shop.Inventory/Reserve', [
          0.8,
          query(
            'inventory',
            'postgresql',
            'stock',
            'UPDATE stock SET quantity = quantity - $2 WHERE sku = $1',
            1.2 * size,
          ),
          0.4,
        ]),
        http('fulfilment', 'shipping', 'POST', '/labels', [4.5]),
        1,
      ]),
    ),
  },
  {
    service: 'accounting',
    bySize: [3, 6].map((size) =>
      batch('accounting', size, [
        1,
        query('accounting', 'postgresql', 'ledger', 'INSERT INTO ledger VALUES ($1, $2, $3)', 0.9 * size),
        0.5,
      ]),
    ),
  },
];

/** Everything else, by share of traces. */
export const scenarios: readonly Scenario[] = [
  { name: 'home', story: home, weight: 300 },
  { name: 'product', story: productPage, weight: 280 },
  { name: 'add to cart', story: addToCart, weight: 120 },
  { name: 'cart store down', story: cartDown, weight: 3, broken: { database: 30 } },
  { name: 'search', story: searchPage(6), weight: 110, broken: { database: 10 } },
  { name: 'search without index', story: searchPage(900), weight: 4, broken: { database: 110 } },
  { name: 'checkout', story: checkout([charged(1)], 200, published), weight: 55, broken: { payment: 8 } },
  {
    name: 'checkout with retry',
    story: checkout([unavailable, 25, charged(2)], 200, published),
    weight: 5,
    broken: { payment: 20, 'retry-context': 60 },
  },
  { name: 'checkout fails', story: checkout([declined], 500, []), weight: 2, broken: { payment: 40 } },
  { name: 'order history', story: orderHistory(2), weight: 30, broken: { 'n-plus-one': 5 } },
  { name: 'order history, a query per order', story: orderHistory(40), weight: 3, broken: { 'n-plus-one': 40 } },
  { name: 'health check', story: serve('edge-proxy', 'GET', '/healthz', [0.1]), weight: 60 },
  {
    name: 'stock count',
    story: internal('inventory', 'count stock', [
      3,
      query('inventory', 'postgresql', 'stock', 'SELECT sum(quantity) FROM stock', 22),
      2,
    ]),
    weight: 3,
  },
];
