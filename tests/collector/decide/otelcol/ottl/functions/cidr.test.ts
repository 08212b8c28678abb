// Networks and whether they hold an address, against arithmetic on their bits.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { cidrHolds, isCidr } from '#collector/decide/otelcol/ottl/functions/cidr.ts';
import { asked, refusalOf } from '#tests/support/ottl-subject.ts';

test.each([
  ['10.0.0.0/8', '10.1.2.3', true],
  ['10.0.0.0/8', '11.0.0.0', false],
  ['10.255.0.1/8', '10.0.0.0', true],
  ['0.0.0.0/0', '255.255.255.255', true],
  ['1.2.3.4/32', '1.2.3.4', true],
  ['1.2.3.4/32', '1.2.3.5', false],
  ['192.168.0.0/23', '192.168.1.255', true],
  ['192.168.0.0/23', '192.168.2.0', false],
  ['2001:db8::/32', '2001:db8:ffff::1', true],
  ['2001:db8::/32', '2001:db9::', false],
  ['::1/128', '::1', true],
  ['::/0', '::1', true],
  ['::/0', '1.2.3.4', false],
  ['0.0.0.0/0', '::1', false],
  ['10.0.0.0/8', '::ffff:10.1.2.3', true],
  ['10.0.0.0/8', 'name', false],
  ['10.0.0.0/8', '', false],
  ['10.0.0.0/8', '10.1.2', false],
  ['10.0.0.0/8', '10.1.2.3/32', false],
  ['fe80::/10', 'fe80::1%eth0', false],
])('%s holds %s: %s', (network, address, expected) => {
  expect(cidrHolds(network, address)).toBe(expected);
});

test.each([
  '10.0.0.0',
  '10.0.0.0/33',
  '10.0.0.0/-1',
  '10.0.0.0/08',
  '10.0.0/8',
  '/8',
  '10.0.0.0/',
  '10.0.0.0/8/8',
  '::/129',
  'name/8',
  'fe80::1%eth0/64',
  ' 10.0.0.0/8',
])('%s is no network', (network) => {
  expect(isCidr(network)).toBe(false);
  expect(() => cidrHolds(network, '10.0.0.1')).toThrow('is no network');
});

test('of IPv4, a network holds what shares its first bits', () => {
  const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });
  const shown = (address: number): string => [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
  fc.assert(
    fc.property(word, word, fc.integer({ min: 0, max: 32 }), (network, other, prefix) => {
      // Half of the time near: only the last bits differ.
      const address = other % 2 === 0 ? other : (network ^ (other % 1024)) >>> 0;
      const mask = prefix === 0 ? 0 : (-1 << (32 - prefix)) >>> 0;
      expect(cidrHolds(`${shown(network)}/${prefix}`, shown(address))).toBe(
        (network & mask) >>> 0 === (address & mask) >>> 0,
      );
    }),
    { seed: 341 },
  );
});

test('of IPv6 too', () => {
  const address = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n });
  const shown = (value: bigint): string =>
    Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16)).join(':');
  fc.assert(
    fc.property(address, address, fc.integer({ min: 0, max: 128 }), fc.boolean(), (network, other, prefix, isNear) => {
      const asked = isNear ? network ^ (other % 65_536n) : other;
      // Those that hold IPv4 have rules of their own.
      fc.pre(network >> 32n !== 0xffffn && asked >> 32n !== 0xffffn);
      const shift = BigInt(128 - prefix);
      expect(cidrHolds(`${shown(network)}/${prefix}`, shown(asked))).toBe(network >> shift === asked >> shift);
    }),
    { seed: 342 },
  );
});

test('IsInCIDR: one of several networks is enough; those that stand in the condition are looked at when it is read', () => {
  expect(asked('IsInCIDR("10.1.2.3", ["11.0.0.0/8", "10.0.0.0/8"])')).toBe(true);
  expect(asked('IsInCIDR("10.1.2.3", [])')).toBe(false);
  expect(asked('IsInCIDR(attributes["a"], ["10.0.0.0/8"])', { a: '10.1.1.1' })).toBe(true);
  expect(asked('IsInCIDR(attributes["a"], ["10.0.0.0/8"])', { a: 5n })).toBe('expected a text');
  expect(asked('IsInCIDR("10.1.1.1", [attributes["n"]])', { n: '10.0.0.0' })).toBe('10.0.0.0 is no network');
  expect(refusalOf('IsInCIDR("10.1.1.1", ["10.0.0.0"])')).toContain('has 10.0.0.0, which is no network as 10.0.0.0/8');
  expect(refusalOf('IsInCIDR("10.1.1.1", "10.0.0.0/8")')).toContain('is no list written in brackets');
});
