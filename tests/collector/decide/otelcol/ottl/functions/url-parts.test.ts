// A URL taken apart into the attributes that semantic conventions name.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { urlParts } from '#collector/decide/otelcol/ottl/functions/url-parts.ts';
import { OttlList } from '#collector/decide/otelcol/ottl/value.ts';

/** Without url.original, names without `url.` in front. */
const partsOf = (text: string): Record<string, unknown> =>
  Object.fromEntries(
    urlParts(text)
      .entries.filter(([name]) => name !== 'url.original')
      .map(([name, value]) => [name.replace('url.', ''), value]),
  );

test.each<[string, Record<string, unknown>]>([
  ['http://shop.example/a/b.txt', { scheme: 'http', domain: 'shop.example', path: '/a/b.txt', extension: 'txt' }],
  ['HTTPS://Shop.Example:8443/', { scheme: 'https', domain: 'Shop.Example', port: 8443n, path: '/' }],
  ['http://a', { scheme: 'http', domain: 'a', path: '' }],
  ['http://a?x=1&y=2', { scheme: 'http', domain: 'a', path: '', query: 'x=1&y=2' }],
  ['http://a/#top', { scheme: 'http', domain: 'a', path: '/', fragment: 'top' }],
  ['http://a/b?c#d?e', { scheme: 'http', domain: 'a', path: '/b', query: 'c', fragment: 'd?e' }],
  ['http://a/b%20c', { scheme: 'http', domain: 'a', path: '/b c' }],
  ['ftp://u:p%40@a/', { scheme: 'ftp', domain: 'a', path: '/', user_info: 'u:p%40', username: 'u', password: 'p@' }],
  ['http://u@a/', { scheme: 'http', domain: 'a', path: '/', user_info: 'u', username: 'u' }],
  ['http://[::1]:81/', { scheme: 'http', domain: '::1', port: 81n, path: '/' }],
  ['http://a:/', { scheme: 'http', domain: 'a', path: '/' }],
  ['/only/path.html', { scheme: '', domain: '', path: '/only/path.html', extension: 'html' }],
  ['//host/path', { scheme: '', domain: 'host', path: '/path' }],
  ['mailto:a@b', { scheme: 'mailto', domain: '', path: '' }],
  ['http://a/b.', { scheme: 'http', domain: 'a', path: '/b.' }],
  ['a/b', { scheme: '', domain: '', path: 'a/b' }],
])('%s', (text, expected) => {
  expect(partsOf(text)).toEqual(expected);
});

test('the original has its scheme in small letters and escapes where the path needs them', () => {
  expect(urlParts('HTTP://A/b c?d e').get('url.original')).toBe('http://A/b%20c?d e');
  expect(urlParts('http://a/ä').get('url.original')).toBe('http://a/%C3%A4');
});

test('a text that begins with ? is a query alone: lists by name', () => {
  const query = urlParts('?a=1&b=x+y&a=%32&c&&=d').get('query');
  const values = (query as ReturnType<typeof urlParts>).entries.map(([name, list]) => [name, (list as OttlList).items]);
  expect(values).toEqual([
    ['a', ['1', '2']],
    ['b', ['x y']],
    ['c', ['']],
    ['', ['d']],
  ]);
});

test.each([
  ['', 'is empty'],
  [':a', 'has no scheme before :'],
  ['1a:b', 'has a : in its first part'],
  ['http://a/%zz', 'has a % that begins no escape'],
  ['http://a:x/', 'has a host that is none'],
  ['http://a b/', 'has a host that is none'],
  ['http://a\n/', 'has a control character'],
  ['?a=%zz', 'has a % that begins no escape'],
])('%j is no URL: it %s', (text, message) => {
  expect(() => urlParts(text)).toThrow(message);
});

test('of ordinary addresses the parts are those that JavaScript finds', () => {
  const label = fc.stringMatching(/^[a-z]{1,6}$/);
  const address = fc.record({
    scheme: fc.constantFrom('http', 'https', 'ws'),
    host: fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => labels.join('.')),
    port: fc.option(fc.integer({ min: 1000, max: 65_535 })),
    path: fc.array(label, { maxLength: 3 }).map((labels) => `/${labels.join('/')}`),
    query: fc.option(label),
    fragment: fc.option(label),
  });
  fc.assert(
    fc.property(address, ({ scheme, host, port, path, query, fragment }) => {
      const text = `${scheme}://${host}${port === null ? '' : `:${port}`}${path}${query === null ? '' : `?q=${query}`}${fragment === null ? '' : `#${fragment}`}`;
      const known = new URL(text);
      expect(partsOf(text)).toMatchObject({ scheme, domain: known.hostname, path: known.pathname });
      expect(urlParts(text).get('url.port')).toBe(port === null ? undefined : BigInt(port));
      expect(urlParts(text).get('url.query')).toBe(query === null ? undefined : `q=${query}`);
      expect(urlParts(text).get('url.fragment')).toBe(fragment === null ? undefined : fragment);
      expect(urlParts(text).get('url.original')).toBe(text);
    }),
    { seed: 351 },
  );
});
