// index, slice, len.
import { TemplateError } from '../template-error.ts';
import { typeName, type Value } from '../value.ts';
import type { FunctionTable } from './function.ts';

function bytesOf(value: Value): Buffer | undefined {
  if (typeof value === 'string') return Buffer.from(value);
  return typeof value === 'object' && value.kind === 'html' ? Buffer.from(value.text) : undefined;
}

function position(index: Value, size: number): number {
  if (index === undefined) throw new TemplateError('cannot index slice/array with nil');
  const value =
    typeof index === 'bigint'
      ? index
      : typeof index === 'object' && index.kind === 'byte'
        ? BigInt(index.value)
        : undefined;
  if (value === undefined) throw new TemplateError(`cannot index slice/array with type ${typeName(index)}`);
  if (value < 0n || value > BigInt(size)) throw new TemplateError(`index out of range: ${value}`);
  return Number(value);
}

function indexed(item: Value, index: Value): Value {
  if (typeof item === 'object' && item.kind === 'map') {
    if (typeof index === 'string') return item.entries.get(index) ?? (item.of === 'text' ? '' : undefined);
    if (index === undefined) throw new TemplateError('value is nil; should be of type string');
    throw new TemplateError(`value has type ${typeName(index)}; should be string`);
  }
  const bytes = bytesOf(item);
  const list = typeof item === 'object' && item.kind === 'list' ? item.items : undefined;
  const size = bytes?.length ?? list?.length;
  if (size === undefined) throw new TemplateError(`can't index item of type ${typeName(item).replace(/^\*/, '')}`);
  const at = position(index, size);
  if (at === size) throw new TemplateError(`reflect: ${bytes === undefined ? 'slice' : 'string'} index out of range`);
  return bytes === undefined ? list![at] : { kind: 'byte', value: bytes[at]! };
}

function sliced(item: Value, indexes: readonly Value[]): Value {
  if (item === undefined) throw new TemplateError('slice of untyped nil');
  if (indexes.length > 3) throw new TemplateError(`too many slice indexes: ${indexes.length}`);
  const bytes = bytesOf(item);
  const list = typeof item === 'object' && item.kind === 'list' ? item.items : undefined;
  if (bytes !== undefined && indexes.length === 3) throw new TemplateError('cannot 3-index slice a string');
  const size = bytes?.length ?? list?.length;
  if (size === undefined) throw new TemplateError(`can't slice item of type ${typeName(item).replace(/^\*/, '')}`);
  const places = indexes.map((index) => position(index, size));
  const from = places[0] ?? 0;
  const to = places[1] ?? size;
  if (from > to) throw new TemplateError(`invalid slice index: ${from} > ${to}`);
  if (places[2] !== undefined && to > places[2]) throw new TemplateError(`invalid slice index: ${to} > ${places[2]}`);
  return bytes === undefined
    ? { kind: 'list', items: list!.slice(from, to) }
    : bytes.subarray(from, to).toString('utf8');
}

function lengthOf(item: Value): bigint {
  if (item === undefined) throw new TemplateError('reflect: call of reflect.Value.Type on zero Value');
  const bytes = bytesOf(item);
  if (bytes !== undefined) return BigInt(bytes.length);
  if (typeof item === 'object' && item.kind === 'list') return BigInt(item.items.length);
  if (typeof item === 'object' && item.kind === 'map') return BigInt(item.entries.size);
  throw new TemplateError(`len of type ${typeName(item).replace(/^\*/, '')}`);
}

export const COLLECTIONS: FunctionTable = {
  index: {
    parameters: ['any'],
    rest: 'any',
    run: ([item, ...indexes]) => {
      if (item === undefined) throw new TemplateError('index of untyped nil');
      return indexes.reduce<Value>(indexed, item);
    },
  },
  slice: { parameters: ['any'], rest: 'any', run: ([item, ...indexes]) => sliced(item, indexes) },
  len: { parameters: ['any'], run: ([item]) => lengthOf(item) },
};
