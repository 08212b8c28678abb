// Any condition of the grammar: written out with any spaces, any needless parentheses and any commas that may be left away, it is read as what it was.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { OPERATORS } from '#collector/decide/otelcol/ottl/compare.ts';
import {
  parseCondition,
  type Argument,
  type Condition,
  type Expression,
  type Segment,
} from '#collector/decide/otelcol/ottl/parse.ts';
import { OttlSyntaxError } from '#collector/decide/otelcol/ottl/syntax-error.ts';

/** Words of lower case that are none of the grammar's own. */
const lower = fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/).filter((word) => !/^(?:nil|not|or|and|true|false)/.test(word));
const upper = fc.stringMatching(/^[A-Z][A-Z0-9_]{0,6}$/);
// The words of a name are its runs of one case, as for the Collector's lexer: `Aor` would be `A or`.
const functionName = fc
  .tuple(fc.stringMatching(/^[A-Z][A-Z0-9]{0,3}$/), fc.stringMatching(/^[a-z]{0,4}$/))
  .filter(([, end]) => !/^(?:nil|not|or|and)$/.test(end));
const int = fc.bigInt({ min: 0n, max: (1n << 63n) - 1n });
const float = fc.double({ min: 0, max: 1e15, noNaN: true }).filter((value) => !Object.is(value, -0));

/** A text as Go quotes it. */
function quoted(text: string): string {
  return `"${text.replaceAll(/[\\"]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t')}"`;
}

function floatText(value: number): string {
  const text = value.toString();
  if (text.includes('e')) return text.includes('.') ? text : text.replace('e', '.0e');
  return text.includes('.') ? text : `${text}.0`;
}

const tree = fc.letrec<{ value: Expression; number: Expression; keys: readonly Expression[]; condition: Condition }>(
  (tie) => ({
    // What stands between brackets: a text or an int, alone, or an expression of numbers that is neither.
    keys: fc.array(
      fc.oneof(
        { maxDepth: 2, withCrossShrink: true },
        fc.string().map((value): Expression => ({ kind: 'literal', value })),
        int.map((value): Expression => ({ kind: 'literal', value })),
        lower.map((name): Expression => ({ kind: 'path', segments: [{ name, keys: [] }] })),
      ),
      { maxLength: 2 },
    ),
    number: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      int.map((value): Expression => ({ kind: 'literal', value })),
      float.map((value): Expression => ({ kind: 'literal', value })),
      fc
        .array(fc.record<Segment>({ name: lower, keys: tie('keys') }), { minLength: 1, maxLength: 3 })
        .map((segments): Expression => ({ kind: 'path', segments })),
      fc
        .record({
          name: functionName.map(([start, end]) => start + end),
          arguments: fc.array(
            fc.record<Argument>({ name: fc.option(lower, { nil: undefined }), value: tie('value') }),
            { maxLength: 3 },
          ),
          keys: tie('keys'),
        })
        .map((call): Expression => ({ kind: 'call', ...call })),
      fc
        .record({ sign: fc.constantFrom('+', '-', '*', '/'), left: tie('number'), right: tie('number') })
        .map((sum): Expression => ({ kind: 'arithmetic', ...sum })),
    ),
    value: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.constantFrom<Expression>({ kind: 'literal', value: null }, { kind: 'literal', value: true }),
      fc.string({ unit: 'grapheme' }).map((value): Expression => ({ kind: 'literal', value })),
      fc.uint8Array({ minLength: 1, maxLength: 6 }).map((value): Expression => ({ kind: 'literal', value })),
      upper.map((name): Expression => ({ kind: 'enum', name })),
      fc.array(tie('value'), { maxLength: 3 }).map((items): Expression => ({ kind: 'list', items })),
      fc
        .array(fc.tuple(fc.string(), tie('value')), { maxLength: 3 })
        .map((entries): Expression => ({ kind: 'map', entries })),
      tie('number'),
    ),
    condition: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc
        .record({ operator: fc.constantFrom(...OPERATORS), left: tie('value'), right: tie('value') })
        .map((comparison): Condition => ({ kind: 'compare', ...comparison })),
      fc.boolean().map((value): Condition => ({ kind: 'value', value: { kind: 'literal', value } })),
      tie('condition').map((inner): Condition => ({ kind: 'not', inner })),
      fc
        .record({
          kind: fc.constantFrom<'and' | 'or'>('and', 'or'),
          parts: fc.array(tie('condition'), { minLength: 2, maxLength: 3 }),
        })
        .map((joined): Condition => joined),
    ),
  }),
);

/** Writes a condition; each choice that the grammar leaves is made by the next number. */
class Writer {
  readonly #choices: Iterator<number>;

  constructor(choices: Iterator<number>) {
    this.#choices = choices;
  }

  condition(one: Condition): string {
    switch (one.kind) {
      case 'compare':
        return this.#spaced(this.#value(one.left), one.operator, this.#value(one.right));
      case 'value':
        return this.#value(one.value);
      case 'not':
        return `not${this.#gap()}${this.#grouped(one.inner, ['not', 'and', 'or'])}`;
      case 'and':
        return one.parts.map((part) => this.#grouped(part, ['and', 'or'])).join(`${this.#gap()}and${this.#gap()}`);
      case 'or':
        return one.parts.map((part) => this.#grouped(part, ['or'])).join(`${this.#gap()}or${this.#gap()}`);
    }
  }

  /** In parentheses where its kind asks for them, and sometimes where not. */
  #grouped(one: Condition, kinds: readonly Condition['kind'][]): string {
    const text = this.condition(one);
    return kinds.includes(one.kind) || this.#sometimes(4) ? `(${text})` : text;
  }

  #value(one: Expression): string {
    switch (one.kind) {
      case 'literal':
        return this.#literal(one.value);
      case 'list':
        return `[${one.items.map((item) => this.#value(item)).join(this.#spaced(','))}]`;
      case 'map':
        return `{${one.entries
          .map(([key, value]) => `${quoted(key)}:${this.#gap()}${this.#value(value)}`)
          .join(this.#sometimes(3) ? this.#gap() : ',')}${one.entries.length > 0 && this.#sometimes(3) ? ',' : ''}}`;
      case 'enum':
        return one.name;
      case 'path':
        return one.segments.map(({ name, keys }) => name + this.#keys(keys)).join('.');
      case 'call':
        return `${one.name}(${one.arguments
          .map(({ name, value }) => (name === undefined ? '' : `${name}=`) + this.#value(value))
          .join(this.#spaced(','))})${this.#keys(one.keys)}`;
      case 'negative':
        return `-${this.#value(one.inner)}`;
      case 'arithmetic':
        return this.#spaced(
          this.#operand(one.left, one.sign, 'left'),
          one.sign,
          this.#operand(one.right, one.sign, 'right'),
        );
    }
  }

  /** Sums inside products, and what stands at the right of equal signs, need parentheses. */
  #operand(one: Expression, sign: string, side: 'left' | 'right'): string {
    const text = this.#value(one);
    if (one.kind !== 'arithmetic') return text;
    const isSum = sign === '+' || sign === '-';
    const innerIsSum = one.sign === '+' || one.sign === '-';
    const needed = side === 'right' ? !(isSum && !innerIsSum) : !isSum && innerIsSum;
    return needed || this.#sometimes(4) ? `(${text})` : text;
  }

  #literal(value: Extract<Expression, { kind: 'literal' }>['value']): string {
    if (value === null) return 'nil';
    if (value instanceof Uint8Array) return `0x${Buffer.from(value).toString('hex')}`;
    if (typeof value === 'string') return quoted(value);
    return typeof value === 'number' ? floatText(value) : String(value);
  }

  #keys(keys: readonly Expression[]): string {
    return keys.map((key) => `[${this.#value(key)}]`).join('');
  }

  #spaced(...parts: readonly string[]): string {
    // Two words, or two signs, would become one without a space.
    return parts.length === 1 ? `${this.#gap()}${parts[0]}${this.#gap()}` : parts.join(' ');
  }

  #gap(): string {
    return [' ', '  ', '\t', '\n '][this.#next() % 4]!;
  }

  #sometimes(one: number): boolean {
    return this.#next() % one === 0;
  }

  #next(): number {
    const { value } = this.#choices.next();
    return typeof value === 'number' ? value : 0;
  }
}

/** Bytes as arrays, and no distinction of Buffer and Uint8Array. */
function comparable(one: unknown): unknown {
  return JSON.parse(
    JSON.stringify(one, (_key, value: unknown) => {
      if (value instanceof Uint8Array) return { bytes: [...value] };
      if (typeof value === 'bigint') return { int: String(value) };
      return typeof value === 'number' ? { float: String(value) } : value;
    }).replaceAll(/"type":"Buffer","data":/g, '"bytes":'),
  );
}

/** undefined for a condition. @throws what is no OttlSyntaxError */
function problemOf(text: string): string | undefined {
  try {
    parseCondition(text);
    return undefined;
  } catch (error) {
    if (error instanceof OttlSyntaxError) return error.message;
    throw error;
  }
}

// A part of `and` that is itself an `and`, in parentheses, stays a part: nothing is flattened.
test('is read as it was written', () => {
  fc.assert(
    fc.property(tree.condition, fc.infiniteStream(fc.nat()), (condition, choices) => {
      const text = new Writer(choices).condition(condition);
      expect(comparable(parseCondition(text))).toEqual(comparable(condition));
    }),
    { seed: 331, numRuns: 1000 },
  );
});

test('with a word taken out it is another condition or none, never an error of another kind', () => {
  fc.assert(
    fc.property(tree.condition, fc.infiniteStream(fc.nat()), fc.nat(), (condition, choices, which) => {
      const words = new Writer(choices).condition(condition).split(/(?<=[\s()[\]{},.])/);
      words.splice(which % words.length, 1);
      expect(problemOf(words.join(''))).not.toBe('');
    }),
    { seed: 332, numRuns: 300 },
  );
});

test('any text is a condition or is refused with words', () => {
  const pieces = fc.constantFrom(
    'not',
    'and',
    'or',
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    ',',
    ':',
    '.',
    '==',
    '=',
    '-',
    '+',
    '*',
    '"a"',
    '1',
    '1.5',
    '0xab',
    'nil',
    'true',
    'name',
    'Len',
    'A',
    '"',
    '\\',
    '_',
    '€',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 30 }), fc.constantFrom('', ' '), (words, between) => {
      expect(problemOf(words.join(between))).not.toBe('');
    }),
    { seed: 333, numRuns: 1000 },
  );
});
