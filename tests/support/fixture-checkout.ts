// The plan of a checkout in the made-up shop: nested calls, an N+1 query, a failed charge, a host whose clock is off.
import { HOSTILE_TEXT, type PlannedSpan } from './fixture-trace.ts';

export const CHECKOUT: PlannedSpan = {
  service: 'frontend',
  name: 'POST /checkout',
  at: 0,
  ms: 1280,
  kind: 'server',
  attributes: {
    'http.request.method': 'POST',
    'http.route': '/checkout',
    'http.response.status_code': 502,
    'user_agent.original': HOSTILE_TEXT,
  },
  children: [
    {
      service: 'checkout',
      name: 'CheckoutService/PlaceOrder',
      at: 12,
      ms: 1240,
      kind: 'server',
      attributes: { 'rpc.system': 'grpc', 'app.order.items': 7 },
      children: [
        {
          service: 'cart',
          name: 'CartService/GetCart',
          at: 20,
          ms: 46,
          kind: 'server',
          children: [
            {
              service: 'cart',
              name: 'HGETALL cart:*',
              at: 22,
              ms: 30,
              kind: 'client',
              attributes: { 'db.system.name': 'redis' },
            },
          ],
        },
        {
          service: 'product-catalog',
          name: 'GetProducts',
          at: 62,
          ms: 310,
          kind: 'server',
          children: [
            {
              service: 'postgres',
              name: 'SELECT … FROM products WHERE id = $1',
              at: 66,
              ms: 300,
              repeat: 412,
              kind: 'client',
              attributes: {
                'db.system.name': 'postgresql',
                'db.query.text': 'SELECT id, name FROM products WHERE id = $1',
              },
            },
          ],
        },
        { service: 'currency', name: 'CurrencyService/Convert', at: 372, ms: 22, kind: 'server' },
        { service: 'shipping', name: 'ShippingService/GetQuote', at: 400, ms: 60, kind: 'server' },
        {
          service: 'payment',
          name: 'PaymentService/Charge',
          at: 464,
          ms: 640,
          kind: 'server',
          skewMs: -24.2,
          error: 'card declined: upstream timeout after 300 ms, retried once',
          attributes: {
            'rpc.system': 'grpc',
            'rpc.service': 'PaymentService',
            'rpc.grpc.status_code': 14,
            'payment.amount': 128.4,
            'payment.retry': 1,
            'user.tier': 'gold',
            'server.address': 'payment-7c9f',
          },
          children: [
            {
              service: 'payment',
              name: 'POST api.card.example/charges',
              at: 470,
              ms: 300,
              kind: 'client',
              skewMs: -24.2,
              error: 'deadline exceeded',
            },
            {
              service: 'payment',
              name: 'POST api.card.example/charges · retry',
              at: 780,
              ms: 312,
              kind: 'client',
              skewMs: -24.2,
            },
          ],
        },
        { service: 'email', name: 'EmailService/SendConfirmation', at: 1110, ms: 70, kind: 'server' },
        { service: 'kafka', name: 'orders publish', at: 1190, ms: 38, kind: 'producer', links: 3 },
      ],
    },
    { service: 'frontend', name: 'render', at: 1254, ms: 24 },
  ],
};
