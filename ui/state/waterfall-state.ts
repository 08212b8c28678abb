// What is open, chosen and found in one waterfall, and what each command does to it. Pure: the view only calls it.
import {
  closeLevel,
  collapsedBelow,
  openLevel,
  reveal,
  rowOf,
  runAround,
  visibleRows,
} from '../layout/visible-rows.ts';
import type { OpenState, RowChoice, VisibleRows } from '../layout/visible-rows.ts';
import type { Runs } from '../shape/repeats.ts';
import type { TraceTree } from '../shape/trace-tree.ts';
import type { Command } from './waterfall-keys.ts';

export interface WaterfallState {
  readonly open: OpenState;
  readonly selected: number;
}
/** `linked` stand as rows below the spans: positions from `tree.count` on. */
export interface Model {
  readonly tree: TraceTree;
  readonly runs: Runs;
  readonly linked: readonly unknown[];
}

/** Traces above this open with their deep levels closed; everything is still there. */
const OPEN_ALL_SPANS = 200_000;
const FIRST_DEPTH = 3;

export function firstState(tree: TraceTree, selected: number): WaterfallState {
  return {
    open: {
      collapsed: tree.count > OPEN_ALL_SPANS ? collapsedBelow(tree, FIRST_DEPTH) : new Set(),
      openFolds: new Set(),
    },
    selected,
  };
}

const withOpen = (state: WaterfallState, open: Partial<OpenState>): WaterfallState => ({
  ...state,
  open: { ...state.open, ...open },
});

function toggled(set: ReadonlySet<number>, p: number): Set<number> {
  const next = new Set(set);
  if (!next.delete(p)) next.add(p);
  return next;
}

/** Opens or closes the row of position p; `fold` is set where the row shows repeats. */
export function toggle(model: Model, state: WaterfallState, p: number, fold: boolean): WaterfallState {
  if (fold) return withOpen(state, { openFolds: toggled(state.open.openFolds, p) });
  return model.tree.subtreeEnd[p]! > p + 1 ? withOpen(state, { collapsed: toggled(state.open.collapsed, p) }) : state;
}

/** Selects p and opens what hides it. */
export function goTo(model: Model, state: WaterfallState, p: number): WaterfallState {
  return { open: reveal(model.tree, model.runs, state.open, p), selected: p };
}

export function expandAll(state: WaterfallState): WaterfallState {
  return withOpen(state, { collapsed: new Set() });
}
export function collapseAll(model: Model, state: WaterfallState): WaterfallState {
  return withOpen(state, { collapsed: collapsedBelow(model.tree, 1), openFolds: new Set() });
}

/** Folds all runs of repeats, or opens all when none is open. */
export function toggleRuns(model: Model, state: WaterfallState): WaterfallState {
  return withOpen(state, { openFolds: state.open.openFolds.size > 0 ? new Set() : new Set(model.runs.keys()) });
}

/** State after a command; null when it changes nothing here. */
export function pressed(
  model: Model,
  state: WaterfallState,
  rows: VisibleRows,
  command: Command,
): WaterfallState | null {
  const row = state.selected < 0 ? -1 : rowOf(rows, state.selected);
  const p = rows.position[row] ?? -1;
  const fold = (rows.folded[row] ?? 0) > 0;
  // The head of an opened run shares its position with the first span below it, so the walk steps over it.
  const select = (next: number): WaterfallState => {
    const opened = (rows.folded[next] ?? 0) > 0 && state.open.openFolds.has(rows.position[next] ?? -1);
    let wanted = opened ? next + (next > row ? 1 : -1) : next;
    // A log record belongs to its span, which has been stepped on already.
    while ((rows.log[wanted] ?? 0) > 0) wanted += next > row ? 1 : -1;
    return { ...state, selected: rows.position[Math.max(0, Math.min(rows.length - 1, wanted))] ?? -1 };
  };
  const { tree } = model;
  switch (command) {
    case 'next row':
      return select(row + 1);
    case 'previous row':
      return select(row - 1);
    case 'first row':
      return select(0);
    case 'last row':
      return select(rows.length - 1);
    case 'page down':
      return select(row + 20);
    case 'page up':
      return select(row - 20);
    case 'open':
      if (p < 0) return null;
      if (fold && !state.open.openFolds.has(p)) return toggle(model, state, p, true);
      return state.open.collapsed.has(p) ? toggle(model, state, p, false) : select(row + 1);
    case 'close or parent': {
      if (p < 0 || p >= tree.count) return null;
      const open = !fold && tree.subtreeEnd[p]! > p + 1 && !state.open.collapsed.has(p);
      if (open) return toggle(model, state, p, false);
      const run = runAround(model.runs, p);
      if (run !== null && state.open.openFolds.has(run.first) && tree.parent[run.first] === tree.parent[p])
        return { ...toggle(model, state, run.first, true), selected: run.first };
      return tree.parent[p] === -1 ? state : { ...state, selected: tree.parent[p]! };
    }
    case 'fold repeats':
      return model.runs.size > 0 ? toggleRuns(model, state) : null;
    case 'open level':
      return { ...state, open: openLevel(tree, state.open) };
    case 'close level':
      return { ...state, open: closeLevel(tree, state.open) };
    case 'next error':
      return nextWhere(model, state, (q) => tree.status[q] === 2);
    default:
      return null;
  }
}

/** Next position after the selected one that holds, round the end. */
export function nextWhere(
  model: Model,
  state: WaterfallState,
  holds: (p: number) => boolean,
  backwards = false,
): WaterfallState | null {
  const n = model.tree.count;
  for (let step = 1; step <= n; step++) {
    const p = (((state.selected + (backwards ? -step : step)) % n) + n) % n;
    if (holds(p)) return goTo(model, state, p);
  }
  return null;
}

/** Rows for what is open: the selection does not change them. */
export function rowsOf(model: Model, open: OpenState, choice: RowChoice): VisibleRows {
  return visibleRows(model.tree, model.runs, open, model.linked.length, choice);
}
