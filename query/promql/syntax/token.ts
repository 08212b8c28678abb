// The tokens of PromQL: their kinds, the keywords, and how messages name them.
import { quote } from '../quote.ts';

const OPERATOR_WORDS = ['and', 'or', 'unless', 'atan2'] as const;

const AGGREGATORS = [
  'sum',
  'avg',
  'count',
  'min',
  'max',
  'group',
  'stddev',
  'stdvar',
  'topk',
  'bottomk',
  'count_values',
  'quantile',
  'limitk',
  'limit_ratio',
] as const;

const MODIFIERS = [
  'offset',
  'smoothed',
  'anchored',
  'by',
  'without',
  'on',
  'ignoring',
  'group_left',
  'group_right',
  'fill',
  'fill_left',
  'fill_right',
  'bool',
] as const;

/** Words that stand for a time or a duration. */
const PREPROCESSORS = ['start', 'end', 'step', 'range', 'max_of', 'min_of'] as const;

const SYMBOLS = ['+', '-', '*', '/', '%', '^', '==', '!=', '=~', '!~', '<', '<=', '</', '>', '>=', '>/', '@'] as const;

const PUNCTUATION = ['(', ')', '{', '}', '[', ']', ',', ':', '='] as const;

export type Aggregator = (typeof AGGREGATORS)[number];
type Keyword =
  | (typeof OPERATOR_WORDS)[number]
  | Aggregator
  | (typeof MODIFIERS)[number]
  | (typeof PREPROCESSORS)[number];

export type TokenKind =
  | 'end of input'
  | 'identifier'
  | 'metric identifier'
  | 'number'
  | 'duration'
  | 'string'
  | (typeof PUNCTUATION)[number]
  | (typeof SYMBOLS)[number]
  | Keyword;

/** Where a token stands, in bytes of the query. */
export interface Token {
  readonly kind: TokenKind;
  readonly start: number;
  readonly end: number;
}

export const KEYWORDS: ReadonlyMap<string, TokenKind> = new Map<string, TokenKind>([
  ...[...OPERATOR_WORDS, ...AGGREGATORS, ...MODIFIERS, ...PREPROCESSORS].map((word) => [word, word] as const),
  ['inf', 'number'],
  ['nan', 'number'],
]);

export const DURATION_KEYWORDS: ReadonlyMap<string, TokenKind> = new Map(
  (['step', 'range', 'max_of', 'min_of'] as const).map((word) => [word, word]),
);

const AGGREGATOR_SET: ReadonlySet<string> = new Set(AGGREGATORS);
const OPERATOR_SET: ReadonlySet<string> = new Set([...OPERATOR_WORDS, ...SYMBOLS]);
const MODIFIER_SET: ReadonlySet<string> = new Set(MODIFIERS);
const NAMED_KINDS: ReadonlySet<string> = new Set([
  'identifier',
  'metric identifier',
  'number',
  'duration',
  'string',
] satisfies TokenKind[]);

export function isAggregator(kind: TokenKind): kind is Aggregator {
  return AGGREGATOR_SET.has(kind);
}

/** Keywords that may name a metric where an expression starts. */
const METRIC_KEYWORDS: ReadonlySet<string> = new Set<TokenKind>([
  'identifier',
  'metric identifier',
  ...AGGREGATORS,
  ...PREPROCESSORS,
  'and',
  'or',
  'unless',
  'by',
  'without',
  'offset',
  'anchored',
  'smoothed',
  'fill',
  'fill_left',
  'fill_right',
]);

export function mayNameMetric(kind: TokenKind): boolean {
  return METRIC_KEYWORDS.has(kind);
}

const OPENERS: ReadonlySet<TokenKind> = new Set(['number', 'duration', 'string', '(', '{', '+', '-']);

export function startsExpression(kind: TokenKind): boolean {
  return OPENERS.has(kind) || mayNameMetric(kind);
}

const LABEL_KEYWORDS: ReadonlySet<string> = new Set<TokenKind>([
  'identifier',
  'metric identifier',
  ...OPERATOR_WORDS,
  ...AGGREGATORS,
  ...MODIFIERS.filter((word) => word !== 'without'),
  ...PREPROCESSORS,
]);

/** Kinds that may name a label in a list of labels. */
export function mayNameLabel(kind: TokenKind): boolean {
  return LABEL_KEYWORDS.has(kind);
}

/** Bytes of a token that a message shows in full. */
const SHOWN_BYTES = 10;

/** How a message about a token names it: `identifier "foo"`, `<op:+>`, `end of input`. */
export function describeToken(kind: TokenKind, text: string): string {
  if (kind === 'end of input') return kind;
  if (MODIFIER_SET.has(kind)) return `<${text}>`;
  if (OPERATOR_SET.has(kind)) return `<op:${text}>`;
  if (AGGREGATOR_SET.has(kind)) return `<aggr:${text}>`;
  const isLong = kind !== 'identifier' && kind !== 'metric identifier' && Buffer.byteLength(text) > SHOWN_BYTES;
  const shown = isLong ? `${quote(/^.{0,10}/su.exec(text)?.[0] ?? '')}...` : quote(text);
  return NAMED_KINDS.has(kind) ? `${kind} ${shown}` : shown;
}
