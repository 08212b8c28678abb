// A URL split into the attributes that semantic conventions name.
import { OttlError, OttlList, ReceivedMap, type OttlValue } from '../value.ts';

const SCHEME = /^([a-zA-Z][a-zA-Z0-9+.-]*):(.*)$/s;

/** @throws OttlError for a text that is no URL */
export function urlParts(text: string): ReceivedMap {
  if (text === '') throw new OttlError('is empty');
  if (text.startsWith('?')) return new ReceivedMap([['query', queryParts(text.slice(1))]]);
  if (/\p{Cc}/u.test(text)) throw new OttlError('has a control character');
  const [beforeHash, fragment = ''] = cut(text, '#');
  if (text.startsWith(':')) throw new OttlError('has no scheme before :');
  const [, scheme = '', rest = beforeHash] = SCHEME.exec(beforeHash) ?? [];
  const [beforeQuery, query = ''] = cut(rest, '?');
  if (scheme === '' && /^[^/]*:/.test(beforeQuery)) throw new OttlError('has a : in its first part');
  const opaque = scheme !== '' && !beforeQuery.startsWith('/');
  const authority = !opaque && beforeQuery.startsWith('//') ? /^\/\/([^/]*)/.exec(beforeQuery)![1]! : undefined;
  const rawPath = opaque ? '' : authority === undefined ? beforeQuery : beforeQuery.slice(2 + authority.length);
  const path = unescaped(rawPath);
  const parts = new Map<string, OttlValue>([
    ['url.original', original(text, scheme, rawPath)],
    ['url.scheme', scheme.toLowerCase()],
    ['url.path', path],
  ]);
  addAuthority(parts, authority ?? '');
  if (fragment !== '') parts.set('url.fragment', unescaped(fragment));
  if (query !== '') parts.set('url.query', query);
  const point = path.lastIndexOf('.');
  if (point >= 0 && point < path.length - 1) parts.set('url.extension', path.slice(point + 1));
  return new ReceivedMap([...parts]);
}

/** With a lower-case scheme, and escapes where the path needs them. */
function original(text: string, scheme: string, path: string): string {
  const at = path === '' ? -1 : text.indexOf(path, scheme.length);
  const escaped = path.replace(/[^A-Za-z0-9$&+,/:;=@\-_.~%!'()*[\]]/gu, (letter) => encodeURIComponent(letter));
  const whole = at < 0 ? text : text.slice(0, at) + escaped + text.slice(at + path.length);
  return scheme.toLowerCase() + whole.slice(scheme.length);
}

function addAuthority(parts: Map<string, OttlValue>, authority: string): void {
  const at = authority.lastIndexOf('@');
  const host = authority.slice(at + 1);
  const [, name = '', port = ''] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/s.exec(host) ?? [undefined, undefined, 'x'];
  if (!/^\d*$/.test(port) || /[\s<>"\\^`{|}]/.test(name)) throw new OttlError('has a host that is none');
  parts.set('url.domain', unescaped(name.replace(/^\[|\]$/g, '')));
  if (port !== '') parts.set('url.port', BigInt(port));
  if (at < 0) return;
  const [user, password] = cut(authority.slice(0, at), ':');
  parts.set('url.user_info', authority.slice(0, at));
  if (user !== '') parts.set('url.username', unescaped(user));
  if (password !== undefined) parts.set('url.password', unescaped(password));
}

function cut(text: string, at: string): [string, string | undefined] {
  const found = text.indexOf(at);
  return found < 0 ? [text, undefined] : [text.slice(0, found), text.slice(found + 1)];
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new OttlError('has a % that begins no escape');
  }
}

function queryParts(query: string): ReceivedMap {
  const found = new Map<string, OttlValue>();
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    const [key, value = ''] = cut(pair, '=');
    const name = unescaped(key.replaceAll('+', ' '));
    const before = found.get(name);
    const items = before instanceof OttlList ? before.items : [];
    found.set(name, new OttlList('received', [...items, unescaped(value.replaceAll('+', ' '))]));
  }
  return new ReceivedMap([...found]);
}
