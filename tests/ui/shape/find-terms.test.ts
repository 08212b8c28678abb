// What is typed to find spans, and which spans hold it.
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { countFound, findSpans } from '#ui/shape/find-spans.ts';
import { findText, parseFind } from '#ui/shape/find-terms.ts';
import { buildTraceTree } from '#ui/shape/trace-tree.ts';
import { makeTrace } from '../make-trace.ts';

const short = (typed: string): string[] => parseFind(typed).map((t) => `${t.isExcluded ? 'not ' : ''}${t.text}`);

it.each([
  ['gold card', ['gold', 'card']],
  ['"order placed" -retry', ['order placed', 'not retry']],
  ['rpc.system=grpc', ['rpc.system=grpc']],
  ['-db.statement="SELECT 1"', ['not db.statement=SELECT 1']],
  ['user.id=', ['user.id=']],
  ['a="say \\"hi\\"" b', ['a=say "hi"', 'b']],
  ['url=http://x/?a=b', ['url=http://x/?a=b']],
  ['  ', []],
  ['-', []],
  ['"open', ['open']],
])('reads %s', (typed, terms) => {
  expect(short(typed)).toEqual(terms);
});

it('ends on any text, and reads what it writes itself', () => {
  fc.assert(
    fc.property(fc.string(), (typed) => {
      expect(parseFind(typed).length).toBeLessThanOrEqual(8);
    }),
    { seed: 5, numRuns: 1000 },
  );
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.boolean(), (value, isExcluded) => {
      expect(parseFind(findText('k', value, isExcluded))).toEqual([
        { text: `k=${value}`, key: 'k', value, isExcluded },
      ]);
    }),
    { seed: 6, numRuns: 1000 },
  );
});

it('finds spans that hold all terms and none that is excluded', () => {
  const trace = makeTrace([
    { parent: -1, start: 0, duration: 100 },
    { parent: 0, start: 1, duration: 10, name: 1, service: 1, error: true },
    { parent: 0, start: 2, duration: 10, name: 1, service: 2 },
  ]);
  const tree = buildTraceTree(trace);
  const held = new Map([['tier=gold', new Set(trace.span_id.slice(1))]]);
  const find = (typed: string): number[] => [...findSpans(trace, tree, parseFind(typed), held)];
  expect(find('')).toEqual([0, 0, 0]);
  expect(find('m')).toEqual([0, 1, 1]);
  expect(find('m -status=error')).toEqual([0, 0, 1]);
  expect(find('tier=gold service=b')).toEqual([0, 1, 0]);
  expect(find('-tier=gold')).toEqual([1, 0, 0]);
  expect(countFound(findSpans(trace, tree, parseFind('m'), held))).toBe(2);
});
