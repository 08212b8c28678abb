// query and what is done with its result; the links and the address of this Winnow.
import { compareText } from '#query/promql/compare-text.ts';
import type { QuerySample } from '../../model.ts';
import { TemplateError } from '../template-error.ts';
import { textMap, type SampleValue, type Value } from '../value.ts';
import { textOf, type FunctionTable } from './function.ts';

const NIL_POINTER = 'runtime error: invalid memory address or nil pointer dereference';

export function sampleValue({ labels, value }: QuerySample): SampleValue {
  return {
    kind: 'sample',
    labels: textMap(labels.entries()),
    value: typeof value === 'number' ? value : { kind: 'histogram', histogram: value },
  };
}

function sampleOf(value: Value): SampleValue {
  if (typeof value === 'object' && value.kind === 'sample') return value;
  throw new TemplateError(NIL_POINTER);
}

function itemsOf(value: Value): readonly Value[] {
  return typeof value === 'object' && value.kind === 'list' ? value.items : [];
}

function labelOf(value: Value, name: string): string {
  return textOf(sampleOf(value).labels.entries.get(name));
}

export const QUERIES: FunctionTable = {
  query: { parameters: ['string'], run: ([text], { query }) => query(textOf(text)) },
  first: {
    parameters: ['list'],
    run: ([list]) => {
      const items = itemsOf(list);
      if (items.length === 0) throw new TemplateError('first() called on vector with no elements');
      return items[0];
    },
  },
  label: { parameters: ['string', 'sample'], run: ([name, sample]) => labelOf(sample, textOf(name)) },
  value: { parameters: ['sample'], run: ([sample]) => sampleOf(sample).value },
  strvalue: { parameters: ['sample'], run: ([sample]) => labelOf(sample, '__value__') },
  sortByLabel: {
    parameters: ['string', 'list'],
    run: ([name, list]) => ({
      kind: 'list',
      items: itemsOf(list).toSorted((a, b) => compareText(labelOf(a, textOf(name)), labelOf(b, textOf(name)))),
    }),
  },
  args: {
    parameters: [],
    rest: 'any',
    run: (args) => ({
      kind: 'map',
      of: 'any',
      entries: new Map(args.map((arg, at): [string, Value] => [`arg${at}`, arg]).sort(([a], [b]) => compareText(a, b))),
    }),
  },
  externalURL: { parameters: [], run: (_, { externalUrl }) => externalUrl },
  pathPrefix: {
    parameters: [],
    run: (_, { externalUrl }) => {
      const path = URL.parse(externalUrl)?.pathname ?? '';
      return path === '/' && !externalUrl.endsWith('/') ? '' : path;
    },
  },
};
