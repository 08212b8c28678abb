// Quotes text the way Go's %q does: PromQL's printer and its messages use it.
import { isUtf8 } from 'node:buffer';

const SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\v': '\\v',
};

function escapeCharacter(character: string): string {
  const short = SHORT[character];
  if (short !== undefined) return short;
  const point = character.codePointAt(0) ?? 0;
  if (point < 0x20 || point === 0x7f) return `\\x${point.toString(16).padStart(2, '0')}`;
  if (point > 0xffff) return `\\U${point.toString(16).padStart(8, '0')}`;
  return `\\u${point.toString(16).padStart(4, '0')}`;
}

/** `"text"` with Go's escapes; printable characters stand as they are. */
export function quote(text: string): string {
  return `"${text.replace(/["\\]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, escapeCharacter)}"`;
}

/** `'x'`, a single character in Go's %q. */
export function quoteCharacter(character: string): string {
  if (character === "'") return "'\\''";
  if (character === '"') return `'"'`;
  return `'${quote(character).slice(1, -1)}'`;
}

/** Bytes in Go's %q: those that form no UTF-8 stand as `\\xff`. */
export function quoteBytes(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at < bytes.length;) {
    const first = bytes[at]!;
    const width = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    const character = bytes.subarray(at, at + width);
    const isWhole = first < 0x80 || (first >= 0xc2 && isUtf8(character));
    text += isWhole ? quote(character.toString('utf8')).slice(1, -1) : `\\x${first.toString(16).padStart(2, '0')}`;
    at += isWhole ? width : 1;
  }
  return `"${text}"`;
}
