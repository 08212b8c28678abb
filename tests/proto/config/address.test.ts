// Addresses as text: what is written comes back the same, brackets included, and what is no address is refused with the one to write.
import { describe, expect, test } from 'vitest';
import { addressProblem, addressText, isLoopback, parseAddress, reachableAddress } from '#proto/config/address.ts';
import { formatConfigError } from '#proto/config/config-error.ts';
import { loadConfig } from '#proto/config/load.ts';

const LISTENERS = ['otlp_grpc', 'otlp_http', 'http', 'admin'] as const;

describe('an address', () => {
  test.each([
    ['127.0.0.1:4317', '127.0.0.1', 4317],
    ['localhost:0', 'localhost', 0],
    ['0.0.0.0:65535', '0.0.0.0', 65_535],
    ['[::1]:4317', '::1', 4317],
    ['[::]:0', '::', 0],
    ['[2001:db8::a]:80', '2001:db8::a', 80],
    ['[::ffff:127.0.0.1]:1', '::ffff:127.0.0.1', 1],
    ['collector.example:4317', 'collector.example', 4317],
  ])('%s is read, and written as it was', (text, host, port) => {
    expect(parseAddress(text)).toEqual({ host, port });
    expect(addressText({ host, port })).toBe(text);
  });

  test('a port alone is that of all interfaces', () => {
    expect(parseAddress(':4317')).toEqual({ host: '0.0.0.0', port: 4317 });
  });

  test.each([
    ['::1:4317', 'is an IPv6 address without brackets: write [::1]:4317'],
    [':::4317', 'is an IPv6 address without brackets: write [::]:4317'],
    ['2001:db8::1:0', 'is an IPv6 address without brackets: write [2001:db8::1]:0'],
    ['unix:/run/winnow.sock', 'is a Unix socket, and those are not supported: write HOST:PORT'],
    ['/run/winnow.sock', 'is a Unix socket, and those are not supported: write HOST:PORT'],
    ['./winnow.sock', 'is a Unix socket, and those are not supported: write HOST:PORT'],
    ['@winnow', 'is a Unix socket, and those are not supported: write HOST:PORT'],
    ['4317', 'is no address: write HOST:PORT'],
    ['[127.0.0.1]:4317', 'is no address: write HOST:PORT'],
    ['[::1]', 'is no address: write HOST:PORT'],
    ['[::1]:65536', 'is no address: write HOST:PORT'],
    ['a b:1', 'is no address: write HOST:PORT'],
  ])('%s is refused', (text, problem) => {
    expect(parseAddress(text)).toBeUndefined();
    expect(addressProblem(text)).toContain(problem);
  });

  test.each(LISTENERS)('listen.%s names what to write', (name) => {
    const loaded = loadConfig({ argv: [`--listen.${name}=::1:19645`], env: {}, readFile: () => '' });
    expect(loaded.ok ? [] : loaded.error.map(formatConfigError)).toEqual([
      `listen.${name} (--listen.${name}): is an IPv6 address without brackets, got \`::1:19645\`; write [::1]:19645`,
    ]);
  });

  test.each([
    ['0.0.0.0', '127.0.0.1'],
    ['::', '::1'],
    ['0:0::0', '::1'],
    ['::1', '::1'],
    ['localhost', 'localhost'],
    ['10.0.0.1', '10.0.0.1'],
  ])('that listens on %s is reached at %s', (host, reached) => {
    expect(reachableAddress({ host, port: 7 })).toEqual({ host: reached, port: 7 });
  });

  test.each(['127.0.0.1', '127.8.0.1', '::1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1', 'localhost'])(
    '%s is this machine only',
    (host) => {
      expect(isLoopback(host)).toBe(true);
    },
  );

  test.each([
    '0.0.0.0',
    '::',
    '10.0.0.1',
    '128.0.0.1',
    '1::1',
    'fe80::1',
    '::ffff:10.0.0.1',
    'example.org',
    '127.0.0.1.example.org',
  ])('%s is not', (host) => {
    expect(isLoopback(host)).toBe(false);
  });
});
