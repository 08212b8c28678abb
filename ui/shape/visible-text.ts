// Text of telemetry as it can be read: characters that act on the page, or show as nothing, are shown as signs.

const PICTURES = 0x2400;
const DELETE = 0x7f;
/** Orders and isolates of directions, marks, joiners and blanks without width, the byte order mark, tags. */
const ACTING =
  // oxlint-disable-next-line no-control-regex, no-misleading-character-class -- these are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;
const BREAKS = /\r\n|[\n\u2028\u2029\u0085]/g;

function sign(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCodePoint(PICTURES + code);
  if (code === DELETE) return '\u2421';
  return `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}⟩`;
}

/** Several lines stay several. */
export function visibleLines(text: string): string {
  return text.replaceAll(BREAKS, '\n').replaceAll(ACTING, sign);
}

/** One line: breaks are shown as signs. */
export function visibleLine(text: string): string {
  return visibleLines(text).replaceAll('\n', '␊').replaceAll('\t', '␉');
}

/** A name that is empty or blank has to be seen, too. */
export function visibleName(name: string): string {
  return name.trim() === '' ? '(no name)' : visibleLine(name);
}
