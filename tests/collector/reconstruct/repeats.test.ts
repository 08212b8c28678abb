// Runs of similar siblings: what makes one, what ends one, and the shop's query per order.
import { describe, expect, it } from 'vitest';
import { MAX_REPEATS } from '#collector/reconstruct/repeats.ts';
import { Reconstructor, rawClocks } from '#collector/reconstruct/reconstruct.ts';
import { TraceFile } from '#deploy/cli/show/trace-file.ts';
import { createShop } from '#deploy/demo/shop.ts';
import { buildTrace, type PlainSpan } from '../../support/trace-builder.ts';

const root: PlainSpan = { id: '1', name: 'root', kind: 2, start: 0, end: 100_000 };

/** Children of the root, 10 ns each, every 20 ns. */
function children(count: number, part: (i: number) => Partial<PlainSpan>): PlainSpan[] {
  return Array.from({ length: count }, (_, i) => ({
    id: (i + 2).toString(16),
    parent: '1',
    name: 'SELECT',
    start: i * 20,
    end: i * 20 + 10,
    ...part(i),
  }));
}

/** `name of first count total span`. */
function runsOf(spans: PlainSpan[]): string[] {
  const view = buildTrace(spans);
  const { repeats, dag } = new Reconstructor(rawClocks).run(view);
  return repeats.runs.map(
    ({ first, count, totalNs, spanNs }) =>
      `${view.memory.names.text(view.memory.spans.name[dag.rows[first]!]!)} of ${dag.idLo[first]} ${count} ${totalNs} ${spanNs}`,
  );
}

const statement = (text: string): Partial<PlainSpan> => ({ attributes: { 'db.query.text': text } });

describe('repeats', () => {
  it('are five or more like siblings in a row, with their sum and the time they span', () => {
    expect(runsOf([root, ...children(5, () => ({}))])).toEqual(['SELECT of 2 5 50 90']);
    expect(runsOf([root, ...children(4, () => ({}))])).toEqual([]);
  });

  it('end where another name, service or statement begins', () => {
    expect(runsOf([root, ...children(9, (i) => (i === 4 ? { name: 'other' } : {}))])).toEqual([]);
    expect(runsOf([root, ...children(11, (i) => (i < 6 ? {} : { service: 'db' }))])).toEqual([
      'SELECT of 2 6 60 110',
      'SELECT of 8 5 50 90',
    ]);
    expect(runsOf([root, ...children(8, (i) => statement(i < 4 ? 'SELECT a FROM t1' : 'SELECT a FROM t2'))])).toEqual(
      [],
    );
  });

  it('see through the literals of a statement', () => {
    expect(
      runsOf([
        root,
        ...children(6, (i) => statement(`SELECT * FROM lines WHERE id = ${i * 7} AND owner = 'user ${i}'`)),
      ]),
    ).toEqual(['SELECT of 2 6 60 110']);
  });

  it('are bounded, the longest in time first', () => {
    const runs = Array.from({ length: 50 }, (_, run) =>
      children(5 + run, (i) => ({
        id: (1000 + run * 100 + i).toString(16),
        name: `n${run}`,
        start: run * 10_000 + i * 20,
        end: run * 10_000 + i * 20 + 10,
      })),
    );
    const told = runsOf([{ ...root, end: 1e6 }, ...runs.flat()]);
    expect(told).toHaveLength(MAX_REPEATS);
    expect(told[0]).toMatch(/^n49 of \d+ 54 /);
  });

  it('tell of the query per order in the shop', () => {
    const shop = createShop({ seed: 2, spansPerBatch: 400, broken: 'n-plus-one' });
    const file = new TraceFile(40_000);
    for (let i = 0; i < 20; i++)
      file.add(Buffer.from(shop.next(1_800_000_000_000_000_000n + BigInt(i >> 1) * 250_000_000n).traces));
    const reconstructor = new Reconstructor(rawClocks);
    const found = new Set<string>();
    for (const id of file.ids()) {
      const { repeats, dag } = reconstructor.run(file.view(id)!);
      for (const { first, count } of repeats.runs)
        found.add(`${file.memory.names.text(file.memory.spans.name[dag.rows[first]!]!)} ${count}`);
    }
    expect([...found]).toEqual(['SELECT order_lines 40']);
  });
});
