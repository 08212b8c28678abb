// An OTTL condition as a function of a span, or of a span event; unknown paths and functions, and arguments that can never fit, are
// errors at once.
import { SPAN_KINDS, STATUS_CODES } from '#proto/otlp/enums.ts';
import { didYouMean } from '#proto/config/nearest-key.ts';
import { arithmetic, compare, negative } from './compare.ts';
import { FUNCTIONS } from './functions.ts';
import { camelCase } from './functions/letter-case.ts';
import type { CallValues, OttlFunction } from './functions/ottl-function.ts';
import { coerce, ITEM_KIND, type Parameter, type ParameterKind } from './parameter.ts';
import { parseCondition, type Argument, type Condition, type Expression } from './parse.ts';
import { pathGetter, type OttlContext, type OttlSubject } from './paths.ts';
import { asReceived } from './plain.ts';
import { OttlSyntaxError } from './syntax-error.ts';
import { isMadeMap, OttlError, OttlList, OttlTypeError, ReceivedMap, type OttlValue } from './value.ts';

/** @throws OttlError where a value has no answer */
export type OttlTest = (subject: OttlSubject) => boolean;
type Getter = (subject: OttlSubject) => OttlValue;
/** A value that is the same for all spans is known when the condition is read. */
interface Compiled {
  readonly get: Getter;
  readonly literal: OttlValue | undefined;
}
/** `always` where the spans do not matter. */
interface CompiledTest {
  readonly test: OttlTest;
  readonly always: boolean | undefined;
}

const ENUMS: Readonly<Record<string, bigint>> = {
  ...Object.fromEntries(STATUS_CODES.map((code, i) => [`STATUS_CODE_${code.toUpperCase()}`, BigInt(i)])),
  ...Object.fromEntries(SPAN_KINDS.map((kind, i) => [`SPAN_KIND_${kind.toUpperCase()}`, BigInt(i)])),
};

/** @throws OttlSyntaxError saying what is wrong */
export function compileOttl(text: string, context: OttlContext): OttlTest {
  return condition(parseCondition(text), context).test;
}

function fixed(always: boolean): CompiledTest {
  return { test: () => always, always };
}

function condition(parsed: Condition, context: OttlContext): CompiledTest {
  switch (parsed.kind) {
    case 'not': {
      const inner = condition(parsed.inner, context);
      return inner.always === undefined
        ? { test: (subject) => !inner.test(subject), always: undefined }
        : fixed(!inner.always);
    }
    case 'and':
    case 'or': {
      const deciding = parsed.kind === 'or';
      const parts = parsed.parts.map((part) => condition(part, context));
      // One part that always decides makes the others, and their errors, idle.
      if (parts.some((part) => part.always === deciding)) return fixed(deciding);
      const tests = parts.filter((part) => part.always === undefined).map((part) => part.test);
      if (tests.length === 0) return fixed(!deciding);
      return { always: undefined, test: (subject) => tests.some((test) => test(subject) === deciding) === deciding };
    }
    case 'value': {
      const { get, literal } = expression(parsed.value, context);
      if (typeof literal === 'boolean') return fixed(literal);
      const test: OttlTest = (subject) => {
        const answer = get(subject);
        if (typeof answer === 'boolean') return answer;
        throw new OttlError('is neither true nor false');
      };
      return { test, always: undefined };
    }
    case 'compare': {
      const left = expression(parsed.left, context);
      const right = expression(parsed.right, context);
      if (left.literal !== undefined && right.literal !== undefined)
        return fixed(compare(left.literal, right.literal, parsed.operator));
      return { test: (subject) => compare(left.get(subject), right.get(subject), parsed.operator), always: undefined };
    }
  }
}

function literally(value: OttlValue): Compiled {
  return { get: () => value, literal: value };
}

function computed(get: Getter): Compiled {
  return { get, literal: undefined };
}

function expression(parsed: Expression, context: OttlContext): Compiled {
  switch (parsed.kind) {
    case 'literal':
      return literally(parsed.value);
    case 'list': {
      const items = parsed.items.map((item) => expression(item, context));
      const made = (subject: OttlSubject | undefined): OttlValue =>
        new OttlList(
          'written',
          items.map((item) => item.literal ?? (subject === undefined ? null : item.get(subject))),
        );
      return items.every((item) => item.literal !== undefined) ? literally(made(undefined)) : computed(made);
    }
    case 'map':
      return mapOf(parsed.entries, context);
    case 'enum': {
      const value = ENUMS[parsed.name];
      if (value === undefined)
        throw new OttlSyntaxError(`has an unknown name ${parsed.name}: ${didYouMean(parsed.name, Object.keys(ENUMS))}`);
      return literally(value);
    }
    case 'negative': {
      const { get } = expression(parsed.inner, context);
      return computed((subject) => negative(get(subject)));
    }
    case 'arithmetic': {
      const left = expression(parsed.left, context);
      const right = expression(parsed.right, context);
      return computed((subject) => arithmetic(left.get(subject), right.get(subject), parsed.sign));
    }
    case 'call': {
      const keys = parsed.keys.map((key) => expression(key, context).get);
      const get = call(parsed.name, parsed.arguments, context);
      return computed(
        keys.length === 0
          ? get
          : (subject) => keys.reduce((value, key) => itemOfMade(value, key(subject)), get(subject)),
      );
    }
    case 'path': {
      const keys = parsed.segments.at(-1)!.keys.map((key) => expression(key, context).get);
      const { get, keyed } = pathGetter(parsed.segments, context, keys);
      return computed(keys.length === 0 || keyed ? get : (subject) => attributeAt(get(subject), keys, subject));
    }
  }
}

/** As attributes hold maps: of values that an attribute can have. */
function mapOf(entries: readonly (readonly [string, Expression])[], context: OttlContext): Compiled {
  const items = entries.map(([key, value]) => [key, expression(value, context)] as const);
  const made = (subject: OttlSubject | undefined): OttlValue =>
    new ReceivedMap([
      ...new Map(
        items.map(([key, { get, literal }]) => [key, held(literal ?? (subject === undefined ? null : get(subject)))]),
      ),
    ]);
  return items.every(([, item]) => item.literal !== undefined)
    ? literally(orRefused('writes a map', () => made(undefined)))
    : computed(made);
}

/** @throws OttlSyntaxError where there is no answer for any span */
function orRefused<T>(what: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof OttlError)) throw error;
    throw new OttlSyntaxError(`${what} that never fits: ${error.message}`);
  }
}

/** Lists may hold maps, lists in them may not. */
function held(value: OttlValue): OttlValue {
  if (value instanceof ReceivedMap) return value;
  if (value instanceof OttlList && value.kind === 'written')
    return new OttlList(
      'received',
      value.items.map((item) => (item instanceof ReceivedMap ? item : asReceived(item))),
    );
  if (value instanceof OttlList) throw new OttlError('no map can hold this list');
  return asReceived(value);
}

/** A missing key is nil; a list asked for what it has not, and indexing what has nothing inside, have no answer. */
function attributeAt(base: OttlValue, keys: readonly Getter[], subject: OttlSubject): OttlValue {
  let value = base;
  for (const key of keys) {
    if (value instanceof ReceivedMap) {
      const at = key(subject);
      if (typeof at !== 'string') throw new OttlError('a map takes a text as its key');
      const found = value.get(at);
      if (found === undefined) return null;
      value = found;
    } else if (value instanceof OttlList) {
      const at = key(subject);
      if (typeof at !== 'bigint') throw new OttlError('a list takes an int as its key');
      value = itemAt(value, at);
    } else throw new OttlError('indexes what has nothing inside');
  }
  return value;
}

function itemAt({ items }: { readonly items: readonly OttlValue[] }, at: bigint): OttlValue {
  if (at < 0n || at >= BigInt(items.length)) throw new OttlError(`has no item ${at}`);
  return items[Number(at)]!;
}

/** Of what a function made: there a missing key has no answer either. */
function itemOfMade(value: OttlValue, at: OttlValue): OttlValue {
  if (typeof at === 'string' && (value instanceof ReceivedMap || (value !== null && isMadeMap(value)))) {
    const found = value.get(at);
    if (found === undefined) throw new OttlError(`has no key ${at}`);
    return found;
  }
  if (typeof at === 'bigint' && value instanceof OttlList) return itemAt(value, at);
  throw new OttlError('indexes what has nothing inside');
}

function call(name: string, written: readonly Argument[], context: OttlContext): Getter {
  // Arguments of IsRootSpan are not even looked at there.
  if (name === 'IsRootSpan' && context === 'span') return ({ span }) => span.parentId.every((byte) => byte === 0);
  const known = FUNCTIONS[name];
  const valid = context === 'span' ? [...Object.keys(FUNCTIONS), 'IsRootSpan'] : Object.keys(FUNCTIONS);
  if (known === undefined)
    throw new OttlSyntaxError(`calls ${name}, which is no function here: ${didYouMean(name, valid)}`);
  const given = placed(name, known.parameters, written).map((one, i) =>
    one === undefined ? undefined : argument(name, known.parameters[i]!, one, context),
  );
  known.check?.(given.map((one) => one?.literal));
  if (known.oneByOne === true) return firstOf(written[0]!.value, context);
  if (known.typeTest === true) return typeTest(expression(written[0]!.value, context).get, known.parameters[0]!.kind);
  return (subject) => answerOf(known, given, subject);
}

/** What no text, time or stack can hold is no answer; values come from peers and must not stop the process. */
function answerOf(known: OttlFunction, given: readonly (Compiled | undefined)[], subject: OttlSubject): OttlValue {
  try {
    return known.call(valuesOf(given, subject), subject);
  } catch (error) {
    if (error instanceof RangeError) throw new OttlError(error.message);
    throw error;
  }
}

function valuesOf(given: readonly (Compiled | undefined)[], subject: OttlSubject): CallValues {
  return given.map((one) => one?.get(subject));
}

/** Of a list in brackets, the first that is not nil; those behind it are not looked at. */
function firstOf(list: Expression, context: OttlContext): Getter {
  const getters = list.kind === 'list' ? list.items.map((item) => expression(item, context).get) : [];
  return (subject) => {
    for (const get of getters) {
      const value = get(subject);
      if (value !== null) return value;
    }
    return null;
  };
}

/** A value of another type answers false; an error while the value is computed is thrown. */
function typeTest(get: Getter, kind: ParameterKind): Getter {
  return (subject) => {
    const value = get(subject);
    try {
      coerce(value, kind);
      return true;
    } catch (error) {
      if (error instanceof OttlTypeError) return false;
      throw error;
    }
  };
}

/** Arguments in the order of the parameters. */
function placed(name: string, known: readonly Parameter[], written: readonly Argument[]): (Expression | undefined)[] {
  const least = known.filter((parameter) => parameter.optional !== true).length;
  if (written.length < least || written.length > known.length) {
    throw new OttlSyntaxError(
      `gives ${name} ${written.length} arguments instead of ${least === known.length ? least : `${least} to ${known.length}`}`,
    );
  }
  const order: (Expression | undefined)[] = known.map(() => undefined);
  let named = false;
  for (const [i, one] of written.entries()) {
    if (one.name === undefined && named)
      throw new OttlSyntaxError(`gives ${name} an argument without a name behind one with a name`);
    named ||= one.name !== undefined;
    const at = one.name === undefined ? i : known.findIndex((parameter) => parameter.name === camelCase(one.name!));
    if (at < 0) throw new OttlSyntaxError(`gives ${name} the argument ${one.name}, which it does not have`);
    order[at] = one.value;
  }
  const missing = known.find((parameter, i) => parameter.optional !== true && order[i] === undefined);
  if (missing !== undefined) throw new OttlSyntaxError(`does not give ${name} its ${missing.name}`);
  return order;
}

function argument(
  name: string,
  { kind, name: parameter }: Parameter,
  written: Expression,
  context: OttlContext,
): Compiled {
  const itemKind = ITEM_KIND[kind];
  if (itemKind !== undefined && (written.kind === 'list' || kind !== 'likeTexts')) {
    if (written.kind !== 'list')
      throw new OttlSyntaxError(`gives ${name} a ${parameter} that is no list written in brackets`);
    const items = written.items.map((item) => argument(name, { kind: itemKind, name: parameter }, item, context));
    const made: Getter = (subject) =>
      new OttlList(
        'written',
        items.map((item) => item.get(subject)),
      );
    const literals = items.flatMap((item) => (item.literal === undefined ? [] : [item.literal]));
    return literals.length === items.length ? literally(new OttlList('written', literals)) : computed(made);
  }
  const value = expression(written, context);
  if (kind.startsWith('literal') && (written.kind !== 'literal' || value.literal === undefined)) {
    throw new OttlSyntaxError(`gives ${name} a ${parameter} that does not stand in the condition itself`);
  }
  if (kind === 'likeTexts') return computed((subject) => texts(value.get(subject)));
  if (value.literal === undefined) return computed((subject) => coerce(value.get(subject), kind));
  const { literal } = value;
  return literally(orRefused(`gives ${name} a ${parameter}`, () => coerce(literal, kind)));
}

/** nil is an empty list here. */
function texts(value: OttlValue): OttlValue {
  if (value === null) return new OttlList('written', []);
  if (!(value instanceof OttlList)) throw new OttlTypeError('expected a list');
  return new OttlList(
    'written',
    value.items.map((item) => coerce(item, 'likeText')),
  );
}
