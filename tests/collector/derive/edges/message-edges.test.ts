// Edges through queues: a consumer that is decided before its producer, and client spans that send and receive messages.
import { describe, expect, it } from 'vitest';
import type { PlainSpan } from '../../../support/trace-builder.ts';
import { decided } from './decided-edges.ts';

const CLIENT = 3;
const PRODUCER = 4;
const CONSUMER = 5;

const queue = { 'messaging.system': 'kafka', 'messaging.destination.name': 'orders' };
const sent: PlainSpan = { id: 'a', service: 'web', kind: PRODUCER, start: 0, end: 10, attributes: queue };

describe('a consumer that is decided before its producer', () => {
  const consumer: PlainSpan = {
    id: 'c',
    service: 'mail',
    kind: CONSUMER,
    start: 50,
    end: 60,
    attributes: queue,
    links: [{ trace: '1', span: 'a' }],
  };
  const inOrder = [
    'kafka:orders > mail queue 1 0 0 40 10',
    'web > kafka:orders queue 1 0 0 - 10',
    'web > mail queue 1 0 0 40 10',
  ];

  it('gives the same edges and lags as after it, by link', () => {
    expect(
      decided([
        { trace: '1', spans: [sent] },
        { trace: '2', spans: [consumer] },
      ]).rows,
    ).toEqual(inOrder);
    expect(
      decided([
        { trace: '2', spans: [consumer] },
        { trace: '1', spans: [sent] },
      ]).rows,
    ).toEqual(inOrder);
    expect(
      decided([
        { trace: '2', spans: [consumer], dropped: true },
        { trace: '1', spans: [sent], dropped: true },
      ]).rows,
    ).toEqual(inOrder);
    expect(
      decided([
        { trace: '1', spans: [sent], dropped: true },
        { trace: '2', spans: [consumer], dropped: true },
      ]).rows,
    ).toEqual(inOrder);
  });

  it('gives the same edges and lags as after it, by parent', () => {
    const child: PlainSpan = { ...consumer, parent: 'a', links: [] };
    expect(decided([{ trace: '1', spans: [sent, child] }]).rows).toEqual(inOrder);
    expect(
      decided([
        { trace: '1', spans: [sent] },
        { trace: '1', spans: [child], late: true },
      ]).rows,
    ).toEqual(inOrder);
    expect(
      decided([
        { trace: '1', spans: [child] },
        { trace: '1', spans: [sent], late: true },
      ]).rows,
    ).toEqual(inOrder);
    expect(
      decided([
        { trace: '1', spans: [child] },
        { trace: '1', spans: [sent], dropped: true },
      ]).rows,
    ).toEqual(inOrder);
    expect(
      decided([
        { trace: '1', spans: [sent] },
        { trace: '1', spans: [child], dropped: true },
      ]).rows,
    ).toEqual(inOrder);
  });

  it('is one of many: a batch of a hundred links and a message that three services read', () => {
    const producers = Array.from({ length: 100 }, (_, i) => ({
      trace: (i + 1).toString(16),
      spans: [{ ...sent, id: (i + 500).toString(16), start: i, end: i + 1 }],
    }));
    const links = producers.map(({ trace, spans }) => ({ trace, span: spans[0]!.id }));
    const readers = ['mail', 'audit', 'report'].map((service, i) => ({
      trace: `f${i}`,
      spans: [{ id: `c${i}`, service, kind: CONSUMER, start: 1000, end: 1010, attributes: queue, links }],
    }));
    const lags = 100 * 1000 - 5050;
    const expected = [
      ...['audit', 'mail', 'report'].map((service) => `kafka:orders > ${service} queue 1 0 0 ${lags} 10`),
      'web > audit queue 100 0 0 94950 1000',
      'web > kafka:orders queue 100 0 0 - 100',
      'web > mail queue 100 0 0 94950 1000',
      'web > report queue 100 0 0 94950 1000',
    ];
    expect(decided([...producers, ...readers], 1000).rows).toEqual(expected);
    expect(decided([...readers, ...producers], 1000).rows).toEqual(expected);
    expect(decided([...producers.slice(50), ...readers, ...producers.slice(0, 50)], 1000).rows).toEqual(expected);
  });
});

describe('client spans that speak of messages', () => {
  it('send and receive like producers and consumers, in old words and new', () => {
    for (const [send, receive] of [
      [{ 'messaging.operation.type': 'send' }, { 'messaging.operation.type': 'receive' }],
      [{ 'messaging.operation': 'publish' }, { 'messaging.operation': 'receive' }],
      [{ 'messaging.operation.name': 'publish' }, { 'messaging.operation.name': 'poll' }],
    ] as const) {
      const parts = [
        { trace: '1', spans: [{ ...sent, kind: CLIENT, attributes: { ...queue, ...send } }] },
        {
          trace: '2',
          spans: [
            {
              id: 'c',
              service: 'mail',
              kind: CLIENT,
              start: 50,
              end: 60,
              attributes: { ...queue, ...receive },
              links: [{ trace: '1', span: 'a' }],
            },
          ],
        },
      ];
      const expected = [
        'kafka:orders > mail queue 1 0 0 40 10',
        'web > kafka:orders queue 1 0 0 - 10',
        'web > mail queue 1 0 0 40 10',
      ];
      expect(decided(parts).rows).toEqual(expected);
      expect(decided(parts.toReversed()).rows).toEqual(expected);
      expect(decided(parts.map((part) => ({ ...part, dropped: true }))).rows).toEqual(expected);
    }
  });

  it('are no edge where they settle, and none of their own beside the producer spans they send or the receive they process', () => {
    const op = (type: string): Record<string, string> => ({ ...queue, 'messaging.operation.type': type });
    const parts = [
      {
        trace: '1',
        spans: [
          { ...sent, attributes: op('create') },
          {
            id: 'b',
            service: 'web',
            kind: CLIENT,
            start: 11,
            end: 20,
            attributes: op('send'),
            links: [{ trace: '1', span: 'a' }],
          },
        ],
      },
      {
        trace: '2',
        spans: [
          {
            id: 'c',
            service: 'mail',
            kind: CLIENT,
            start: 50,
            end: 90,
            attributes: op('receive'),
            links: [{ trace: '1', span: 'a' }],
          },
          {
            id: 'd',
            parent: 'c',
            service: 'mail',
            kind: CONSUMER,
            start: 55,
            end: 60,
            attributes: op('process'),
            links: [{ trace: '1', span: 'a' }],
          },
          { id: 'e', parent: 'd', service: 'mail', kind: CLIENT, start: 58, end: 59, attributes: op('settle') },
        ],
      },
    ];
    expect(decided(parts).rows).toEqual([
      'kafka:orders > mail queue 1 0 0 40 40',
      'web > kafka:orders queue 1 0 0 - 10',
      'web > mail queue 1 0 0 40 40',
    ]);
  });

  it('are joined by parent as by link', () => {
    const type = (operation: string): Record<string, string> => ({ ...queue, 'messaging.operation.type': operation });
    expect(
      decided([
        {
          trace: '1',
          spans: [
            { ...sent, kind: CLIENT, attributes: type('send') },
            { id: 'c', parent: 'a', service: 'mail', kind: CLIENT, start: 50, end: 60, attributes: type('receive') },
          ],
        },
      ]).rows,
    ).toEqual([
      'kafka:orders > mail queue 1 0 0 40 10',
      'web > kafka:orders queue 1 0 0 - 10',
      'web > mail queue 1 0 0 40 10',
    ]);
  });
});
