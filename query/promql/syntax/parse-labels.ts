// Lists of labels behind `by`, `on` and their like, and label matchers in braces.
import { isLabelName, METRIC_NAME } from '../labels.ts';
import { MAX_MATCHERS, MAX_REGEX_CHARACTERS } from '../limits.ts';
import { makeMatcher, patternError, type Matcher, type MatchOperator } from '../matcher.ts';
import { quote } from '../quote.ts';
import { mayNameLabel, type Token, type TokenKind } from './token.ts';
import type { TokenStream } from './token-stream.ts';

/** `(a, "b.c", by)` */
export function readLabels(stream: TokenStream): readonly string[] {
  stream.expect('(', ' in grouping opts, expected "("');
  const labels: string[] = [];
  if (stream.peek() === ')') {
    stream.take();
    return labels;
  }
  for (;;) {
    labels.push(readLabel(stream));
    const kind = stream.peek();
    if (kind !== ',' && kind !== ')') return stream.unexpected(' in grouping opts, expected "," or ")"');
    stream.take();
    if (kind === ')') return labels;
    if (stream.peek() !== ')') continue;
    stream.take();
    return labels;
  }
}

function readLabel(stream: TokenStream): string {
  const kind = stream.peek();
  if (kind !== 'string' && !mayNameLabel(kind)) return stream.unexpected(' in grouping opts, expected label');
  const token = stream.take();
  const { text: label, quoted = quote(label) } =
    kind === 'string' ? stream.string(token) : { text: stream.text(token) };
  if (!isLabelName(label)) stream.fail(token.start, `invalid label name for grouping: ${quoted}`);
  return label;
}

const MATCH_OPERATORS: ReadonlySet<TokenKind> = new Set(['=', '!=', '=~', '!~']);

export interface Matchers {
  readonly matchers: Matcher[];
  /** One past the closing brace. */
  readonly end: number;
}

/** `{a="b", "metric.name", c=~"d"}` */
export function readMatchers(stream: TokenStream): Matchers {
  const open = stream.take();
  const matchers: Matcher[] = [];
  if (stream.peek() === '}') return { matchers, end: stream.take().end };
  for (;;) {
    matchers.push(readMatcher(stream));
    if (matchers.length > MAX_MATCHERS)
      stream.fail(open.start, `matcher limit: a selector has more than the ${MAX_MATCHERS} matchers that are allowed`);
    const kind = stream.peek();
    if (kind !== ',' && kind !== '}') return stream.unexpected(' in label matching, expected "," or "}"');
    const token = stream.take();
    if (kind === '}') return { matchers, end: token.end };
    if (stream.peek() === '}') return { matchers, end: stream.take().end };
  }
}

function readMatcher(stream: TokenStream): Matcher {
  const kind = stream.peek();
  if (kind !== 'string' && kind !== 'identifier')
    return stream.unexpected(' in label matching, expected identifier or "}"');
  const label = stream.take();
  const name = kind === 'string' ? stream.string(label).text : stream.text(label);
  if (!MATCH_OPERATORS.has(stream.peek())) {
    if (kind === 'string') return makeMatcher(METRIC_NAME, '=', name);
    return stream.unexpected(' in label matching, expected label matching operator');
  }
  const operator = stream.take().kind as MatchOperator;
  if (stream.peek() !== 'string') return stream.unexpected(' in label matching, expected string');
  return matcherOf(stream, label, name, operator, stream.string(stream.take()).text);
}

function matcherOf(stream: TokenStream, label: Token, name: string, operator: MatchOperator, value: string): Matcher {
  const isRegex = operator === '=~' || operator === '!~';
  if (isRegex && value.length > MAX_REGEX_CHARACTERS) {
    return stream.fail(
      label.start,
      `regular expression limit: ${value.length} characters, at most ${MAX_REGEX_CHARACTERS} are allowed`,
    );
  }
  try {
    return makeMatcher(name, operator, value);
  } catch (error) {
    return stream.fail(label.start, patternError(error));
  }
}
