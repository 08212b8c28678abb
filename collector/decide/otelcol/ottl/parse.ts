// The grammar of OTTL conditions: comparisons of paths, literals, arithmetic and functions, joined by and, or, not.
import { OPERATORS, type Operator } from './compare.ts';
import { OttlSyntaxError } from './syntax-error.ts';
import { tokensOf, unquoted, type Token, type TokenKind } from './tokens.ts';

export interface Segment {
  readonly name: string;
  readonly keys: readonly Expression[];
}
export interface Argument {
  /** undefined when given by place. */
  readonly name: string | undefined;
  readonly value: Expression;
}
export type Expression =
  | { readonly kind: 'literal'; readonly value: null | boolean | bigint | number | string | Uint8Array }
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  | { readonly kind: 'map'; readonly entries: readonly (readonly [string, Expression])[] }
  | { readonly kind: 'enum'; readonly name: string }
  | { readonly kind: 'path'; readonly segments: readonly Segment[] }
  | {
      readonly kind: 'call';
      readonly name: string;
      readonly arguments: readonly Argument[];
      readonly keys: readonly Expression[];
    }
  | { readonly kind: 'negative'; readonly inner: Expression }
  | { readonly kind: 'arithmetic'; readonly sign: string; readonly left: Expression; readonly right: Expression };

export type Condition =
  | { readonly kind: 'compare'; readonly operator: Operator; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'value'; readonly value: Expression }
  | { readonly kind: 'not'; readonly inner: Condition }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Condition[] };

/** Deeper nesting than this is nobody's condition. */
const MAX_DEPTH = 64;
/** Longer conditions are nobody's either; parentheses are read twice at each depth. */
const MAX_TOKENS = 4096;
const INT64_MAX = (1n << 63n) - 1n;

/** @throws OttlSyntaxError */
export function parseCondition(text: string): Condition {
  return new Parser(text).whole();
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#tokens = tokensOf(text);
    if (this.#tokens.length > MAX_TOKENS) throw new OttlSyntaxError(`is longer than ${MAX_TOKENS} words`);
  }

  whole(): Condition {
    const condition = this.#or();
    if (this.#next.kind !== 'end') throw this.#unexpected();
    return condition;
  }

  get #next(): Token {
    return this.#tokens[this.#at]!;
  }

  #or(): Condition {
    if (++this.#depth > MAX_DEPTH) throw new OttlSyntaxError('is nested too deeply');
    const parts = [this.#and()];
    while (this.#take('or')) parts.push(this.#and());
    this.#depth--;
    return parts.length === 1 ? parts[0]! : { kind: 'or', parts };
  }

  #and(): Condition {
    const parts = [this.#term()];
    while (this.#take('and')) parts.push(this.#term());
    return parts.length === 1 ? parts[0]! : { kind: 'and', parts };
  }

  #term(): Condition {
    if (!this.#take('not')) return this.#positive();
    return { kind: 'not', inner: this.#positive() };
  }

  /** A comparison, else a call or true or false, else a condition in parentheses. */
  #positive(): Condition {
    const compared = this.#attempt(() => this.#comparison());
    if (compared !== undefined) return compared;
    const token = this.#next;
    if (token.kind === 'bool') {
      this.#at++;
      return { kind: 'value', value: { kind: 'literal', value: token.text === 'true' } };
    }
    const call = this.#attempt(() => this.#call());
    if (call !== undefined) return { kind: 'value', value: call };
    if (token.text === '(' && token.kind === 'punct') {
      this.#at++;
      const inner = this.#or();
      this.#expect(')');
      return inner;
    }
    return this.#comparison();
  }

  #comparison(): Condition {
    const left = this.#value();
    const token = this.#next;
    const operator = OPERATORS.find((known) => known === token.text);
    if (token.kind !== 'comparison' || operator === undefined)
      throw token.kind === 'end' ? new OttlSyntaxError('compares with nothing') : this.#unexpected();
    this.#at++;
    return { kind: 'compare', operator, left, right: this.#value() };
  }

  #value(): Expression {
    const token = this.#next;
    switch (token.kind) {
      case 'nil':
      case 'bool':
        this.#at++;
        return { kind: 'literal', value: token.kind === 'nil' ? null : token.text === 'true' };
      case 'bytes':
        this.#at++;
        if (token.text.length % 2 === 1)
          throw new OttlSyntaxError(`has bytes with an odd number of digits, ${token.text}`);
        return { kind: 'literal', value: Buffer.from(token.text.slice(2), 'hex') };
      case 'text':
        this.#at++;
        return { kind: 'literal', value: unquoted(token.text) };
      default:
        if (token.text === '[') return this.#list();
        if (token.text === '{') return this.#map();
        return token.kind === 'upper' && !this.#startsCall() ? this.#enum() : this.#sum();
    }
  }

  #startsCall(): boolean {
    const from = this.#at;
    this.#word();
    const found = this.#next.kind === 'punct' && this.#next.text === '(';
    this.#at = from;
    return found;
  }

  #enum(): Expression {
    const token = this.#next;
    this.#at++;
    if (this.#next.kind === 'lower')
      throw new OttlSyntaxError(`has an unexpected \`${token.text}${this.#next.text}\`; functions are followed by (`);
    return { kind: 'enum', name: token.text };
  }

  #list(): Expression {
    this.#at++;
    const items: Expression[] = [];
    if (this.#takePunct(']')) return { kind: 'list', items };
    do items.push(this.#value());
    while (this.#takePunct(','));
    this.#expect(']');
    return { kind: 'list', items };
  }

  /** Commas between entries may be left away. */
  #map(): Expression {
    this.#at++;
    const entries: [string, Expression][] = [];
    while (this.#next.kind === 'text') {
      const key = unquoted(this.#next.text);
      this.#at++;
      this.#expect(':');
      entries.push([key, this.#value()]);
      this.#takePunct(',');
    }
    this.#expect('}');
    return { kind: 'map', entries };
  }

  #sum(): Expression {
    let left = this.#product();
    while (this.#next.kind === 'sum') {
      const sign = this.#next.text;
      this.#at++;
      left = { kind: 'arithmetic', sign, left, right: this.#product() };
    }
    return left;
  }

  #product(): Expression {
    let left = this.#signed();
    while (this.#next.kind === 'product') {
      const sign = this.#next.text;
      this.#at++;
      left = { kind: 'arithmetic', sign, left, right: this.#signed() };
    }
    return left;
  }

  #signed(): Expression {
    const sign = this.#next.kind === 'sum' ? this.#next.text : '';
    if (sign !== '') this.#at++;
    const inner = this.#operand();
    if (sign !== '-') return inner;
    const number =
      inner.kind === 'literal' && (typeof inner.value === 'bigint' || typeof inner.value === 'number')
        ? inner.value
        : undefined;
    return number === undefined ? { kind: 'negative', inner } : { kind: 'literal', value: -number };
  }

  /** What arithmetic takes: numbers, paths, calls, and sums in parentheses. */
  #operand(): Expression {
    const token = this.#next;
    if (token.kind === 'float' || token.kind === 'int') {
      this.#at++;
      return { kind: 'literal', value: token.kind === 'int' ? int64(token.text) : Number(token.text) };
    }
    if (token.kind === 'lower') return this.#path();
    if (token.kind === 'upper') return this.#call();
    if (token.text !== '(') throw this.#unexpected();
    if (++this.#depth > MAX_DEPTH) throw new OttlSyntaxError('is nested too deeply');
    this.#at++;
    const inner = this.#sum();
    this.#expect(')');
    this.#depth--;
    return inner;
  }

  #path(): Expression {
    const segments: Segment[] = [];
    do {
      const name = this.#next;
      if (name.kind !== 'lower') throw this.#unexpected();
      this.#at++;
      segments.push({ name: name.text, keys: this.#keys() });
    } while (this.#takePunct('.'));
    return { kind: 'path', segments };
  }

  #call(): Expression {
    if (this.#next.kind !== 'upper') throw this.#unexpected();
    const name = this.#word();
    this.#expect('(');
    const given: Argument[] = [];
    if (!this.#takePunct(')')) {
      do given.push(this.#argument());
      while (this.#takePunct(','));
      this.#expect(')');
    }
    return { kind: 'call', name, arguments: given, keys: this.#keys() };
  }

  #argument(): Argument {
    const from = this.#at;
    if (this.#next.kind === 'lower') {
      const name = this.#word();
      if (this.#take('equal')) return { name, value: this.#value() };
      this.#at = from;
    }
    return { name: undefined, value: this.#value() };
  }

  /** Upper-case and lower-case letters in any order. */
  #word(): string {
    let word = '';
    while (this.#next.kind === 'upper' || this.#next.kind === 'lower') word += this.#tokens[this.#at++]!.text;
    return word;
  }

  #keys(): Expression[] {
    const keys: Expression[] = [];
    while (this.#takePunct('[')) {
      const token = this.#next;
      if (token.kind === 'text' || token.kind === 'int') {
        this.#at++;
        keys.push({ kind: 'literal', value: token.kind === 'int' ? int64(token.text) : unquoted(token.text) });
      } else keys.push(this.#sum());
      this.#expect(']');
    }
    return keys;
  }

  /** undefined, and nothing read, where the text is something else. */
  #attempt<T>(read: () => T): T | undefined {
    const [at, depth] = [this.#at, this.#depth];
    try {
      return read();
    } catch (error) {
      if (!(error instanceof OttlSyntaxError)) throw error;
      [this.#at, this.#depth] = [at, depth];
      return undefined;
    }
  }

  #take(kind: TokenKind): boolean {
    if (this.#next.kind !== kind) return false;
    this.#at++;
    return true;
  }

  #takePunct(text: string): boolean {
    if (this.#next.kind !== 'punct' || this.#next.text !== text) return false;
    this.#at++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#takePunct(text)) throw new OttlSyntaxError(`lacks a \`${text}\` at ${this.#next.column}`);
  }

  #unexpected(): OttlSyntaxError {
    const token = this.#next;
    return new OttlSyntaxError(
      token.kind === 'end' ? 'ends too early' : `has an unexpected \`${token.text}\` at ${token.column}`,
    );
  }
}

function int64(text: string): bigint {
  const value = BigInt(text);
  if (value > INT64_MAX) throw new OttlSyntaxError(`has the number ${text}, which is beyond 64 bits`);
  return value;
}
