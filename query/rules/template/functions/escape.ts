// Escapes for HTML, JavaScript and the query of a URL, as Go's text/template makes them.
import type { Value } from '../value.ts';
import { outputText, printed } from '../value-text.ts';

/** Arguments stand as an action would write them. */
export function printedArguments(args: readonly Value[]): string {
  return args.length === 1
    ? outputText(args[0])
    : printed(
        args.map((arg) => arg ?? '<no value>'),
        true,
      );
}

const HTML: Readonly<Record<string, string>> = {
  '\0': '\ufffd',
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
};

export function escapeHtml(text: string): string {
  return text.replace(/[\0"'&<>]/g, (character) => HTML[character] ?? character);
}

const JS: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  "'": "\\'",
  '"': '\\"',
  '<': '\\u003C',
  '>': '\\u003E',
  '&': '\\u0026',
  '=': '\\u003D',
};

export function escapeJs(text: string): string {
  return text.replace(/[\\'"<>&=]|[^ -~\p{L}\p{M}\p{N}\p{P}\p{S}]|\x7f/gu, (character) => {
    const known = JS[character];
    if (known !== undefined) return known;
    const point = character.codePointAt(0) ?? 0;
    if (point === 0x7f) return character;
    return `\\u${point.toString(16).toUpperCase().padStart(4, '0')}`;
  });
}

/** Everything but letters, digits and `-_.~` as %XX; a blank as `+`. */
export function escapeQuery(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}
