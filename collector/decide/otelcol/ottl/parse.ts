// The grammar of OTTL conditions: comparisons of paths, literals, arithmetic and functions, joined by and, or, not.
export type Expression =
  | { readonly kind: 'literal'; readonly value: null | boolean | bigint | number | string | Uint8Array }
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  | { readonly kind: 'enum'; readonly name: string }
  | { readonly kind: 'path'; readonly segments: readonly string[]; readonly keys: readonly Expression[] }
  | { readonly kind: 'call'; readonly name: string; readonly arguments: readonly Expression[]; readonly keys: readonly Expression[] }
  | { readonly kind: 'arithmetic'; readonly sign: string; readonly left: Expression; readonly right: Expression };

export type Condition =
  | { readonly kind: 'compare'; readonly operator: '==' | '!=' | '<' | '<=' | '>' | '>='; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'value'; readonly value: Expression }
  | { readonly kind: 'not'; readonly inner: Condition }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Condition[] };

/** What is wrong with a condition's text. */
export class OttlSyntaxError extends Error {
  override readonly name = 'OttlSyntaxError';
}

const TOKEN = /\s*(?:("(?:[^"\\]|\\.)*")|(0x[0-9a-fA-F]+)|(\d+\.\d*(?:[eE][+-]?\d+)?|\.\d+|\d+)|([A-Za-z_][A-Za-z0-9_]*)|(==|!=|<=|>=|[<>()[\],.+\-*/]))/y;
const OPERATORS = new Set(['==', '!=', '<', '<=', '>', '>=']);
/** Deeper nesting than this is nobody's condition. */
const MAX_DEPTH = 64;

export function parseCondition(text: string): Condition {
  return new Parser(text).whole();
}

class Parser {
  readonly #tokens: string[] = [];
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    TOKEN.lastIndex = 0;
    let end = 0;
    while (end < text.trimEnd().length) {
      const match = TOKEN.exec(text);
      if (match === null) throw new OttlSyntaxError(`has an unexpected character at ${end + 1}`);
      end = TOKEN.lastIndex;
      this.#tokens.push(match[0].trim());
    }
  }

  whole(): Condition {
    const condition = this.#or();
    if (this.#at < this.#tokens.length) throw new OttlSyntaxError(`does not end before \`${this.#tokens[this.#at]!}\``);
    return condition;
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
    if (this.#take('not')) return { kind: 'not', inner: this.#term() };
    const from = this.#at;
    const depth = this.#depth;
    if (this.#take('(')) {
      // A parenthesis may hold conditions or arithmetic: conditions first, then back.
      try {
        const inner = this.#or();
        this.#expect(')');
        if (!this.#startsOperator()) return inner;
      } catch (error) {
        if (!(error instanceof OttlSyntaxError)) throw error;
      }
      this.#at = from;
      this.#depth = depth;
    }
    const left = this.#sum();
    const operator = this.#tokens[this.#at];
    if (operator === undefined || !OPERATORS.has(operator)) {
      if (left.kind === 'call' || (left.kind === 'literal' && typeof left.value === 'boolean')) return { kind: 'value', value: left };
      throw new OttlSyntaxError('compares with nothing');
    }
    this.#at++;
    return { kind: 'compare', operator: operator as '==', left, right: this.#sum() };
  }

  #startsOperator(): boolean {
    const token = this.#tokens[this.#at];
    return token !== undefined && (OPERATORS.has(token) || '+-*/'.includes(token));
  }

  #sum(): Expression {
    let left = this.#product();
    for (let sign = this.#tokens[this.#at]; sign === '+' || sign === '-'; sign = this.#tokens[this.#at]) {
      this.#at++;
      left = { kind: 'arithmetic', sign, left, right: this.#product() };
    }
    return left;
  }

  #product(): Expression {
    let left = this.#primary();
    for (let sign = this.#tokens[this.#at]; sign === '*' || sign === '/'; sign = this.#tokens[this.#at]) {
      this.#at++;
      left = { kind: 'arithmetic', sign, left, right: this.#primary() };
    }
    return left;
  }

  #primary(): Expression {
    const token = this.#tokens[this.#at];
    if (token === undefined) throw new OttlSyntaxError('ends too early');
    this.#at++;
    if (token === '(') {
      const inner = this.#sum();
      this.#expect(')');
      return inner;
    }
    if (token === '[') return { kind: 'list', items: this.#arguments(']') };
    if (token === '-') {
      const inner = this.#primary();
      if (inner.kind === 'literal' && (typeof inner.value === 'bigint' || typeof inner.value === 'number')) return { kind: 'literal', value: -inner.value };
      throw new OttlSyntaxError('has a sign before something that is no number');
    }
    if (token.startsWith('"')) return { kind: 'literal', value: unquote(token) };
    if (token.startsWith('0x')) return { kind: 'literal', value: Buffer.from(token.slice(2), 'hex') };
    if (/^[\d.]/.test(token) && token !== '.') return { kind: 'literal', value: /^\d+$/.test(token) ? BigInt(token) : Number(token) };
    if (token === 'true' || token === 'false') return { kind: 'literal', value: token === 'true' };
    if (token === 'nil') return { kind: 'literal', value: null };
    if (!/^[A-Za-z_]/.test(token)) throw new OttlSyntaxError(`has an unexpected \`${token}\``);
    if (this.#take('(')) return { kind: 'call', name: token, arguments: this.#arguments(')'), keys: this.#keys() };
    if (/^[A-Z][A-Z0-9_]*$/.test(token)) return { kind: 'enum', name: token };
    const segments = [token];
    while (this.#take('.')) {
      const segment = this.#tokens[this.#at++];
      if (segment === undefined || !/^[a-z_]/.test(segment)) throw new OttlSyntaxError('has a path that ends with a dot');
      segments.push(segment);
    }
    return { kind: 'path', segments, keys: this.#keys() };
  }

  #keys(): Expression[] {
    const keys: Expression[] = [];
    while (this.#take('[')) {
      keys.push(this.#sum());
      this.#expect(']');
    }
    return keys;
  }

  #arguments(close: string): Expression[] {
    const list: Expression[] = [];
    if (this.#take(close)) return list;
    do list.push(this.#sum());
    while (this.#take(','));
    this.#expect(close);
    return list;
  }

  #take(token: string): boolean {
    if (this.#tokens[this.#at] !== token) return false;
    this.#at++;
    return true;
  }

  #expect(token: string): void {
    if (!this.#take(token)) throw new OttlSyntaxError(`lacks a \`${token}\``);
  }
}

function unquote(token: string): string {
  return token.slice(1, -1).replace(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped === 't' ? '\t' : escaped === 'r' ? '\r' : escaped));
}
