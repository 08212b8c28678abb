// Waterfall with its tool strip, keys and the panel of the chosen span. Span, zoom, find and switches are in the URL.
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { ReactNode } from 'react';
import type { LogRecord } from '#proto/api/logs.ts';
import { parseView, panView, viewText, wholeView, zoomView } from '#ui/layout/viewport.ts';
import type { View } from '#ui/layout/viewport.ts';
import { count, msOfNs, plural } from '#ui/shape/format.ts';
import { endToEnd } from '#ui/shape/linked-traces.ts';
import { useUrlState } from '#ui/state/url-state.ts';
import {
  collapseAll,
  expandAll,
  firstState,
  goTo,
  nextWhere,
  pressed,
  rowsOf,
  toggle,
  toggleRuns,
} from '#ui/state/waterfall-state.ts';
import type { WaterfallState } from '#ui/state/waterfall-state.ts';
import { commandOf } from '#ui/state/waterfall-keys.ts';
import type { Command } from '#ui/state/waterfall-keys.ts';
import { isTyping } from '../widgets/is-typing.ts';
import { KeysHelp } from './keys-help.tsx';
import { LinkedPanel } from './linked-panel.tsx';
import { SpanPanel } from './span-panel.tsx';
import type { TraceModel } from './trace-model.ts';
import s from './trace-page.module.css';
import { Waterfall } from './waterfall.tsx';

const NO_MATCHES: ReadonlySet<number> = new Set();

/** Positions whose service, operation or id holds the text; strings are compared once per name, not per span. */
function findMatches(model: TraceModel, text: string): Set<number> {
  const low = text.toLowerCase();
  const names = model.trace.names.map((n) => n.toLowerCase().includes(low));
  const services = model.trace.services.map((n) => n.toLowerCase().includes(low));
  const id = /^[0-9a-f]{4,16}$/.test(low);
  const found = new Set<number>();
  for (let p = 0; p < model.tree.count; p++) {
    if (
      names[model.tree.name[p] ?? 0] ||
      services[model.tree.service[p] ?? 0] ||
      (id && model.spanIdAt(p).startsWith(low))
    )
      found.add(p);
  }
  return found;
}

interface Props {
  readonly model: TraceModel;
  readonly logs: readonly LogRecord[];
  readonly jump: number;
}

/** What the key for the details goes to. */
const FIRST_OF_DETAILS =
  '[data-testid="span-panel"] a, [data-testid="span-panel"] button, [data-testid="linked-panel"] section a';

export function WaterfallTab({ model, logs, jump }: Props): ReactNode {
  const { params, change } = useUrlState();
  const { tree } = model;
  const [state, setState] = useState<WaterfallState>(() => {
    const wanted = params.get('span');
    const first = firstState(tree, -1);
    const position = wanted === null ? -1 : model.positionOf(wanted);
    return position < 0 ? first : goTo(model, first, position);
  });
  const [help, setHelp] = useState(false);
  const findBox = useRef<HTMLInputElement>(null);
  const rows = useMemo(() => rowsOf(model, state), [model, state]);
  const reach = useMemo(() => endToEnd(model.linked, tree.startNs, tree.endNs), [model, tree]);
  const reaching = params.get('reach') === 'linked' || (params.get('reach') === null && reach.readable);
  const whole = useMemo(
    () => (reaching ? wholeView(reach.from, reach.to) : wholeView(tree.startNs, tree.endNs)),
    [tree, reach, reaching],
  );
  const zoom = params.get('z');
  const view = useMemo(() => parseView(zoom, whole), [zoom, whole]);
  const critical = params.get('critical') !== '0';
  const raw = params.get('clocks') === 'raw';
  const find = params.get('find') ?? '';
  const matches = useMemo(() => (find.length > 1 ? findMatches(model, find) : NO_MATCHES), [model, find]);
  const logTimes = useMemo(() => {
    const found = new Map<number, number[]>();
    for (const log of logs) {
      const p = log.span_id === '' ? -1 : model.positionOf(log.span_id);
      if (p >= 0)
        found.set(p, [
          ...(found.get(p) ?? []),
          (msOfNs(log.time) - msOfNs(model.trace.summary.start)) * 1e6 + (tree.start[p] ?? 0) - (tree.rawStart[p] ?? 0),
        ]);
    }
    return found;
  }, [logs, model, tree]);

  const select = useCallback((position: number) => setState((old) => ({ ...old, selected: position })), []);
  const onToggle = useCallback(
    (position: number, fold: boolean) => setState((old) => toggle(model, old, position, fold)),
    [model],
  );
  const onView = useCallback((next: View) => change({ z: viewText(next, whole) }, true), [change, whole]);
  const nextMatch = useCallback(
    (backwards: boolean) => setState((old) => nextWhere(model, old, (p) => matches.has(p), backwards) ?? old),
    [model, matches],
  );

  const group = model.linked[state.selected - tree.count];
  const selectedId = state.selected < 0 ? null : model.spanIdAt(state.selected);
  useEffect(() => {
    if (params.get('span') !== selectedId) change({ span: selectedId }, true);
  }, [selectedId, params, change]);
  const lastJump = useRef(jump);
  useEffect(() => {
    if (jump !== lastJump.current) setState((old) => nextWhere(model, old, (p) => tree.status[p] === 2) ?? old);
    lastJump.current = jump;
  }, [jump, model, tree]);

  const onKey = useCallback(
    (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      const onControl = event.target instanceof Element && event.target.closest('a, button') !== null;
      const command = commandOf(event.key);
      if (command === undefined || (command === 'to details' && onControl)) return;
      const middle = (view.from + view.to) / 2;
      const own: Partial<Record<Command, () => void>> = {
        find: () => findBox.current?.focus(),
        'next match': () => nextMatch(false),
        'previous match': () => nextMatch(true),
        help: () => setHelp(true),
        'to details': () => document.querySelector<HTMLElement>(FIRST_OF_DETAILS)?.focus(),
        'close details': () => select(-1),
        'zoom in': () => onView(zoomView(view, whole, middle, 0.5)),
        'zoom out': () => onView(zoomView(view, whole, middle, 2)),
        'zoom to all': () => onView(whole),
        'move left': () => onView(panView(view, whole, -0.2)),
        'move right': () => onView(panView(view, whole, 0.2)),
        'open all': () => setState(expandAll),
        'close all': () => setState((old) => collapseAll(model, old)),
      };
      const action = own[command];
      if (action) action();
      else {
        const next = pressed(model, state, rows, command);
        if (!next) return;
        setState(next);
      }
      event.preventDefault();
    },
    [model, state, rows, view, whole, nextMatch, onView, select],
  );
  useEffect(() => {
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [onKey]);

  return (
    <div className={s.tab}>
      <div className={s.tools}>
        {zoom !== null && (
          <button type="button" className="chip" onClick={() => onView(whole)}>
            All of it <kbd>0</kbd>
          </button>
        )}
        {model.runs.size > 0 && (
          <button
            type="button"
            className="chip"
            aria-pressed={state.open.openFolds.size === 0}
            onClick={() => setState((old) => toggleRuns(model, old))}
            title={`${plural(model.runs.size, 'run')} of similar spans as one row each (r)`}
          >
            Fold repeats
          </button>
        )}
        {(reach.from < tree.startNs || reach.to > tree.endNs) && (
          <button
            type="button"
            className="chip"
            aria-pressed={reaching}
            onClick={() => change({ reach: reaching ? 'own' : 'linked', z: null }, true)}
            title="The time axis over the linked traces, too"
          >
            End to end
          </button>
        )}
        <button
          type="button"
          className="chip"
          aria-pressed={critical}
          onClick={() => change({ critical: critical ? '0' : null }, true)}
        >
          Critical path
        </button>
        <button
          type="button"
          className="chip"
          aria-pressed={!raw}
          onClick={() => change({ clocks: raw ? null : 'raw' }, true)}
        >
          Corrected clocks
        </button>
        <label className={`chip ${s.find}`}>
          <span className="hidden-label">Find in this trace</span>
          <input
            ref={findBox}
            value={find}
            placeholder="Find"
            spellCheck={false}
            onChange={(event) => change({ find: event.target.value === '' ? null : event.target.value }, true)}
            onKeyDown={(event) => {
              if (event.key === 'Enter') nextMatch(event.shiftKey);
              else if (event.key === 'Escape') event.currentTarget.blur();
            }}
          />
          {find.length > 1 ? <span>{count(matches.size)}</span> : <kbd>f</kbd>}
        </label>
        <button type="button" className="chip" onClick={() => setHelp(true)} aria-label="Keys">
          <kbd>?</kbd>
        </button>
      </div>
      <div className={s.split} data-panel={state.selected >= 0}>
        <Waterfall
          model={model}
          rows={rows}
          selected={state.selected}
          collapsed={state.open.collapsed}
          openFolds={state.open.openFolds}
          matches={matches}
          logs={logTimes}
          critical={critical}
          outlines={!raw}
          whole={whole}
          view={view}
          onView={onView}
          onSelect={select}
          onToggle={onToggle}
        />
        {group && (
          <LinkedPanel
            key={selectedId}
            group={group}
            hue={model.linkedHues[state.selected - tree.count] ?? 0}
            from={model.trace.summary.trace_id}
            onClose={() => select(-1)}
          />
        )}
        {state.selected >= 0 && !group && (
          <SpanPanel key={selectedId} model={model} position={state.selected} logs={logs} onClose={() => select(-1)} />
        )}
      </div>
      {help && <KeysHelp onClose={() => setHelp(false)} />}
    </div>
  );
}
