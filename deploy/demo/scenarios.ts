// The requests people make of the shop, each a story with a weight: how often it happens, and how often when something is broken.

import { grpc, http, internal, KIND_CONSUMER, KIND_PRODUCER, message, query, serve, SLOT_ORDER, SLOT_PRODUCT, SLOT_USER, type SpanStory, type Step } from './story.ts';

/** What can be broken on purpose. */
export const breakCauses = [
  'database', 'payment', 'n-plus-one', 'queue', 'clock', 'lost-spans',
  'lost-context', 'retry-context', 'leaked-context', 'queue-parent', 'sampled-flag', 'no-host',
] as const;

/** One way to break the shop. */
export type BreakCause = (typeof breakCauses)[number];

/** A kind of trace. `weight` is its share; `broken` replaces the share under a cause. */
export type Scenario = { name: string; story: SpanStory; weight: number; broken?: Partial<Record<BreakCause, number>> };

const user = { prefix: 'user-', slot: SLOT_USER, digits: 5 };
const order = { prefix: 'ord-', slot: SLOT_ORDER, digits: 8 };
const product = { prefix: 'SKU-', slot: SLOT_PRODUCT, digits: 4 };

const selectProducts = 'SELECT id, name, price FROM products WHERE category = $1 LIMIT 20';

function edge(verb: string, route: string, steps: Step[], code = 200): SpanStory {
  const attributes = { 'user.id': user, 'client.address': '203.0.113.7', 'user_agent.original': 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0' };
  return serve('edge-proxy', verb, route, [0.3, http('edge-proxy', 'frontend', verb, route, steps, code, { attributes }), 0.2], code);
}

const home = edge('GET', '/', [
  1.5,
  [
    grpc('frontend', 'catalog', 'shop.Catalog/ListProducts', [0.4, query('catalog', 'postgresql', 'SELECT', 'products', selectProducts, 3.1), 0.5]),
    grpc('frontend', 'ads', 'shop.Ads/GetAds', [1.1, query('ads', 'redis', 'GET', 'ads', 'GET ads:home', 0.4), 0.3]),
    grpc('frontend', 'currency', 'shop.Currency/Rates', [0.2]),
  ],
  internal('frontend', 'render home', [2.4], { 'template.name': 'home' }),
]);

const productPage = edge('GET', '/product/{id}', [
  0.9,
  grpc('frontend', 'catalog', 'shop.Catalog/GetProduct', [0.2, query('catalog', 'postgresql', 'SELECT', 'products', 'SELECT * FROM products WHERE id = $1', 1.2), 0.2], {
    attributes: { 'product.id': product },
  }),
  [
    grpc('frontend', 'recommendation', 'shop.Recommendation/List', [
      1.8,
      grpc('recommendation', 'catalog', 'shop.Catalog/ListProducts', [0.3, query('catalog', 'postgresql', 'SELECT', 'products', selectProducts, 2.8), 0.3]),
      0.7,
    ]),
    grpc('frontend', 'inventory', 'shop.Inventory/Available', [0.3, query('inventory', 'postgresql', 'SELECT', 'stock', 'SELECT quantity FROM stock WHERE sku = $1', 0.9), 0.1]),
  ],
  internal('frontend', 'render product', [1.6], { 'template.name': 'product' }),
]);

const addToCart = edge('POST', '/cart', [
  0.7,
  grpc('frontend', 'cart', 'shop.Cart/AddItem', [0.3, query('cart', 'redis', 'HSET', 'carts', 'HSET cart:? sku ?', 0.5), 0.1], { attributes: { 'product.id': product } }),
  0.4,
]);

const cartDown = edge(
  'POST',
  '/cart',
  [
    0.7,
    grpc(
      'frontend',
      'cart',
      'shop.Cart/AddItem',
      [0.3, query('cart', 'redis', 'HSET', 'carts', 'HSET cart:? sku ?', 250, { error: 'i/o timeout' }), 0.2],
      {
        error: 'cart store does not answer',
        exception: { type: 'StackExchange.Redis.RedisTimeoutException', message: 'Timeout performing HSET (250ms)' },
        log: { severity: 'ERROR', body: 'cart store does not answer within 250 ms', attributes: { 'product.id': product } },
      },
    ),
    0.4,
  ],
  503,
);

function searchPage(scanMs: number): SpanStory {
  const text = "SELECT id FROM products WHERE description ILIKE '%' || $1 || '%'";
  const slow = scanMs > 100;
  return edge('GET', '/search', [
    0.8,
    http('frontend', 'search', 'GET', '/v1/products', [
      1.1,
      query('search', 'postgresql', 'SELECT', 'products', text, scanMs, slow ? { attributes: { 'db.response.returned_rows': 18_204 } } : {}),
      1.4,
    ], 200, slow ? { log: { severity: 'WARN', body: 'slow query: products scanned without an index', attributes: { 'db.collection.name': 'products' } } } : {}),
    internal('frontend', 'render results', [1.2], { 'template.name': 'search' }),
  ]);
}

function checkout(charge: Step[], code: number, after: Step[]): SpanStory {
  const failed = code >= 500 ? { error: 'order not placed', log: { severity: 'ERROR' as const, body: 'order not placed', attributes: { 'order.id': order } } } : {};
  return edge('POST', '/checkout', [
    1.2,
    grpc('frontend', 'checkout', 'shop.Checkout/PlaceOrder', [
      0.6,
      grpc('checkout', 'cart', 'shop.Cart/GetCart', [0.2, query('cart', 'redis', 'HGETALL', 'carts', 'HGETALL cart:?', 0.6), 0.1]),
      [
        grpc('checkout', 'catalog', 'shop.Catalog/GetProduct', [0.2, query('catalog', 'postgresql', 'SELECT', 'products', 'SELECT * FROM products WHERE id = $1', 1.1), 0.1]),
        http('checkout', 'shipping', 'POST', '/quote', [2.6]),
        grpc('checkout', 'currency', 'shop.Currency/Convert', [0.2]),
      ],
      ...charge,
      ...after,
      0.5,
    ], { attributes: { 'order.id': order, 'user.id': user }, ...failed }),
    0.8,
  ], code);
}

const chargeAttributes = { 'payment.method': 'card', 'order.id': order };

function charged(attempt: number): SpanStory {
  return grpc('checkout', 'payment', 'shop.Payment/Charge', [
    1.4,
    http('payment', 'shipping', 'GET', '/tax', [0.8]),
    query('payment', 'postgresql', 'INSERT', 'payments', 'INSERT INTO payments (order_id, amount) VALUES ($1, $2)', 2.2),
    0.3,
  ], { attributes: { ...chargeAttributes, 'rpc.attempt': attempt } });
}

const unavailable = grpc('checkout', 'payment', 'shop.Payment/Charge', [40], {
  error: 'card gateway unreachable',
  attributes: { ...chargeAttributes, 'rpc.attempt': 1 },
  exception: { type: 'GatewayError', message: 'connect ECONNREFUSED 198.51.100.20:443' },
  log: { severity: 'WARN', body: 'card gateway unreachable, will be tried again', attributes: { 'order.id': order } },
});

const declined = grpc('checkout', 'payment', 'shop.Payment/Charge', [12], {
  error: 'card gateway rejects all requests',
  attributes: chargeAttributes,
  exception: { type: 'GatewayError', message: 'HTTP 500 from card gateway' },
  log: { severity: 'ERROR', body: 'payment failed: card gateway rejects all requests', attributes: { 'order.id': order } },
});

// The order goes into the queue, and the mail service consumes it in the same trace, long after checkout has answered.
const published: Step[] = [
  query('checkout', 'postgresql', 'INSERT', 'orders', 'INSERT INTO orders (id, user_id) VALUES ($1, $2)', 1.9),
  {
    service: 'checkout',
    name: 'send orders',
    kind: KIND_PRODUCER,
    attributes: { ...message('send'), 'order.id': order },
    publishes: true,
    log: { severity: 'INFO', body: 'order placed', attributes: { 'order.id': order, 'user.id': user } },
    steps: [
      0.6,
      {
        service: 'email',
        name: 'process orders',
        kind: KIND_CONSUMER,
        attributes: { ...message('process', 'email'), 'order.id': order },
        detached: true,
        steps: [18, internal('email', 'render confirmation', [6]), http('email', 'accounts', 'GET', '/v1/users/{id}', [1.2, query('accounts', 'postgresql', 'SELECT', 'users', 'SELECT email FROM users WHERE id = $1', 0.8), 0.2]), 3],
      },
    ],
  },
];

function orderHistory(orders: number): SpanStory {
  const text = 'SELECT * FROM order_lines WHERE order_id = $1';
  const lines = Array.from({ length: orders }, () => query('accounts', 'postgresql', 'SELECT', 'order_lines', text, 1.3));
  return edge('GET', '/account/orders', [
    0.8,
    http('frontend', 'accounts', 'GET', '/v1/orders', [0.9, query('accounts', 'postgresql', 'SELECT', 'orders', 'SELECT id FROM orders WHERE user_id = $1', 1.5), ...lines, 1.1], 200, {
      attributes: { 'user.id': user },
    }),
    internal('frontend', 'render orders', [1.9], { 'template.name': 'orders' }),
  ]);
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
        grpc('fulfilment', 'inventory', 'shop.Inventory/Reserve', [0.8, query('inventory', 'postgresql', 'UPDATE', 'stock', 'UPDATE stock SET quantity = quantity - $2 WHERE sku = $1', 1.2 * size), 0.4]),
        http('fulfilment', 'shipping', 'POST', '/labels', [4.5]),
        1,
      ]),
    ),
  },
  {
    service: 'accounting',
    bySize: [3, 6].map((size) => batch('accounting', size, [1, query('accounting', 'postgresql', 'INSERT', 'ledger', 'INSERT INTO ledger VALUES ($1, $2, $3)', 0.9 * size), 0.5])),
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
  { name: 'checkout with retry', story: checkout([unavailable, 25, charged(2)], 200, published), weight: 5, broken: { payment: 20, 'retry-context': 60 } },
  { name: 'checkout fails', story: checkout([declined], 500, []), weight: 2, broken: { payment: 40 } },
  { name: 'order history', story: orderHistory(2), weight: 30, broken: { 'n-plus-one': 5 } },
  { name: 'order history, a query per order', story: orderHistory(40), weight: 3, broken: { 'n-plus-one': 40 } },
  { name: 'health check', story: serve('edge-proxy', 'GET', '/healthz', [0.1]), weight: 60 },
  { name: 'stock count', story: internal('inventory', 'count stock', [3, query('inventory', 'postgresql', 'SELECT', 'stock', 'SELECT sum(quantity) FROM stock', 22), 2]), weight: 3 },
];
