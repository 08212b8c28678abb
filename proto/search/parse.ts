// Reads the search language. One pass over the text, each character looked at a bounded number of times; length, depth and number of conditions
// have limits. Nothing is read as something else: what is no condition, word or operator is an error with the place and what may stand there.
import { nearestKey } from '../config/nearest-key.ts';
import { readBareValue, typedFor } from './values.ts';
import { combined, type Comparison, type Expression, type Operator, type Subject, type Value } from './expression.ts';
import { ALL_OPERATORS, FIELD_NAMES, fieldNamed, fieldOf, isReserved, operatorsOf } from './fields.ts';
import { SearchMistake } from './mistake.ts';

/** Characters of a text. */
export const MAX_CHARS = 4000;
/** Brackets, `not`, `any` and `all` inside each other. */
export const MAX_DEPTH = 24;
/** Conditions and words. */
export const MAX_TERMS = 64;
/** Values of one `in (…)`. */
const MAX_LIST = 100;

const FUNCTIONS = ['exists', 'any', 'all'] as const;
const OPERATOR_CHARS = '=!~<>';
/** A word ends before these. */
const ENDS_WORD = /[\s()",=!~<>]/;
/** A value without quotes ends before these; it may hold `=` and its like. */
const ENDS_VALUE = /[\s()",]/;
const IN = /\s+(not\s+)?in\s*\(/iy;
const OPEN = /\s*\(/y;
const FIELD_WITH_COLON = /^([a-z.]+):(.*)$/;
/** Operators of other languages, and what they are here. */
const MEANT: Readonly<Record<string, Operator>> = {
  '==': '=',
  '===': '=',
  '=>': '>=',
  '=<': '<=',
  '<>': '!=',
  '=~': '~',
  '~=': '~',
  '!==': '!=',
  '!': '!=',
};
const JOINS = ['and', 'or', 'not'];
/** What begins a condition in other languages, and how it is written here. */
const FOREIGN: readonly (readonly [string, string])[] = [
  ['{', 'leave the brackets out: conditions hold together for one span'],
  ['}', 'leave the brackets out: conditions hold together for one span'],
  ['&', 'write and, or nothing between two conditions'],
  ['|', 'write or'],
  ['-', 'write not in front of a condition'],
  ['[', 'write in ("a", "b") for several values'],
  [']', 'write in ("a", "b") for several values'],
];

/** The expression; undefined where the text says nothing. @throws SearchMistake */
export function parseSearch(text: string): Expression | undefined {
  if (text.length > MAX_CHARS)
    throw new SearchMistake(
      { from: MAX_CHARS, to: text.length },
      `expected at most ${MAX_CHARS} characters, found ${text.length}`,
    );
  return new Parser(text).whole();
}

class Parser {
  readonly #text: string;
  #at = 0;
  #depth = 0;
  #terms = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): Expression | undefined {
    this.#skipSpace();
    if (this.#isEnd()) return undefined;
    const expression = this.#or();
    if (!this.#isEnd()) throw this.#expected('a condition or the end', 'there is no bracket that this one closes');
    return expression;
  }

  #or(): Expression {
    const parts = [this.#and()];
    while (this.#keyword('or')) parts.push(this.#and());
    return combined('or', parts) ?? parts[0]!;
  }

  #and(): Expression {
    const parts = [this.#unary()];
    for (;;) {
      const joined = this.#keyword('and');
      if (!joined && (this.#isEnd() || this.#text[this.#at] === ')' || this.#isKeyword('or'))) break;
      parts.push(this.#unary());
    }
    return combined('and', parts) ?? parts[0]!;
  }

  #unary(): Expression {
    const from = this.#at;
    if (this.#keyword('not')) return this.#deeper(() => ({ kind: 'not', part: this.#unary(), from, to: this.#end() }));
    if (this.#text[this.#at] === '(') return this.#deeper(() => this.#bracketed());
    return this.#term();
  }

  /** The end of what was read, without the space behind it. */
  #end(): number {
    return this.#text.slice(0, this.#at).trimEnd().length;
  }

  #bracketed(): Expression {
    this.#at++;
    this.#skipSpace();
    const inner = this.#or();
    this.#close();
    return inner;
  }

  #deeper(read: () => Expression): Expression {
    if (++this.#depth > MAX_DEPTH)
      throw this.#mistake(`expected at most ${MAX_DEPTH} brackets and nots inside each other`);
    const found = read();
    this.#depth--;
    return found;
  }

  #term(): Expression {
    if (++this.#terms > MAX_TERMS) throw this.#mistake(`expected at most ${MAX_TERMS} conditions and words`);
    const from = this.#at;
    const first = this.#text[from] ?? '';
    const isQuoted = first === '"' || first === "'";
    this.#refuseForeign(first);
    const word = isQuoted ? this.#quoted() : this.#until(ENDS_WORD);
    if (word === '' && !isQuoted)
      throw this.#expected(
        'a condition, a word or a bracket',
        this.#isOperator() ? 'write a key before the operator' : undefined,
      );
    if (!isQuoted) {
      const called = FUNCTIONS.find((name) => name === word.toLowerCase());
      if (called !== undefined && this.#skipOpen()) return this.#call(called, from);
      if (this.#text[this.#at] === '(') throw this.#unknownFunction(word, from);
    }
    const operator = this.#operator();
    if (operator !== undefined) return this.#comparison(this.#subject(word, isQuoted, from), operator, from);
    if (!isQuoted && JOINS.includes(word.toLowerCase()))
      throw this.#mistake(`expected a condition, found ${word}; put the word into quotes to look for it`, {
        from,
        to: this.#at,
      });
    if (!isQuoted) this.#refuseColon(word, from);
    if (word === '') throw this.#mistake('expected a text within the quotes', { from, to: this.#at });
    const to = this.#at;
    this.#afterTerm();
    return { kind: 'word', text: word, from, to };
  }

  #call(name: (typeof FUNCTIONS)[number], from: number): Expression {
    if (name !== 'exists') {
      const part = this.#deeper(() => this.#or());
      this.#close();
      return { kind: name, part, from, to: this.#end() };
    }
    const at = this.#at;
    const isQuoted = this.#text[at] === '"' || this.#text[at] === "'";
    const key = isQuoted ? this.#quoted() : this.#until(ENDS_WORD);
    if (key === '') throw this.#expected('the key of an attribute', 'write exists(http.route)');
    if (!isQuoted && isReserved(key))
      throw this.#mistake(`expected the key of an attribute, found the field ${key}; every span has it`, {
        from: at,
        to: this.#at,
      });
    this.#skipSpace();
    this.#close();
    return { kind: 'exists', key, from, to: this.#end() };
  }

  #subject(word: string, isQuoted: boolean, from: number): Subject {
    if (word === '') throw this.#mistake('expected a key within the quotes', { from, to: this.#at });
    const field = isQuoted ? undefined : fieldNamed(word);
    if (field !== undefined) return { of: 'field', field };
    if (!isQuoted && isReserved(word)) {
      const nearest = nearestKey(word, FIELD_NAMES);
      const remedy = nearest === undefined ? `fields are ${FIELD_NAMES.join(', ')}` : `did you mean ${nearest}`;
      throw this.#mistake(
        `expected a field, found ${word}; ${remedy}? An attribute of this name is written "${word}"`,
        { from, to: from + word.length },
      );
    }
    return { of: 'attribute', key: word };
  }

  #comparison(subject: Subject, operator: Operator, from: number): Comparison {
    const at = this.#at;
    if (subject.of === 'field') {
      const { type } = fieldOf(subject.field);
      const known = operatorsOf(type);
      if (!known.includes(operator))
        throw this.#mistake(`expected one of ${known.join(' ')} after ${subject.field}, found ${operator}`, {
          from,
          to: at,
        });
    }
    const values = operator === 'in' || operator === 'not in' ? this.#list(subject) : [this.#value(subject, operator)];
    const to = this.#end();
    this.#afterTerm();
    return { kind: 'comparison', subject, operator, values, from, to };
  }

  #list(subject: Subject): readonly Value[] {
    const values: Value[] = [];
    do {
      this.#skipSpace();
      if (values.length === MAX_LIST) throw this.#mistake(`expected at most ${MAX_LIST} values`);
      values.push(this.#value(subject, '='));
      this.#skipSpace();
    } while (this.#text[this.#at] === ',' && ++this.#at > 0);
    if (this.#text[this.#at] !== ')') throw this.#expected('a comma or ) after the value');
    this.#at++;
    return values;
  }

  #value(subject: Subject, operator: Operator): Value {
    const from = this.#at;
    const isQuoted = this.#text[from] === '"' || this.#text[from] === "'";
    const text = isQuoted ? this.#quoted() : this.#until(ENDS_VALUE);
    if (text === '' && !isQuoted) throw this.#expected('a value', 'write "" for an empty text');
    const place = { from, to: this.#at };
    const value: Value = isQuoted ? { type: 'string', text } : readBareValue(text);
    return typedFor(subject, operator, value, { text, place });
  }

  /** The operator that comes next, behind any space. */
  #operator(): Operator | undefined {
    IN.lastIndex = this.#at;
    const listed = IN.exec(this.#text);
    if (listed !== null) {
      this.#at = IN.lastIndex;
      return listed[1] === undefined ? 'in' : 'not in';
    }
    let at = this.#at;
    while (isSpace(this.#text[at])) at++;
    const from = at;
    while (at < this.#text.length && OPERATOR_CHARS.includes(this.#text[at]!)) at++;
    if (at === from) return undefined;
    const written = this.#text.slice(from, at);
    const operator = ALL_OPERATORS.find((known) => known === written);
    if (operator === undefined) {
      const meant = MEANT[written];
      const remedy = meant === undefined ? `operators are ${ALL_OPERATORS.join(' ')}` : `did you mean ${meant}?`;
      throw this.#mistake(`expected an operator, found ${written.slice(0, 10)}; ${remedy}`, { from, to: at });
    }
    this.#at = at;
    this.#skipSpace();
    return operator;
  }

  #isOperator(): boolean {
    return OPERATOR_CHARS.includes(this.#text[this.#at] ?? ' ');
  }

  /** What follows a term: space, a bracket that closes, or the end. */
  #afterTerm(): void {
    const next = this.#text[this.#at];
    if (next !== undefined && next !== ')' && !isSpace(next))
      throw this.#expected('a space', 'put the value into quotes if this is a part of it');
    this.#skipSpace();
  }

  #close(): void {
    if (this.#text[this.#at] !== ')') throw this.#expected(')');
    this.#at++;
    this.#skipSpace();
  }

  #quoted(): string {
    const from = this.#at;
    const quote = this.#text[from];
    let text = '';
    for (let at = from + 1; at < this.#text.length; at++) {
      const char = this.#text[at]!;
      if (char === quote) {
        this.#at = at + 1;
        return text;
      }
      if (char !== '\\') text += char;
      else {
        const next = this.#text[++at] ?? '';
        // A backslash before anything else is itself, as regular expressions have many.
        text += next === quote || next === '\\' ? next : next === 'n' ? '\n' : next === 't' ? '\t' : `\\${next}`;
      }
    }
    throw this.#mistake(`expected the quote that ends the text, found the end`, { from, to: this.#text.length });
  }

  #until(end: RegExp): string {
    const from = this.#at;
    while (this.#at < this.#text.length && !end.test(this.#text[this.#at]!)) this.#at++;
    return this.#text.slice(from, this.#at);
  }

  #skipOpen(): boolean {
    OPEN.lastIndex = this.#at;
    if (!OPEN.test(this.#text)) return false;
    this.#at = OPEN.lastIndex;
    this.#skipSpace();
    return true;
  }

  #skipSpace(): void {
    while (isSpace(this.#text[this.#at])) this.#at++;
  }

  #isEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  /** A keyword is a whole word, in any case of letters; in quotes it is a text. */
  #isKeyword(word: string): boolean {
    const end = this.#at + word.length;
    if (this.#text.slice(this.#at, end).toLowerCase() !== word) return false;
    const next = this.#text[end];
    return next === undefined || next === '(' || next === ')' || isSpace(next);
  }

  #keyword(word: string): boolean {
    if (!this.#isKeyword(word)) return false;
    this.#at += word.length;
    this.#skipSpace();
    return true;
  }

  #refuseForeign(char: string): void {
    const remedy = FOREIGN.find(([start]) => start === char)?.[1];
    if (remedy !== undefined) throw this.#expected('a condition, a word or a bracket', remedy);
  }

  #refuseColon(word: string, from: number): void {
    const [, name = '', value = ''] = FIELD_WITH_COLON.exec(word) ?? [];
    if (fieldNamed(name) !== undefined)
      throw this.#mistake(`expected an operator after ${name}, found :; did you mean ${name}=${value}?`, {
        from,
        to: this.#at,
      });
  }

  #unknownFunction(word: string, from: number): SearchMistake {
    const nearest = nearestKey(word.slice(0, 40), FUNCTIONS);
    const remedy =
      nearest === undefined ? 'put a space before the bracket, or the text into quotes' : `did you mean ${nearest}(…)?`;
    return this.#mistake(`expected exists(…), any(…) or all(…), found ${word.slice(0, 40)}(; ${remedy}`, {
      from,
      to: this.#at + 1,
    });
  }

  #expected(what: string, remedy?: string): SearchMistake {
    const char = this.#text[this.#at];
    const to = Math.min(this.#text.length, this.#at + 1);
    const found = char === undefined ? 'the end' : char;
    return this.#mistake(`expected ${what}, found ${found}${remedy === undefined ? '' : `; ${remedy}`}`, {
      from: Math.min(this.#at, this.#text.length),
      to,
    });
  }

  #mistake(message: string, place = { from: this.#at, to: this.#text.length }): SearchMistake {
    return new SearchMistake(place, message);
  }
}

function isSpace(char: string | undefined): boolean {
  return char !== undefined && /\s/.test(char);
}
