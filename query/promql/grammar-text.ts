// The text the grammar reads. The editors' grammar knows a little less than Prometheus' parser, so what it does not know is shown to
// it as something of the same length that it does: positions stay, and values are read from the original text.
import { scan, type Token } from './scan.ts';

/** Functions newer than the grammar, and metrics named like the keyword it reserves, with stand-ins as long as they are. */
const STAND_INS: Readonly<Record<string, string>> = { min_of: 'minute', max_of: 'minute' };

function startsExpression(before: Token | undefined): boolean {
  return before === undefined || before.text === '(' || before.text === ',' || before.kind === 'operator';
}

function standIn(tokens: readonly Token[], at: number, insideBrackets: boolean): string | undefined {
  const token = tokens[at]!;
  if (token.kind === 'number' && /\.(?:$|[eE])/.test(token.text)) return '1'.repeat(token.text.length);
  if (token.kind !== 'identifier' || insideBrackets) return undefined;
  if (tokens[at + 1]?.text === '(' && STAND_INS[token.text] !== undefined) return STAND_INS[token.text];
  if (token.text.toLowerCase() === 'offset' && startsExpression(tokens[at - 1])) return 'x'.repeat(token.text.length);
  return undefined;
}

/** Same length as the query, token for token. */
export function grammarText(query: string): string {
  if (!/min_of|max_of|offset|\d\.(?!\d)/i.test(query)) return query;
  const { tokens } = scan(query);
  let text = '';
  let copied = 0;
  let brackets = 0;
  for (const [at, token] of tokens.entries()) {
    if (token.kind === 'punctuation' && token.text === '[') brackets++;
    if (token.kind === 'punctuation' && token.text === ']') brackets--;
    const replacement = standIn(tokens, at, brackets > 0);
    if (replacement === undefined) continue;
    text += query.slice(copied, token.start) + replacement;
    copied = token.end;
  }
  return text + query.slice(copied);
}
