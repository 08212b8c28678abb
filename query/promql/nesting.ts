// How deep the brackets of a query nest, known before it is parsed.

const OPENING = new Set(['(', '[', '{']);
const CLOSING = new Set([')', ']', '}']);
const QUOTES = new Set(['"', "'", '`']);

/** Of all brackets outside of strings and comments, matched or not. */
export function deepestNesting(query: string): number {
  let depth = 0;
  let deepest = 0;
  let quote = '';
  let isComment = false;
  for (let i = 0; i < query.length; i++) {
    const character = query[i]!;
    if (isComment) isComment = character !== '\n';
    else if (quote !== '') {
      if (character === '\\' && quote !== '`') i++;
      else if (character === quote) quote = '';
    } else if (QUOTES.has(character)) quote = character;
    else if (character === '#') isComment = true;
    else if (OPENING.has(character)) deepest = Math.max(deepest, ++depth);
    else if (CLOSING.has(character)) depth--;
  }
  return deepest;
}
