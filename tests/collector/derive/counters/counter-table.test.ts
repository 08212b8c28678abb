import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { CounterTable } from '#collector/derive/counters/counter-table.ts';

type Step = readonly [what: string, a: number, b: number, c: number];

/** What each step showed: of a key, its count before; -1 when it has no row. */
function ofTable(steps: readonly Step[], maxRows: number): number[] {
  const table = new CounterTable(2, maxRows);
  return steps.map(([what, a, b, c]) => {
    const row = what === 'row' ? table.row(a, b, c) : table.find(a, b, c);
    if (row < 0) return -1;
    if (table.isFree(row)) throw new Error('a row in use counts as free');
    const count = table.cells[row * 2]!;
    if (what === 'row') table.cells[row * 2] = count + 1;
    else if (what === 'remove') table.remove(row);
    return count;
  });
}

function ofMap(steps: readonly Step[], maxRows: number): number[] {
  const map = new Map<string, number>();
  return steps.map(([what, ...key]) => {
    const name = key.join(' ');
    const count = map.get(name) ?? (what === 'row' && map.size < maxRows ? 0 : -1);
    if (what === 'row' && count >= 0) map.set(name, count + 1);
    else if (what === 'remove') map.delete(name);
    return count;
  });
}

it('finds, makes and forgets rows as a plain map does, while it grows', () => {
  const step = fc.tuple(
    fc.constantFrom('row', 'row', 'row', 'remove', 'find'),
    fc.nat(40),
    fc.integer({ min: -2, max: 20 }),
    fc.nat(2),
  );
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 1500, size: 'max' }),
      fc.integer({ min: 1, max: 700 }),
      (steps, maxRows) => {
        expect(ofTable(steps, maxRows)).toEqual(ofMap(steps, maxRows));
      },
    ),
    { seed: 105, numRuns: 60 },
  );
});

it('uses the numbers of forgotten rows again, and forgets all at once', () => {
  const table = new CounterTable(1, 1000);
  for (let i = 0; i < 600; i++) table.cells[table.row(i, 0, 0)]! += 5;
  for (let i = 0; i < 600; i += 2) table.remove(table.find(i, 0, 0));
  expect([table.size, table.held]).toEqual([600, 300]);
  for (let i = 1000; i < 1300; i++) expect(table.cells[table.row(i, 0, 0)]).toBe(0);
  expect([table.size, table.held, table.isFree(0)]).toEqual([600, 600, false]);
  table.clear();
  expect([table.size, table.held, table.row(1, 2, 3)]).toEqual([0, 0, 0]);
});
