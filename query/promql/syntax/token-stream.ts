// The tokens of one query with one token of look-ahead, and the errors about them. The first error ends the parse.
import type { LanguageFeatures } from '../features.ts';
import { MAX_QUERY_DEPTH } from '../limits.ts';
import { unquote, type UnquotedString } from '../literals.ts';
import { parseError, PromqlError } from '../promql-error.ts';
import { Lexer } from './lexer.ts';
import { Source } from './source.ts';
import { describeToken, type Token, type TokenKind } from './token.ts';

const CLOSING: ReadonlySet<TokenKind> = new Set([')', ']', '}', 'number', 'duration']);

export function nestingError(): PromqlError {
  return new PromqlError('bad_data', `nesting limit: the query nests deeper than ${MAX_QUERY_DEPTH} levels`);
}

export class TokenStream {
  readonly source: Source;
  readonly features: LanguageFeatures;
  /** What an unexpected token is unexpected in, and what was expected: the tail of the message. */
  context = '';
  readonly #lexer: Lexer;
  #ahead: Token | undefined;
  #depth = 0;
  /** One past the newest token that may end an expression, the one in view included: where Prometheus sees selectors with modifiers end. */
  lastClosing = 0;

  constructor(query: string, features: LanguageFeatures) {
    this.source = new Source(query);
    this.features = features;
    this.#lexer = new Lexer(this.source, (at, message) => this.fail(at, message));
  }

  /**
   * The next token. It is read only here, because an error of the lexer comes before errors that are found with the token in view, and after
   * those that are found without it.
   */
  ahead(): Token {
    if (this.#ahead === undefined) {
      this.#ahead = this.#lexer.next();
      if (CLOSING.has(this.#ahead.kind)) this.lastClosing = this.#ahead.end;
    }
    return this.#ahead;
  }

  peek(): TokenKind {
    return this.ahead().kind;
  }

  take(): Token {
    const token = this.ahead();
    this.#ahead = undefined;
    return token;
  }

  expect(kind: TokenKind, context: string = this.context): Token {
    return this.peek() === kind ? this.take() : this.unexpected(context);
  }

  text(token: Token): string {
    return this.source.slice(token.start, token.end);
  }

  /** The value of a string token. */
  string(token: Token): UnquotedString {
    const read = unquote(this.text(token));
    return 'error' in read ? this.fail(token.start, read.error) : read;
  }

  /** Every level of nesting is entered and left once. */
  enter(): void {
    if (++this.#depth > MAX_QUERY_DEPTH) throw nestingError();
  }

  leave(): void {
    this.#depth--;
  }

  fail(at: number, message: string): never {
    throw parseError(this.source.query, at, message);
  }

  unexpected(context: string = this.context): never {
    const token = this.ahead();
    return this.fail(token.start, `unexpected ${describeToken(token.kind, this.text(token))}${context}`);
  }
}
