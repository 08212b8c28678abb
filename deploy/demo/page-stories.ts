// The pages of the shop that people open, one function each: home, a product, a search, the cart, their orders.

import { grpc, http, internal, query, serve, SLOT_PRODUCT, SLOT_USER, type SpanStory, type Step } from './story.ts';

/** One of the people. */
export const user = { prefix: 'user-', slot: SLOT_USER, digits: 5 };
const product = { prefix: 'SKU-', slot: SLOT_PRODUCT, digits: 4 };

const selectProducts = 'SELECT id, name, price FROM products WHERE category = $1 LIMIT 20';

/** A request from outside, through the proxy to the front end. */
export function edge(verb: string, route: string, steps: Step[], code = 200): SpanStory {
  const attributes = {
    'user.id': user,
    'client.address': '203.0.113.7',
    'user_agent.original': 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0',
  };
  return serve(
    'edge-proxy',
    verb,
    route,
    [0.3, http('edge-proxy', 'frontend', verb, route, steps, { attributes, code }), 0.2],
    { code },
  );
}

export const home = edge('GET', '/', [
  1.5,
  [
    grpc('frontend', 'catalog', 'shop.Catalog/ListProducts', [
      0.4,
      query('catalog', 'postgresql', 'products', selectProducts, 3.1),
      0.5,
    ]),
    grpc('frontend', 'ads', 'shop.Ads/GetAds', [1.1, query('ads', 'redis', 'ads', 'GET ads:home', 0.4), 0.3]),
    grpc('frontend', 'currency', 'shop.Currency/Rates', [0.2]),
  ],
  internal('frontend', 'render home', [2.4], { 'template.name': 'home' }),
]);

export const productPage = edge('GET', '/product/{id}', [
  0.9,
  grpc(
    'frontend',
    'catalog',
    'shop.Catalog/GetProduct',
    [0.2, query('catalog', 'postgresql', 'products', 'SELECT * FROM products WHERE id = $1', 1.2), 0.2],
    { attributes: { 'product.id': product } },
  ),
  [
    grpc('frontend', 'recommendation', 'shop.Recommendation/List', [
      1.8,
      grpc('recommendation', 'catalog', 'shop.Catalog/ListProducts', [
        0.3,
        query('catalog', 'postgresql', 'products', selectProducts, 2.8),
        0.3,
      ]),
      0.7,
    ]),
    grpc('frontend', 'inventory', 'shop.Inventory/Available', [
      0.3,
      query('inventory', 'postgresql', 'stock', 'SELECT quantity FROM stock WHERE sku = $1', 0.9),
      0.1,
    ]),
  ],
  internal('frontend', 'render product', [1.6], { 'template.name': 'product' }),
]);

export const addToCart = edge('POST', '/cart', [
  0.7,
  grpc('frontend', 'cart', 'shop.Cart/AddItem', [0.3, query('cart', 'redis', 'carts', 'HSET cart:? sku ?', 0.5), 0.1], {
    attributes: { 'product.id': product },
  }),
  0.4,
]);

export const cartDown = edge(
  'POST',
  '/cart',
  [
    0.7,
    grpc(
      'frontend',
      'cart',
      'shop.Cart/AddItem',
      [0.3, query('cart', 'redis', 'carts', 'HSET cart:? sku ?', 250, { error: 'i/o timeout' }), 0.2],
      {
        error: 'cart store does not answer',
        exception: { type: 'StackExchange.Redis.RedisTimeoutException', message: 'Timeout performing HSET (250ms)' },
        log: {
          severity: 'ERROR',
          body: 'cart store does not answer within 250 ms',
          attributes: { 'product.id': product },
        },
      },
    ),
    0.4,
  ],
  503,
);

export function searchPage(scanMs: number): SpanStory {
  const text = "SELECT id FROM products WHERE description ILIKE '%' || $1 || '%'";
  const slow = scanMs > 100;
  return edge('GET', '/search', [
    0.8,
    http(
      'frontend',
      'search',
      'GET',
      '/v1/products',
      [
        1.1,
        query(
          'search',
          'postgresql',
          'products',
          text,
          scanMs,
          slow ? { attributes: { 'db.response.returned_rows': 18_204 } } : {},
        ),
        1.4,
      ],
      slow
        ? {
            log: {
              severity: 'WARN',
              body: 'slow query: products scanned without an index',
              attributes: { 'db.collection.name': 'products' },
            },
          }
        : {},
    ),
    internal('frontend', 'render results', [1.2], { 'template.name': 'search' }),
  ]);
}

export function orderHistory(orders: number): SpanStory {
  const text = 'SELECT * FROM order_lines WHERE order_id = $1';
  const lines = Array.from({ length: orders }, () => query('accounts', 'postgresql', 'order_lines', text, 1.3));
  return edge('GET', '/account/orders', [
    0.8,
    http(
      'frontend',
      'accounts',
      'GET',
      '/v1/orders',
      [0.9, query('accounts', 'postgresql', 'orders', 'SELECT id FROM orders WHERE user_id = $1', 1.5), ...lines, 1.1],
      { attributes: { 'user.id': user } },
    ),
    internal('frontend', 'render orders', [1.9], { 'template.name': 'orders' }),
  ]);
}
