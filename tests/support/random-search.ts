// Random expressions of the search language, and random spans that they have a chance to match.
import { combined, type Expression, type Operator, type Subject, type Value } from '#proto/search/expression.ts';
import { FIELD_NAMES, fieldOf, operatorsOf, wordsOf } from '#proto/search/fields.ts';
import type { Random } from '../simulation/random.ts';

export const KEYS = [
  'user.id',
  'http.response.status_code',
  'tags',
  'retry',
  'cfg',
  'zone',
  'cfg.level',
  'a key',
] as const;
export const TEXTS = [
  'checkout',
  'edge',
  'POST /cart',
  '500',
  'true',
  'x"y\\z',
  '',
  'Größe',
  'a.b',
  'new\nline',
  '1.5',
] as const;
const PATTERNS = ['check.*', 'POST .*', '5..', '.*', 'a\\.b', '(?:edge|true)', 'Gr.*e'] as const;
const ATTRIBUTE_OPERATORS: readonly Operator[] = ['=', '!=', '~', '!~', '<', '<=', '>', '>=', 'in', 'not in'];
const NOWHERE = { from: 0, to: 0 };

export function oneOf<T>(random: Random, list: readonly T[]): T {
  return list[random.whole(0, list.length - 1)]!;
}

export function randomExpression(random: Random, depth: number): Expression {
  const pick = random.whole(0, depth <= 0 ? 5 : 9);
  const inner = (): Expression => randomExpression(random, depth - 1);
  if (pick <= 3) return comparison(random);
  if (pick === 4) return { kind: 'exists', key: oneOf(random, KEYS), ...NOWHERE };
  if (pick === 5)
    return { kind: 'word', text: oneOf(random, ['cart', 'EDGE', 'größe', '50', 'and', 'x"']), ...NOWHERE };
  if (pick === 6) return { kind: 'not', part: inner(), ...NOWHERE };
  if (pick === 7) return { kind: oneOf(random, ['any', 'all']), part: inner(), ...NOWHERE };
  return combined(pick === 8 ? 'and' : 'or', Array.from({ length: random.whole(2, 3) }, inner)) ?? inner();
}

function comparison(random: Random): Expression {
  const subject: Subject =
    random.whole(0, 2) === 0
      ? { of: 'field', field: oneOf(random, FIELD_NAMES) }
      : { of: 'attribute', key: oneOf(random, KEYS) };
  const operator = oneOf(
    random,
    subject.of === 'field' ? operatorsOf(fieldOf(subject.field).type) : ATTRIBUTE_OPERATORS,
  );
  const length = operator === 'in' || operator === 'not in' ? random.whole(1, 3) : 1;
  return {
    kind: 'comparison',
    subject,
    operator,
    values: Array.from({ length }, () => valueFor(random, subject, operator)),
    ...NOWHERE,
  };
}

function valueFor(random: Random, subject: Subject, operator: Operator): Value {
  if (operator === '~' || operator === '!~') return { type: 'string', text: oneOf(random, PATTERNS) };
  if (subject.of === 'field') {
    const { type } = fieldOf(subject.field);
    const words = wordsOf(type);
    if (words !== undefined) return { type: 'string', text: oneOf(random, words) };
    if (type === 'count') return { type: 'int', text: String(random.whole(0, 4)) };
    if (type === 'duration') return { type: 'duration', ns: oneOf(random, [0, 1, 1500, 5e6, 1e9, 9e9]) };
    return { type: 'string', text: oneOf(random, TEXTS) };
  }
  const number: readonly Value[] = [
    { type: 'int', text: oneOf(random, ['0', '-5', '500', '9007199254740993', '-9223372036854775808']) },
    { type: 'double', number: oneOf(random, [0, -0, 1.5, 500, -5, 1e21, 9007199254740992]) },
  ];
  if (operator !== '=' && operator !== '!=' && operator !== 'in' && operator !== 'not in') return oneOf(random, number);
  return oneOf<Value>(random, [
    ...number,
    { type: 'bool', bool: random.whole(0, 1) === 1 },
    { type: 'string', text: oneOf(random, TEXTS) },
    { type: 'string', text: oneOf(random, TEXTS) },
  ]);
}
