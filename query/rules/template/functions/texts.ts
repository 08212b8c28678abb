// print, printf, println, html, js, urlquery, and Prometheus' functions on texts.
import { isIP } from 'node:net';
import { escapeQuery, printedArguments } from './escape.ts';
import { replaceAll, matches } from './patterns.ts';
import { sprintf } from '../printf.ts';
import { printed, printedLine } from '../value-text.ts';
import { textOf, type FunctionTable, type TemplateFunction } from './function.ts';
import { escapeHtml, escapeJs } from './escape.ts';

function onText(run: (text: string) => string): TemplateFunction {
  return { parameters: ['string'], run: ([text]) => run(textOf(text)) };
}

/** Host and port as Go's SplitHostPort sees them; undefined where it refuses. */
function splitHostPort(text: string): { readonly host: string; readonly port: string } | undefined {
  const colon = text.lastIndexOf(':');
  if (colon < 0) return undefined;
  let host = text.slice(0, colon);
  let inside = 0;
  if (text.startsWith('[')) {
    const close = text.indexOf(']');
    if (close < 0 || close + 1 !== colon) return undefined;
    host = text.slice(1, close);
    inside = close + 1;
  } else if (host.includes(':')) return undefined;
  if (text.slice(inside === 0 ? 0 : 1).includes('[') || text.slice(inside).includes(']')) return undefined;
  return { host, port: text.slice(colon + 1) };
}

function stripDomain(text: string): string {
  const split = splitHostPort(text);
  const host = split?.host ?? text;
  const port = split?.port ?? '';
  if (isIP(host) !== 0) return text;
  const first = host.split('.')[0] ?? '';
  if (port === '') return first;
  return first.includes(':') ? `[${first}]:${port}` : `${first}:${port}`;
}

/** Letter by letter, as Go does: none becomes two. */
function mapped(text: string, change: (character: string) => string): string {
  return Array.from(text, (character) => {
    const changed = change(character);
    return Array.from(changed).length === 1 ? changed : character;
  }).join('');
}

const WORDS = new Intl.Segmenter('en', { granularity: 'word' });

function title(text: string): string {
  let result = '';
  for (const { segment } of WORDS.segment(text))
    result += segment.replace(/\p{L}/u, (letter) => mapped(letter, (one) => one.toUpperCase()));
  return result;
}

export const TEXTS: FunctionTable = {
  print: { parameters: [], rest: 'any', run: (args) => printed(args) },
  println: { parameters: [], rest: 'any', run: (args) => printedLine(args) },
  printf: {
    parameters: ['string'],
    rest: 'any',
    run: ([format, ...args], { budget }) => sprintf(textOf(format), args, budget),
  },
  html: { parameters: [], rest: 'any', run: (args) => escapeHtml(printedArguments(args)) },
  js: { parameters: [], rest: 'any', run: (args) => escapeJs(printedArguments(args)) },
  urlquery: { parameters: [], rest: 'any', run: (args) => escapeQuery(printedArguments(args)) },
  urlQueryEscape: onText(escapeQuery),
  safeHtml: { parameters: ['string'], run: ([text]) => ({ kind: 'html', text: textOf(text) }) },
  toUpper: onText((text) => mapped(text, (character) => character.toUpperCase())),
  toLower: onText((text) => mapped(text, (character) => character.toLowerCase())),
  title: onText(title),
  stripPort: onText((text) => splitHostPort(text)?.host ?? text),
  stripDomain: onText(stripDomain),
  match: {
    parameters: ['string', 'string'],
    run: ([pattern, text], { budget }) => matches(textOf(pattern), textOf(text), budget),
  },
  reReplaceAll: {
    parameters: ['string', 'string', 'string'],
    run: ([pattern, replacement, text], { budget }) =>
      replaceAll(textOf(pattern), textOf(replacement), textOf(text), budget),
  },
  tableLink: onText((expr) => `/graph?g0.expr=${escapeQuery(expr)}&g0.tab=1`),
  graphLink: onText((expr) => `/graph?g0.expr=${escapeQuery(expr)}&g0.tab=0`),
};
