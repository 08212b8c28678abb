// W3C tracestate as the Collector's parser reads it: one bad member makes the whole list unreadable.
const MAX_MEMBERS = 32;
const SIMPLE_KEY = /^[a-z][a-z0-9_\-*/]{0,255}$/;
const TENANT = /^[a-z0-9][a-z0-9_\-*/]{0,240}$/;
const SYSTEM = /^[a-z][a-z0-9_\-*/]{0,13}$/;
const VALUE = /^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;

/** Members by key; undefined when the list is malformed. */
export function parseTraceState(text: string): Map<string, string> | undefined {
  const members = new Map<string, string>();
  for (const member of text.split(',')) {
    if (member === '') continue;
    const cut = member.indexOf('=');
    if (cut < 0) return undefined;
    const key = member.slice(0, cut).replace(/^[ \t]+/, '');
    const value = member.slice(cut + 1).replace(/[ \t]+$/, '');
    if (!isKey(key) || !VALUE.test(value) || members.has(key) || members.size === MAX_MEMBERS) return undefined;
    members.set(key, value);
  }
  return members;
}

function isKey(key: string): boolean {
  const at = key.indexOf('@');
  return at < 0 ? SIMPLE_KEY.test(key) : TENANT.test(key.slice(0, at)) && SYSTEM.test(key.slice(at + 1));
}
