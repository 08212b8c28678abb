// Which rows show: collapse, runs of repeats, and the way to a hidden span.
import { commandOf } from '#ui/state/waterfall-keys.ts';
import { expect, it } from 'vitest';
import { closeLevel, openLevel, reveal, rowOf, visibleRows } from '#ui/layout/visible-rows.ts';
import { runsOf } from '#ui/shape/repeats.ts';
import { buildTraceTree } from '#ui/shape/trace-tree.ts';
import { pressed, toggleRuns } from '#ui/state/waterfall-state.ts';
import { makeTrace, withRepeats } from '../make-trace.ts';

const repeats = Array.from({ length: 6 }, (_, i) => ({ parent: 1, start: 10 + i, duration: 1, name: 2 }));
const trace = withRepeats(
  makeTrace([
    { parent: -1, start: 0, duration: 100 },
    { parent: 0, start: 5, duration: 50, name: 1 },
    ...repeats,
    { parent: 0, start: 70, duration: 5, name: 1 },
  ]),
  [2, 6],
);
const tree = buildTraceTree(trace);
const runs = runsOf(tree, trace);
const closed = { collapsed: new Set<number>(), openFolds: new Set<number>() };

it('shows a run of repeats as one row that stands for all', () => {
  const rows = visibleRows(tree, runs, closed);
  expect([...rows.position]).toEqual([0, 1, 2, 8]);
  expect([...rows.folded]).toEqual([0, 0, 6, 0]);
});

it('leaves out what is collapsed and finds the row that hides a span', () => {
  const rows = visibleRows(tree, runs, { ...closed, collapsed: new Set([1]) });
  expect([...rows.position]).toEqual([0, 1, 8]);
  expect(rowOf(rows, 5)).toBe(1);
});

it('opens everything above a span to reveal it', () => {
  const open = reveal(tree, runs, { collapsed: new Set([0, 1]), openFolds: new Set() }, 5);
  const rows = visibleRows(tree, runs, open);
  expect(rows.position[rowOf(rows, 5)]).toBe(5);
  expect(rows.nested[rowOf(rows, 5)]).toBe(1);
});

it('puts rows of linked traces after the spans, whatever is folded', () => {
  expect([...visibleRows(tree, runs, closed, 2).position]).toEqual([0, 1, 2, 8, 9, 10]);
  expect(visibleRows(tree, runs, { ...closed, openFolds: new Set([2]) }, 2).length).toBe(12);
});

it('opens a run inside a run one level deeper, and shows each span once', () => {
  // Five calls, each with two queries below it; the queries of the first call are a run of their own.
  const spans = [{ parent: -1, start: 0, duration: 100 }];
  for (let i = 0; i < 5; i++)
    spans.push(
      { parent: 0, start: i * 10, duration: 8 },
      { parent: 1 + i * 3, start: i * 10 + 1, duration: 1 },
      { parent: 1 + i * 3, start: i * 10 + 3, duration: 1 },
    );
  const nestedTrace = withRepeats(makeTrace(spans), [1, 5], [2, 2]);
  const nestedTree = buildTraceTree(nestedTrace);
  const nestedRuns = runsOf(nestedTree, nestedTrace);
  expect([...visibleRows(nestedTree, nestedRuns, closed).position]).toEqual([0, 1]);
  const rows = visibleRows(nestedTree, nestedRuns, { ...closed, openFolds: new Set([1, 2]) });
  expect([...rows.position].filter((p, i) => rows.folded[i] === 0 || p === 0)).toEqual(
    Array.from({ length: 16 }, (_, i) => i),
  );
  expect([...rows.nested].slice(0, 6)).toEqual([0, 0, 1, 1, 2, 2]);
});

it('walks by keys over an opened run and closes it from inside', () => {
  const model = { tree, runs, linked: [] };
  let state = { open: { ...closed, openFolds: new Set([2]) }, selected: 1 };
  const press = (key: string): void => {
    state = (pressed(model, state, visibleRows(tree, runs, state.open), commandOf(key)!) ?? state) as typeof state;
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

it('folds and opens all runs by one key, and walks on to the linked traces', () => {
  const model = { tree, runs, linked: [{}] };
  const start = { open: closed, selected: 8 };
  const opened = toggleRuns(model, start);
  expect([...opened.open.openFolds]).toEqual([2]);
  expect(toggleRuns(model, opened).open.openFolds.size).toBe(0);
  const rows = visibleRows(tree, runs, closed, 1);
  const last = pressed(model, start, rows, 'next row')!;
  expect(last.selected).toBe(tree.count);
  expect(pressed(model, last, rows, 'close or parent')).toBeNull();
  expect(pressed(model, last, rows, 'previous row')?.selected).toBe(8);
});

it('shows the spans of one service alone, what hangs below others too', () => {
  const mixed = buildTraceTree(
    makeTrace([
      { parent: -1, start: 0, duration: 100 },
      { parent: 0, start: 5, duration: 50, service: 1 },
      { parent: 1, start: 6, duration: 5 },
      { parent: 1, start: 20, duration: 5, service: 1 },
    ]),
  );
  const of = (service: number): number[] => [
    ...visibleRows(mixed, new Map(), closed, 1, { service, logs: null }).position,
  ];
  expect(of(0)).toEqual([0, 2, 4]);
  expect(of(1)).toEqual([1, 3, 4]);
  expect(of(7)).toEqual([4]);
});

it('has a row for each log record below its span, which keys step over', () => {
  const logs = new Map([[1, ['a', 'b']]]);
  const rows = visibleRows(tree, runs, closed, 0, { service: null, logs });
  expect([...rows.position]).toEqual([0, 1, 1, 1, 2, 8]);
  expect([...rows.log]).toEqual([0, 0, 1, 2, 0, 0]);
  expect(rowOf(rows, 1)).toBe(1);
  const model = { tree, runs, linked: [] };
  expect(pressed(model, { open: closed, selected: 1 }, rows, 'next row')?.selected).toBe(2);
  expect(pressed(model, { open: closed, selected: 2 }, rows, 'previous row')?.selected).toBe(1);
});

it('closes the deepest level and opens the least deep again', () => {
  const once = closeLevel(tree, closed);
  expect([...visibleRows(tree, runs, once).position]).toEqual([0, 1, 8]);
  const twice = closeLevel(tree, once);
  expect([...visibleRows(tree, runs, twice).position]).toEqual([0]);
  expect(closeLevel(tree, twice)).toBe(twice);
  expect([...openLevel(tree, twice).collapsed]).toEqual([...once.collapsed]);
  expect(reveal(tree, runs, closed, 1)).toBe(closed);
});
