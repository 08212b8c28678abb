// Splits a query into tokens the way Prometheus' lexer does, for error messages only: the tree comes from the grammar.
import { parseDurationMs, parseNumber, unquote } from './literals.ts';
import { quote, quoteCharacter } from './quote.ts';

export interface SyntaxProblem {
  /** Character offset in the query. */
  readonly offset: number;
  readonly message: string;
}

export interface Token {
  readonly kind: 'identifier' | 'number' | 'duration' | 'string' | 'operator' | 'punctuation';
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const NUMBER = /(?:0[xX][0-9a-fA-F]+|(?:\d+(?:_\d+)*(?:\.\d*(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:[eE][+-]?\d+(?:_\d+)*)?)/y;
const DURATION = /(?:\d+(?:ms|[ywdhms]))+/y;
const IDENTIFIER = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const LABEL = /[a-zA-Z_][a-zA-Z0-9_]*/y;
const SPACE = /(?:\s+|#[^\n]*)/y;
const OPERATOR = /(?:==|!=|=~|!~|<=|>=|<\/|>\/|[-+*/%^<>=])/y;
const STRING = /(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`)/y;

function take(expression: RegExp, query: string, at: number): string | undefined {
  expression.lastIndex = at;
  return expression.exec(query)?.[0];
}

class Scanner {
  readonly query: string;
  readonly tokens: Token[] = [];
  problem: SyntaxProblem | undefined;
  at = 0;
  #parens = 0;
  #braces = false;
  #brackets = false;
  #colon = false;

  constructor(query: string) {
    this.query = query;
  }

  run(): void {
    while (this.problem === undefined && this.at < this.query.length) {
      const space = take(SPACE, this.query, this.at);
      if (space !== undefined) this.at += space.length;
      else this.#token();
    }
    if (this.problem !== undefined) return;
    const end = this.query.length;
    if (this.#braces) this.#fail(end, 'unexpected end of input inside braces');
    else if (this.#brackets)
      this.#fail(
        end,
        this.tokens.at(-1)?.text === '[' ? 'unexpected end of input in duration expression' : 'unclosed left bracket',
      );
    else if (this.#parens > 0) this.#fail(end, 'unclosed left parenthesis');
  }

  #fail(offset: number, message: string): void {
    this.problem = { offset, message };
  }

  #push(kind: Token['kind'], text: string): void {
    this.tokens.push({ kind, text, start: this.at, end: this.at + text.length });
    this.at += text.length;
  }

  #token(): void {
    const character = String.fromCodePoint(this.query.codePointAt(this.at) ?? 0);
    if (character === '"' || character === "'" || character === '`') this.#string();
    else if (this.#braces) this.#insideBraces(character);
    else if (/[0-9]/.test(character) || (character === '.' && /[0-9]/.test(this.query[this.at + 1] ?? '')))
      this.#number();
    else this.#outside(character);
  }

  #string(): void {
    const rest = this.query.slice(this.at);
    const literal = take(STRING, this.query, this.at);
    if (this.#brackets)
      return this.#fail(this.at, `unexpected character in duration expression: ${quoteCharacter(rest[0] ?? '')}`);
    if (literal === undefined) {
      const read = unquote(rest.length > 1 ? rest + (rest[0] ?? '') : rest);
      const escape = 'error' in read && /escape/.test(read.error) ? read.error : undefined;
      return this.#fail(
        this.at,
        escape ?? (rest.startsWith('`') ? 'unterminated raw string' : 'unterminated quoted string'),
      );
    }
    const read = unquote(literal);
    if ('error' in read) return this.#fail(this.at, read.error);
    this.#push('string', literal);
  }

  #insideBraces(character: string): void {
    const label = take(LABEL, this.query, this.at);
    if (label !== undefined) return this.#push('identifier', label);
    if (character === '}') {
      this.#braces = false;
      return this.#push('punctuation', character);
    }
    if (character === ',') return this.#push('punctuation', character);
    if (character === '{') return this.#fail(this.at, `unexpected left brace ${quoteCharacter(character)}`);
    const two = this.query.slice(this.at, this.at + 2);
    if (two === '!=' || two === '=~' || two === '!~') return this.#push('operator', two);
    if (character === '=') return this.#push('punctuation', '=');
    if (character === '!')
      return this.#fail(
        this.at,
        `unexpected character after '!' inside braces: ${quoteCharacter(this.query[this.at + 1] ?? '\ufffd')}`,
      );
    this.#fail(this.at, `unexpected character inside braces: ${quoteCharacter(character)}`);
  }

  #number(): void {
    const duration = take(DURATION, this.query, this.at);
    const number = duration === undefined ? take(NUMBER, this.query, this.at) : undefined;
    const text = duration ?? number ?? '';
    const following = this.query[this.at + text.length] ?? '';
    if (/[a-zA-Z0-9_.:]/.test(following) && !(this.#brackets && following === ':')) {
      const shown = /[a-zA-Z0-9_.]/.test(following) ? text + following : text;
      return this.#fail(this.at, `bad number or duration syntax: ${quote(/[xMD]/.test(following) ? text : shown)}`);
    }
    if (duration !== undefined && parseDurationMs(duration) === undefined)
      return this.#fail(this.at, `not a valid duration string: ${quote(duration)}`);
    if (parseNumber(text) === undefined) return this.#fail(this.at, `bad number or duration syntax: ${quote(text)}`);
    this.#push(duration === undefined ? 'number' : 'duration', text);
  }

  #outside(character: string): void {
    const identifier = this.#brackets ? take(LABEL, this.query, this.at) : take(IDENTIFIER, this.query, this.at);
    if (identifier !== undefined && !(this.#brackets && !/^(?:step|range|min_of|max_of|inf|nan)$/i.test(identifier))) {
      return this.#push(/^(?:inf|nan)$/i.test(identifier) ? 'number' : 'identifier', identifier);
    }
    if (this.#brackets && identifier !== undefined)
      return this.#fail(this.at, `unexpected character in duration expression: ${quoteCharacter(character)}`);
    if (character === '!' || character === '=') {
      const after = this.query[this.at + 1] ?? '\ufffd';
      if (character === '!' && after !== '=')
        return this.#fail(this.at, `unexpected character after '!': ${quoteCharacter(after)}`);
      if (character === '=' && after === '~')
        return this.#fail(this.at, `unexpected character after '=': ${quoteCharacter(after)}`);
      if (character === '=' && after !== '=') return this.#push('punctuation', '=');
    }
    const operator = take(OPERATOR, this.query, this.at);
    if (operator !== undefined) return this.#push('operator', operator);
    if (character === '@' || character === ',') return this.#push('punctuation', character);
    this.#bracket(character);
  }

  #bracket(character: string): void {
    if (character === '(') this.#parens++;
    else if (character === ')' && --this.#parens < 0)
      return this.#fail(this.at + 1, `unexpected right parenthesis ${quoteCharacter(')')}`);
    else if (character === '{') this.#braces = true;
    else if (character === '[') {
      if (this.#brackets) return this.#fail(this.at, `unexpected left bracket ${quoteCharacter('[')}`);
      this.#brackets = true;
      this.#colon = false;
    } else if (character === ']') {
      if (!this.#brackets) return this.#fail(this.at, `unexpected right bracket ${quoteCharacter(']')}`);
      this.#brackets = false;
    } else if (character === ':' && this.#brackets) {
      if (this.tokens.at(-1)?.text === '[')
        return this.#fail(this.at + 1, 'unexpected colon before duration in duration expression');
      if (this.#colon) return this.#fail(this.at, `unexpected colon ${quoteCharacter(':')}`);
      this.#colon = true;
    } else if (character !== ')')
      return this.#fail(
        this.at,
        `unexpected character${this.#brackets ? ' in duration expression' : ''}: ${quoteCharacter(character)}`,
      );
    this.#push('punctuation', character);
  }
}

/** Tokens up to the first thing that is none, and what that is. */
export function scan(query: string): {
  readonly tokens: readonly Token[];
  readonly problem: SyntaxProblem | undefined;
} {
  const scanner = new Scanner(query);
  scanner.run();
  return { tokens: scanner.tokens, problem: scanner.problem };
}
