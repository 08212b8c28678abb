import { describe, expect, it } from 'vitest';
import { createSpanMemory } from '#collector/model/span-memory.ts';
import { otlpType } from '#tests/support/otlp-proto.ts';

const Resource = otlpType('opentelemetry.proto.resource.v1.Resource');
const empty = Buffer.alloc(0);

function named(...attributes: [string, object][]): [service: string, host: string, namesHost: number] {
  const memory = createSpanMemory(1, 1);
  const message = Buffer.from(
    Resource.encode(Resource.fromObject({ attributes: attributes.map(([key, value]) => ({ key, value })) })).finish(),
  );
  const slot = memory.resources.intern(message, 0, message.length, empty, 0, 0);
  const { resources, services, hosts } = memory;
  return [services.text(resources.service[slot]!), hosts.text(resources.host[slot]!), resources.namesHost[slot]!];
}

describe('what a resource is called', () => {
  it('takes service.name, and the most exact name of its host', () => {
    const text = (stringValue: string): object => ({ stringValue });
    expect(named(['service.name', text('cart')], ['host.name', text('node-1')], ['host.id', text('i-7')])).toEqual([
      'cart',
      'i-7',
      1,
    ]);
    expect(
      named(['host.name', text('node-1')], ['service.instance.id', text('a')], ['service.name', text('cart')]),
    ).toEqual(['cart', 'node-1', 1]);
    expect(named(['service.name', text('cart')], ['service.instance.id', text('a')])).toEqual(['cart', 'a', 0]);
    expect(named(['service.name', text('cart')])).toEqual(['cart', 'cart', 0]);
  });

  it('is unknown_service without a name, or with one that has no text', () => {
    expect(named()).toEqual(['unknown_service', 'unknown_service', 0]);
    expect(named(['service.name', { stringValue: '' }])[0]).toBe('unknown_service');
    expect(named(['service.name', { arrayValue: { values: [] } }])[0]).toBe('unknown_service');
  });

  it('prints names that are numbers, and takes the first of two', () => {
    expect(named(['service.name', { intValue: -42 }])[0]).toBe('-42');
    expect(named(['service.name', { doubleValue: 1.5 }])[0]).toBe('1.5');
    expect(named(['service.name', { stringValue: 'first' }], ['service.name', { stringValue: 'second' }])[0]).toBe(
      'first',
    );
  });
});
