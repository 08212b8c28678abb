// Which rows show: collapse, folds, and the way to a hidden span.
import { expect, it } from 'vitest';
import { reveal, rowOf, visibleRows } from '#ui/layout/visible-rows.ts';
import { foldRepeats } from '#ui/shape/fold-repeats.ts';
import { buildTraceTree } from '#ui/shape/trace-tree.ts';
import { pressed } from '#ui/state/waterfall-state.ts';
import { makeTrace } from '../make-trace.ts';

const repeats = Array.from({ length: 6 }, (_, i) => ({ parent: 1, start: 10 + i, duration: 1, name: 2 }));
const tree = buildTraceTree(makeTrace([{ parent: -1, start: 0, duration: 100 }, { parent: 0, start: 5, duration: 50, name: 1 }, ...repeats, { parent: 0, start: 70, duration: 5, name: 1 }]));
const folds = foldRepeats(tree);
const closed = { collapsed: new Set<number>(), openFolds: new Set<number>() };

it('shows a run of alike leaves as one row that stands for all', () => {
  const rows = visibleRows(tree, folds, closed);
  expect([...rows.position]).toEqual([0, 1, 2, 8]);
  expect([...rows.folded]).toEqual([0, 0, 6, 0]);
});

it('never folds errors away', () => {
  const failing = buildTraceTree(makeTrace([{ parent: -1, start: 0, duration: 100 }, ...repeats.map((r, i) => ({ ...r, parent: 0, error: i === 3 }))]));
  expect(foldRepeats(failing).every((n) => n === 0)).toBe(true);
});

it('leaves out what is collapsed and finds the row that hides a span', () => {
  const rows = visibleRows(tree, folds, { ...closed, collapsed: new Set([1]) });
  expect([...rows.position]).toEqual([0, 1, 8]);
  expect(rowOf(rows, 5)).toBe(1);
});

it('opens everything above a span to reveal it', () => {
  const open = reveal(tree, folds, { collapsed: new Set([0, 1]), openFolds: new Set() }, 5);
  const rows = visibleRows(tree, folds, open);
  expect(rows.position[rowOf(rows, 5)]).toBe(5);
  expect(rows.nested[rowOf(rows, 5)]).toBe(1);
});

it('walks by keys over an opened fold and closes it from inside', () => {
  const model = { tree, folds };
  let state = { open: { ...closed, openFolds: new Set([2]) }, selected: 1 };
  const press = (key: string): void => {
    state = (pressed(model, state, visibleRows(tree, folds, state.open), key) ?? state) as typeof state;
  };
  press('j');
  expect(state.selected).toBe(2);
  press('j');
  expect(state.selected).toBe(3);
  press('k');
  press('k');
  expect(state.selected).toBe(1);
  press('j');
  press('ArrowLeft');
  expect(state.open.openFolds.size).toBe(0);
  expect(state.selected).toBe(2);
});
