// What happens when people buy: the checkout, how a payment goes well or fails, and the message that an order sends.

import { edge, user } from './page-stories.ts';
import {
  grpc,
  http,
  internal,
  KIND_CONSUMER,
  KIND_PRODUCER,
  message,
  query,
  SLOT_ORDER,
  type SpanStory,
  type Step,
} from './story.ts';

const order = { prefix: 'ord-', slot: SLOT_ORDER, digits: 8 };

export function checkout(charge: Step[], code: number, after: Step[]): SpanStory {
  const failed =
    code >= 500
      ? {
          error: 'order not placed',
          log: { severity: 'ERROR' as const, body: 'order not placed', attributes: { 'order.id': order } },
        }
      : {};
  return edge(
    'POST',
    '/checkout',
    [
      1.2,
      grpc(
        'frontend',
        'checkout',
        'shop.Checkout/PlaceOrder',
        [
          0.6,
          grpc('checkout', 'cart', 'shop.Cart/GetCart', [
            0.2,
            query('cart', 'redis', 'carts', 'HGETALL cart:?', 0.6),
            0.1,
          ]),
          [
            grpc('checkout', 'catalog', 'shop.Catalog/GetProduct', [
              0.2,
              query('catalog', 'postgresql', 'products', 'SELECT * FROM products WHERE id = $1', 1.1),
              0.1,
            ]),
            http('checkout', 'shipping', 'POST', '/quote', [2.6]),
            grpc('checkout', 'currency', 'shop.Currency/Convert', [0.2]),
          ],
          ...charge,
          ...after,
          0.5,
        ],
        { attributes: { 'order.id': order, 'user.id': user }, ...failed },
      ),
      0.8,
    ],
    code,
  );
}

const chargeAttributes = { 'payment.method': 'card', 'order.id': order };

export function charged(attempt: number): SpanStory {
  return grpc(
    'checkout',
    'payment',
    'shop.Payment/Charge',
    [
      1.4,
      http('payment', 'shipping', 'GET', '/tax', [0.8]),
      query('payment', 'postgresql', 'payments', 'INSERT INTO payments (order_id, amount) VALUES ($1, $2)', 2.2),
      0.3,
    ],
    { attributes: { ...chargeAttributes, 'rpc.attempt': attempt } },
  );
}

export const unavailable = grpc('checkout', 'payment', 'shop.Payment/Charge', [40], {
  error: 'card gateway unreachable',
  attributes: { ...chargeAttributes, 'rpc.attempt': 1 },
  exception: { type: 'GatewayError', message: 'connect ECONNREFUSED 198.51.100.20:443' },
  log: { severity: 'WARN', body: 'card gateway unreachable, will be tried again', attributes: { 'order.id': order } },
});

export const declined = grpc('checkout', 'payment', 'shop.Payment/Charge', [12], {
  error: 'card gateway rejects all requests',
  attributes: chargeAttributes,
  exception: { type: 'GatewayError', message: 'HTTP 500 from card gateway' },
  log: {
    severity: 'ERROR',
    body: 'payment failed: card gateway rejects all requests',
    attributes: { 'order.id': order },
  },
});

// The order goes into the queue, and the mail service consumes it in the same trace, long after checkout has answered.
export const published: Step[] = [
  query('checkout', 'postgresql', 'orders', 'INSERT INTO orders (id, user_id) VALUES ($1, $2)', 1.9),
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
        steps: [
          18,
          internal('email', 'render confirmation', [6]),
          http('email', 'accounts', 'GET', '/v1/users/{id}', [
            1.2,
            query('accounts', 'postgresql', 'users', 'SELECT email FROM users WHERE id = $1', 0.8),
            0.2,
          ]),
          3,
        ],
      },
    ],
  },
];
