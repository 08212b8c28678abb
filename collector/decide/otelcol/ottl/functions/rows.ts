// Texts cut into fields, with regard to quotes.
import { OttlError } from '../value.ts';

/** Quotes of either kind keep what is inside together and go away; a quote after a backslash is a character like others. Empty parts are left out. */
export function splitUnquoted(text: string, delimiter: string): string[] {
  const parts: string[] = [];
  let current = '';
  let quote = '';
  let escaped = false;
  for (let i = 0; i < text.length; i++) {
    const letter = text[i]!;
    if (quote === '' && text.startsWith(delimiter, i)) {
      if (current !== '') parts.push(current);
      current = '';
      i += delimiter.length - 1;
      continue;
    }
    if (escaped) escaped = false;
    else if (quote === '' && (letter === '"' || letter === "'")) {
      quote = letter;
      continue;
    } else if (letter === quote) {
      quote = '';
      continue;
    } else escaped = letter === '\\';
    current += letter;
  }
  if (quote !== '') throw new OttlError('a quote that never ends');
  return current === '' ? parts : [...parts, current];
}

/** The last of equal keys counts. */
export function pairsOf(parts: readonly string[], delimiter: string): Map<string, string> {
  const pairs = new Map<string, string>();
  for (const part of parts) {
    const at = part.indexOf(delimiter);
    if (at < 0) throw new OttlError(`${part} is no pair`);
    pairs.set(part.slice(0, at).trim(), part.slice(at + delimiter.length).trim());
  }
  return pairs;
}

/** One row by RFC 4180; a line break outside of quotes continues the last field. @param lazy quotes may stand within fields */
export function csvRow(text: string, delimiter: string, lazy: boolean): string[] {
  const fields: string[] = [];
  for (const line of linesOf(text)) {
    const own = fieldsOf(line, delimiter, lazy);
    if (fields.length === 0) fields.push(...own);
    else {
      fields[fields.length - 1] += `\n${own[0]!}`;
      fields.push(...own.slice(1));
    }
  }
  if (fields.length === 0) throw new OttlError('has no row');
  return fields;
}

/** Cut at line breaks outside of quotes; empty lines are none. */
function linesOf(text: string): string[] {
  const lines = [''];
  let quoted = false;
  for (const letter of text.replaceAll('\r\n', '\n')) {
    if (letter === '"') quoted = !quoted;
    if (letter === '\n' && !quoted) lines.push('');
    else lines[lines.length - 1] += letter;
  }
  return lines.filter((line) => line !== '');
}

function fieldsOf(line: string, delimiter: string, lazy: boolean): string[] {
  const fields: string[] = [];
  for (let at = 0; ; at++) {
    let end = line.indexOf(delimiter, at);
    let field: string;
    if (line[at] === '"') {
      const close = closingQuote(line, at + 1, delimiter, lazy);
      if (close < 0 && !lazy) throw new OttlError('a quote that never ends');
      const stop = close < 0 ? line.length : close;
      end = stop + 1 >= line.length ? -1 : stop + 1;
      if (end >= 0 && !line.startsWith(delimiter, end)) throw new OttlError('text behind a quoted field');
      field = line.slice(at + 1, stop).replaceAll('""', '"');
    } else {
      field = line.slice(at, end < 0 ? line.length : end);
      if (!lazy && field.includes('"')) throw new OttlError('a quote within a field');
    }
    fields.push(field);
    if (end < 0) return fields;
    at = end + delimiter.length - 1;
  }
}

/** A doubled quote is one of the text; lazily one in front of anything but a delimiter is, too. @returns -1 when there is none */
function closingQuote(line: string, from: number, delimiter: string, lazy: boolean): number {
  for (let at = line.indexOf('"', from); at >= 0;) {
    const doubled = line[at + 1] === '"';
    const ends = at + 1 === line.length || line.startsWith(delimiter, at + 1);
    if (!doubled && (ends || !lazy)) return at;
    at = line.indexOf('"', at + (doubled ? 2 : 1));
  }
  return -1;
}
