// Comparisons of the search language with attributes, as conditions on rows that have attr_keys, attr_types and attr_values. A row without the key
// is asked by its resource. Elements of an array count as values of its key, members of a map as values of `key.member`.
import { VALUE_ARRAY, VALUE_BOOL, VALUE_DOUBLE, VALUE_INT, VALUE_KVLIST, VALUE_STRING } from '#proto/otlp/enums.ts';
import type { Operator, Value } from '#proto/search/expression.ts';
import type { Binder } from './bind.ts';
import { anchored } from './tests-of-text.ts';

/** Values whose items are looked up in the index; longer lists are compared row by row. */
const MAX_INDEXED = 16;
/** Dots of a key that are tried as the end of the name of a map. */
const MAX_MAP_NAMES = 8;

export interface AttributeRows {
  readonly binder: Binder;
  /** Keys that some resource has. */
  readonly resourceKeys: ReadonlySet<string>;
}

/** A value as SQL: its stored type and its text. */
type ValueTest = (type: string, text: string) => string;

/** Type and text of an element, which is an AnyValue in OTLP/JSON. */
const element = (json: string): string =>
  `multiIf(JSONHas(${json}, 'stringValue'), (${VALUE_STRING}, JSONExtractString(${json}, 'stringValue')),
    JSONHas(${json}, 'boolValue'), (${VALUE_BOOL}, JSONExtractRaw(${json}, 'boolValue')),
    JSONHas(${json}, 'intValue'), (${VALUE_INT}, JSONExtractString(${json}, 'intValue')),
    JSONHas(${json}, 'doubleValue'), (${VALUE_DOUBLE}, trim(BOTH '"' FROM JSONExtractRaw(${json}, 'doubleValue'))), (0, ''))`;
const elements = (json: string): string => `JSONExtractArrayRaw(${json}, 'arrayValue', 'values')`;
const members = (json: string): string => `JSONExtractArrayRaw(${json}, 'kvlistValue', 'values')`;

/** Rows with the attribute, or whose resource has it. */
export function attributeExists(key: string, rows: AttributeRows): string {
  const present = presence(key, rows.binder);
  return inResource(key, rows) ? `(${present} OR ${ofResource(present)})` : `(${present})`;
}

/** Rows with an attribute that compares so; only the number of values changes the text. */
export function attributeTest(key: string, operator: Operator, values: readonly Value[], rows: AttributeRows): string {
  const { binder } = rows;
  const isNegative = operator === '!=' || operator === '!~' || operator === 'not in';
  const present = presence(key, binder);
  const some = someValue(key, valueTest(operator, values, binder), binder);
  const own = isNegative ? `${present} AND NOT ${some}` : some;
  const indexed = isNegative ? undefined : indexHint(key, operator, values, binder);
  const ofRow = indexed === undefined ? `(${own})` : `(${indexed} AND ${own})`;
  return inResource(key, rows) ? `(${ofRow} OR (NOT ${present} AND ${ofResource(own)}))` : ofRow;
}

/** Rows where the word is in a value, or in one of the resource. */
export function attributeHasWord(word: string): string {
  const own = `arrayExists(v -> positionCaseInsensitiveUTF8(v, ${word}) > 0, attr_values)`;
  return `(${own} OR ${ofResource(own)})`;
}

function ofResource(condition: string): string {
  return `resource_id IN (SELECT id FROM resources WHERE ${condition})`;
}

function inResource(key: string, { resourceKeys }: AttributeRows): boolean {
  return resourceKeys.has(key) || mapNames(key).some((name) => resourceKeys.has(name));
}

function valueTest(operator: Operator, values: readonly Value[], binder: Binder): ValueTest {
  switch (operator) {
    case '~':
    case '!~': {
      const [pattern] = values.map((value) => (value.type === 'string' ? value.text : ''));
      const bound = binder.bind(anchored(pattern ?? ''), 'String');
      return (type, text) => `(${type} = ${VALUE_STRING} AND match(${text}, ${bound}))`;
    }
    case '<':
    case '<=':
    case '>':
    case '>=': {
      const [value] = values;
      const bound =
        value?.type === 'double'
          ? binder.bind(value.number, 'Float64')
          : binder.bind(value?.type === 'int' ? value.text : '0', 'Int64');
      return (type, text) =>
        `((${type} = ${VALUE_INT} AND toInt64OrZero(${text}) ${operator} ${bound}) OR (${type} = ${VALUE_DOUBLE} AND toFloat64OrZero(${text}) ${operator} ${bound}))`;
    }
    default:
      return equalTest(values, binder);
  }
}

/** One of the values, with its type. */
function equalTest(values: readonly Value[], binder: Binder): ValueTest {
  const texts = new Map<number, string[]>();
  const doubles: number[] = [];
  for (const value of values) {
    if (value.type === 'double') doubles.push(value.number);
    else if (value.type !== 'duration') {
      const [type, text] = typedText(value);
      texts.set(type, [...(texts.get(type) ?? []), text]);
    }
  }
  const bound = [...texts].map(([type, of]) => [type, binder.bind(of, 'Array(String)')] as const);
  const boundDoubles = doubles.length === 0 ? undefined : binder.bind(doubles, 'Array(Float64)');
  return (type, text) => {
    const tests = bound.map(([code, list]) => `(${type} = ${code} AND has(${list}, ${text}))`);
    if (boundDoubles !== undefined)
      tests.push(`(${type} = ${VALUE_DOUBLE} AND has(${boundDoubles}, toFloat64OrZero(${text})))`);
    return `(${tests.join(' OR ')})`;
  };
}

function typedText(value: Exclude<Value, { readonly type: 'double' | 'duration' }>): readonly [number, string] {
  switch (value.type) {
    case 'string':
      return [VALUE_STRING, value.text];
    case 'int':
      return [VALUE_INT, value.text];
    case 'bool':
      return [VALUE_BOOL, String(value.bool)];
  }
}

/** Some value of the key meets the test: a plain one, an element of an array, a member of a map. */
function someValue(key: string, test: ValueTest, binder: Binder): string {
  const name = binder.bind(key, 'String');
  const ofElements = (json: string): string =>
    `arrayExists(x -> ${test('x.1', 'x.2')}, arrayMap(e -> ${element('e')}, ${elements(json)}))`;
  const tests = [
    `arrayExists((k, t, v) -> k = ${name} AND ${test('t', 'v')}, attr_keys, attr_types, attr_values)`,
    // The filter comes first: JSON is read of the few values that are arrays of this key.
    `arrayExists(j -> ${ofElements('j')}, arrayFilter((v, k, t) -> k = ${name} AND t = ${VALUE_ARRAY}, attr_values, attr_keys, attr_types))`,
  ];
  if (key.includes('.')) {
    const member = `arrayExists(x -> ${test('x.1', 'x.2')}, [${element("JSONExtractRaw(m, 'value')")}]) OR ${ofElements("JSONExtractRaw(m, 'value')")}`;
    tests.push(someMember(name, `AND (${member})`));
  }
  return `(${tests.join(' OR ')})`;
}

/** Some map has the member that the rest of the name, behind the key of the map and a dot, says. */
function someMember(name: string, more: string): string {
  const isMap = `t = ${VALUE_KVLIST} AND startsWith(${name}, concat(k, '.'))`;
  const inMap = `arrayExists(m -> JSONExtractString(m, 'key') = substring(${name}, length(p.2) + 2) ${more}, ${members('p.1')})`;
  return `arrayExists(p -> ${inMap}, arrayMap((v, k) -> (v, toString(k)), arrayFilter((v, k, t) -> ${isMap}, attr_values, attr_keys, attr_types), arrayFilter((k, t) -> ${isMap}, attr_keys, attr_types)))`;
}

function presence(key: string, binder: Binder): string {
  const name = binder.bind(key, 'String');
  const has = `has(attr_keys, ${name})`;
  return key.includes('.') ? `(${has} OR ${someMember(name, '')})` : has;
}

/** What the text index knows: rows with one of the items, or with arrays or maps under the key. */
function indexHint(key: string, operator: Operator, values: readonly Value[], binder: Binder): string | undefined {
  if ((operator !== '=' && operator !== 'in') || values.length > MAX_INDEXED) return undefined;
  const items = values.flatMap(itemTexts).map((text) => `has(items, ${binder.bind(`${key}=${text}`, 'String')})`);
  const structured = [key, ...mapNames(key)].map((name) => `has(structured_keys, ${binder.bind(name, 'String')})`);
  return `(${[...items, ...structured].join(' OR ')})`;
}

/** As they stand behind the `=` of an item. */
function itemTexts(value: Value): readonly string[] {
  if (value.type === 'double') return value.number === 0 ? ['0', '-0'] : [String(value.number)];
  return value.type === 'duration' ? [] : [typedText(value)[1]];
}

/** Keys of maps that a member of this name could lie in. */
function mapNames(key: string): readonly string[] {
  const names: string[] = [];
  for (let dot = key.indexOf('.'); dot > 0 && names.length < MAX_MAP_NAMES; dot = key.indexOf('.', dot + 1))
    names.push(key.slice(0, dot));
  return names;
}
