// OTTL functions about lists and maps.
import { compare } from '../compare.ts';
import { OttlSyntaxError } from '../syntax-error.ts';
import { coerce, itemsOf, mapOf, textOf } from '../parameter.ts';
import { attributeText, plain } from '../plain.ts';
import { OttlError, OttlList, ReceivedMap, type OttlValue } from '../value.ts';
import { parameters, type CallValues, type OttlFunction } from './ottl-function.ts';

export const COLLECTION_FUNCTIONS: Readonly<Record<string, OttlFunction>> = {
  Keys: {
    parameters: parameters('map Target'),
    call: ([map]) =>
      new OttlList(
        'received',
        mapOf(map).entries.map(([key]) => key),
      ),
  },
  Values: {
    parameters: parameters('map Target'),
    call: ([map]) =>
      new OttlList(
        'received',
        mapOf(map).entries.map(([, value]) => value),
      ),
  },
  ContainsValue: {
    parameters: parameters('list Target', 'any Item'),
    call: ([list, item]) => itemsOf(list).some((one) => compare(plain(one), item!, '==')),
  },
  Index: { parameters: parameters('any Target', 'any Value'), call: index },
  Coalesce: {
    parameters: parameters('anys Values'),
    oneByOne: true,
    check: ([values]) => {
      if (values !== undefined && itemsOf(values).length === 0)
        throw new OttlSyntaxError('gives Coalesce nothing to choose from');
    },
    call: ([values]) => itemsOf(values).find((value) => value !== null) ?? null,
  },
  Sort: {
    parameters: parameters('any Target', 'literalText? Order'),
    check: ([, order]) => {
      if (order !== undefined && order !== 'asc' && order !== 'desc')
        throw new OttlSyntaxError('sorts in an order that is neither asc nor desc');
    },
    call: ([value, order]) => sorted(value!, order === 'desc'),
  },
  SliceToMap: {
    parameters: parameters('list Target', 'literalTexts? KeyPath', 'literalTexts? ValuePath'),
    call: sliceToMap,
  },
};

/** Of a text counted in bytes. */
function index([target, value]: CallValues): bigint {
  if (typeof target === 'string') {
    if (typeof value !== 'string') throw new OttlError('a text has only texts inside');
    return BigInt(Buffer.from(target).indexOf(Buffer.from(value)));
  }
  return BigInt(itemsOf(coerce(target!, 'list')).findIndex((one) => compare(plain(one), value!, '==')));
}

/** Numbers by value; with a text, bool or nil among them all as texts; lists with anything else stay as they are. */
function sorted(value: OttlValue, descending: boolean): OttlValue {
  if (!(value instanceof OttlList)) throw new OttlError('only lists can be sorted');
  const turn = descending ? -1 : 1;
  if (value.kind === 'texts')
    return new OttlList(
      'texts',
      [...value.items].sort((a, b) => turn * byBytes(textOf(a), textOf(b))),
    );
  const list = coerce(value, 'list');
  if (!(list instanceof OttlList)) throw new OttlError('only lists can be sorted');
  const items = list.items.map(plain);
  const simple = items.every(
    (item) => item === null || ['string', 'boolean', 'bigint', 'number'].includes(typeof item),
  );
  if (items.length === 0 || !simple) return list;
  const asTexts = items.some((item) => item === null || typeof item === 'string' || typeof item === 'boolean');
  const order = asTexts
    ? (a: OttlValue, b: OttlValue): number => byBytes(attributeText(a), attributeText(b))
    : (a: OttlValue, b: OttlValue): number => (compare(a, b, '<') ? -1 : compare(a, b, '>') ? 1 : 0);
  return new OttlList(
    'written',
    items.toSorted((a, b) => turn * order(a, b)),
  );
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function sliceToMap([list, keyPath, valuePath]: CallValues): OttlValue {
  const made = new Map<string, OttlValue>();
  for (const [i, item] of itemsOf(list).entries()) {
    const key = keyPath === undefined ? String(i) : inside(item, itemsOf(keyPath));
    if (typeof key !== 'string') throw new OttlError('a key is no text');
    made.set(key, valuePath === undefined ? item : inside(item, itemsOf(valuePath)));
  }
  return new ReceivedMap([...made]);
}

function inside(item: OttlValue, path: readonly OttlValue[]): OttlValue {
  let found = item;
  if (path.length === 0) throw new OttlError('an empty path');
  for (const step of path) {
    const next: OttlValue | undefined = found instanceof ReceivedMap ? found.get(textOf(step)) : undefined;
    if (next === undefined) throw new OttlError('an item has nothing at that path');
    found = next;
  }
  return found;
}
