// Says what is wrong with a query in Prometheus' own words. It runs only over queries the grammar refuses, plus a cheap scan of
// accepted ones for characters and literals that the editors' grammar is more lenient about.
import { quote } from './quote.ts';
import { scan, type SyntaxProblem, type Token } from './scan.ts';

/** The grammar gives up on chains of operators somewhat longer than this many tokens, whatever stands there. */
const GRAMMAR_TOKENS = 1200;

const OPENS_GROUPING = new Set(['by', 'without', 'on', 'ignoring', 'group_left', 'group_right']);
const OPERATOR_WORDS = new Set(['and', 'or', 'unless', 'atan2']);
const KEYWORDS = new Set(['by', 'without', 'on', 'ignoring', 'group_left', 'group_right', 'bool', 'offset']);

/** The first problem of a query; `errorAt` is where the grammar stopped, or -1 when it accepted everything. */
export function explainSyntaxError(query: string, errorAt: number): SyntaxProblem | undefined {
  const { tokens, problem } = scan(query);
  if (errorAt < 0) return problem;
  const at = tokens.findIndex((token) => token.end > errorAt);
  if (problem !== undefined && (at < 0 || (tokens[at]?.start ?? 0) >= problem.offset)) return problem;
  if (tokens.length === 0) return { offset: 0, message: 'no expression found in input' };
  return describe(query, tokens, at < 0 ? tokens.length : at, problem);
}

function nameToken(token: Token): string {
  const lower = token.text.toLowerCase();
  switch (token.kind) {
    case 'identifier':
      if (OPERATOR_WORDS.has(lower)) return `<op:${lower}>`;
      return KEYWORDS.has(lower) ? `<${token.text}>` : `identifier ${quote(token.text)}`;
    case 'number':
      return `number ${quote(token.text)}`;
    case 'duration':
      return `duration ${quote(token.text)}`;
    case 'string':
      return `string ${quote(token.text)}`;
    case 'operator':
      return `<op:${token.text}>`;
    default:
      return quote(token.text);
  }
}

function describe(
  query: string,
  tokens: readonly Token[],
  at: number,
  problem: SyntaxProblem | undefined,
): SyntaxProblem {
  const token = tokens[at];
  if (token === undefined && problem !== undefined) return problem;
  const before = tokens[at - 1];
  if (
    token?.text === '(' &&
    before?.kind === 'identifier' &&
    !KEYWORDS.has(before.text.toLowerCase()) &&
    !OPERATOR_WORDS.has(before.text.toLowerCase())
  ) {
    return { offset: before.start, message: `unknown function with name ${quote(before.text)}` };
  }
  const offset = token?.start ?? query.length;
  if (at > GRAMMAR_TOKENS) return { offset, message: 'the query is too long for the parser here, or wrong: split it' };
  if (token !== undefined && token.text === ')' && before?.text === ',')
    return { offset: before.start, message: 'trailing commas not allowed in function call args' };
  const what = token === undefined ? 'unexpected end of input' : `unexpected ${nameToken(token)}`;
  return { offset, message: what + contextOf(tokens, at) };
}

/** ` in label matching, expected string`, from the tokens before the unexpected one. */
function contextOf(tokens: readonly Token[], at: number): string {
  const before = tokens[at - 1];
  if (before === undefined) return '';
  if (before.text === '@') return ' in @, expected timestamp';
  if (before.kind === 'identifier' && before.text.toLowerCase() === 'offset')
    return ' in offset, expected number, duration, step(), or range()';
  const open = openBefore(tokens, at);
  if (open >= 0 && tokens[open]?.text === '{') return labelContext(before);
  const word = open > 0 ? tokens[open - 1]?.text.toLowerCase() : undefined;
  if (open >= 0 && tokens[open]?.text === '(' && word !== undefined && OPENS_GROUPING.has(word)) {
    const expected = before.text === '(' || before.text === ',' ? 'label' : '"," or ")"';
    return ` in grouping opts, expected ${expected}`;
  }
  if (open >= 0 && tokens[open]?.text === '[')
    return ' in subquery or range selector, expected number, duration, step(), or range()';
  if (
    OPENS_GROUPING.has(before.text.toLowerCase()) &&
    before.text.toLowerCase() !== 'group_left' &&
    before.text.toLowerCase() !== 'group_right'
  ) {
    return ' in grouping opts, expected "("';
  }
  if (before.text === ')' && afterGrouping(tokens, at - 1)) return ' in aggregation';
  return '';
}

function labelContext(before: Token): string {
  switch (before.kind) {
    case 'identifier':
      return ' in label matching, expected label matching operator';
    case 'operator':
      return ' in label matching, expected string';
    case 'string':
      return ' in label matching, expected "," or "}"';
    default:
      return before.text === '='
        ? ' in label matching, expected string'
        : ' in label matching, expected identifier or "}"';
  }
}

function openBefore(tokens: readonly Token[], at: number): number {
  let depth = 0;
  for (let back = at - 1; back >= 0; back--) {
    const text = tokens[back]?.kind === 'punctuation' ? tokens[back]?.text : '';
    if (text === ')' || text === ']' || text === '}') depth++;
    else if (text === '(' || text === '[' || text === '{') {
      if (depth === 0) return back;
      depth--;
    }
  }
  return -1;
}

function afterGrouping(tokens: readonly Token[], closing: number): boolean {
  const open = openBefore(tokens, closing);
  const word = tokens[open - 1]?.text.toLowerCase();
  const aggregation = tokens[open - 2];
  return (word === 'by' || word === 'without') && aggregation?.kind === 'identifier';
}
