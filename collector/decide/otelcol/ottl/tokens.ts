// Words of an OTTL condition, in the order in which the Collector's lexer tries them.
import { OttlSyntaxError } from './syntax-error.ts';

export type TokenKind =
  | 'bytes'
  | 'float'
  | 'int'
  | 'text'
  | 'nil'
  | 'not'
  | 'or'
  | 'and'
  | 'comparison'
  | 'arrow'
  | 'sum'
  | 'product'
  | 'bool'
  | 'equal'
  | 'punct'
  | 'upper'
  | 'lower'
  | 'blank'
  | 'end';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** 1-based, for people. */
  readonly column: number;
}

const WORD_ENDS = '(?![A-Za-z0-9_])';
const RULES: readonly (readonly [TokenKind, RegExp])[] = [
  ['bytes', /0x[a-fA-F0-9]+/y],
  ['float', /(?:\d+\.\d*|\d*\.\d+)(?:[eE][-+]?\d+)?/y],
  ['int', /\d+/y],
  ['text', /"(?:\\.|[^\\"])*"/y],
  ['nil', new RegExp(`nil${WORD_ENDS}`, 'y')],
  ['not', new RegExp(`not${WORD_ENDS}`, 'y')],
  ['or', new RegExp(`or${WORD_ENDS}`, 'y')],
  ['and', new RegExp(`and${WORD_ENDS}`, 'y')],
  ['comparison', /==|!=|>=|<=|>|</y],
  ['arrow', /=>/y],
  ['sum', /[+-]/y],
  ['product', /[/*]/y],
  ['bool', new RegExp(`(?:true|false)${WORD_ENDS}`, 'y')],
  ['equal', /=/y],
  ['punct', /[(){}:,.[\]]/y],
  ['upper', /[A-Z][A-Z0-9_]*/y],
  ['lower', /[a-z][a-z0-9_]*/y],
  ['blank', /_/y],
];
const SPACE = /[\t\n\f\r ]+/y;

/** The last token is of kind `end`. @throws OttlSyntaxError for a character that begins no token */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length;) {
    SPACE.lastIndex = at;
    if (SPACE.test(text)) {
      at = SPACE.lastIndex;
      continue;
    }
    const token = tokenAt(text, at);
    tokens.push(token);
    at += token.text.length;
  }
  tokens.push({ kind: 'end', text: 'its end', column: text.length + 1 });
  return tokens;
}

function tokenAt(text: string, at: number): Token {
  for (const [kind, rule] of RULES) {
    rule.lastIndex = at;
    const found = rule.exec(text);
    if (found !== null) return { kind, text: found[0], column: at + 1 };
  }
  throw new OttlSyntaxError(`has an unexpected character at ${at + 1}`);
}

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
};
const ESCAPE = /\\(?:([abfnrtv\\"])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2}))|\\/g;

/** The text between quotes with Go's escapes. @throws OttlSyntaxError for an escape that is none, or a line break */
export function unquoted(token: string): string {
  if (token.includes('\n')) throw new OttlSyntaxError('has a text over several lines; write \\n');
  return token
    .slice(1, -1)
    .replace(ESCAPE, (whole: string, simple?: string, byte?: string, four?: string, eight?: string, octal?: string) => {
      if (simple !== undefined) return SIMPLE_ESCAPES[simple]!;
      if (byte !== undefined || octal !== undefined)
        return String.fromCharCode(byte === undefined ? Number.parseInt(octal!, 8) : Number.parseInt(byte, 16));
      const code = Number.parseInt(four ?? eight ?? '', 16);
      const valid = code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
      if (whole === '\\' || !valid)
        throw new OttlSyntaxError(`has a backslash in a text that begins no escape; write \\\\ for a backslash itself`);
      return String.fromCodePoint(code);
    });
}
