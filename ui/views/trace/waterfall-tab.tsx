// Waterfall with its tool strip, keys and the panel of the chosen span. Span, zoom, find and switches are in the URL.
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { ReactNode } from 'react';
import type { LogRecord } from '#proto/api/logs.ts';
import { parseView, panView, viewText, wholeView, zoomView } from '#ui/layout/viewport.ts';
import type { View } from '#ui/layout/viewport.ts';
import { msOfNs } from '#ui/shape/format.ts';
import { endToEnd } from '#ui/shape/linked-traces.ts';
import { useSettled } from '#ui/state/settled.ts';
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
import { useFind } from './use-find.ts';
import { WaterfallTools } from './waterfall-tools.tsx';
import { Waterfall } from './waterfall.tsx';
import type { SpanLog } from './log-row.tsx';

interface Props {
  readonly model: TraceModel;
  readonly logs: readonly LogRecord[];
  readonly jump: number;
}

/** Log records by position, in their order. */
function recordsBySpan(model: TraceModel, logs: readonly LogRecord[]): ReadonlyMap<number, readonly SpanLog[]> {
  const { tree, trace } = model;
  const found = new Map<number, SpanLog[]>();
  const startMs = msOfNs(trace.summary.start);
  for (const log of logs) {
    const p = log.span_id === '' ? -1 : model.positionOf(log.span_id);
    if (p < 0) continue;
    const at = (msOfNs(log.time) - startMs) * 1e6 + (tree.start[p] ?? 0) - (tree.rawStart[p] ?? 0);
    const list = found.get(p);
    if (list) list.push({ at, log });
    else found.set(p, [{ at, log }]);
  }
  return found;
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
  const found = useFind(model, find);
  const { matches } = found;
  const records = useMemo(() => recordsBySpan(model, logs), [logs, model]);
  const only = params.get('only');
  const service = only === null ? -1 : model.trace.services.indexOf(only);
  const withLogs = params.get('logs') === '1';
  const { open } = state;
  const rows = useMemo(
    () => rowsOf(model, open, { service: service < 0 ? null : service, logs: withLogs ? records : null }),
    [model, open, service, withLogs, records],
  );

  const select = useCallback((position: number) => setState((old) => ({ ...old, selected: position })), []);
  const onGo = useCallback((position: number) => setState((old) => goTo(model, old, position)), [model]);
  const onToggle = useCallback(
    (position: number, fold: boolean) => setState((old) => toggle(model, old, position, fold)),
    [model],
  );
  const onView = useCallback((next: View) => change({ z: viewText(next, whole) }, true), [change, whole]);
  const nextMatch = useCallback(
    (backwards: boolean) => setState((old) => nextWhere(model, old, (p) => matches[p] === 1, backwards) ?? old),
    [model, matches],
  );

  /** The details close and the focus is back at the spans. */
  const closeDetails = useCallback(() => {
    select(-1);
    document.querySelector<HTMLElement>('[data-testid="waterfall"]')?.focus();
  }, [select]);

  const group = model.linked[state.selected - tree.count];
  const selectedId = state.selected < 0 ? null : model.spanIdAt(state.selected);
  const settledId = useSettled(selectedId);
  // At once with the page, not after it: a click in between leads elsewhere, and the address would be taken back.
  useLayoutEffect(() => {
    if (params.get('span') !== settledId) change({ span: settledId }, true);
  }, [settledId, params, change]);
  const lastJump = useRef(jump);
  useEffect(() => {
    if (jump !== lastJump.current) setState((old) => nextWhere(model, old, (p) => tree.status[p] === 2) ?? old);
    lastJump.current = jump;
  }, [jump, model, tree]);

  const onKey = useCallback(
    (event: KeyboardEvent) => {
      if (isTyping(event.target) || event.metaKey || event.altKey) return;
      const isFind = event.ctrlKey && event.key === 'b';
      if (event.ctrlKey && !isFind) return;
      const onControl = event.target instanceof Element && event.target.closest('a, button') !== null;
      const command = isFind ? 'find' : commandOf(event.key);
      if (command === undefined || (command === 'to details' && onControl)) return;
      const middle = (view.from + view.to) / 2;
      const own: Partial<Record<Command, () => void>> = {
        find: () => findBox.current?.focus(),
        'next match': () => nextMatch(false),
        'previous match': () => nextMatch(true),
        help: () => setHelp(true),
        'to details': () => document.querySelector<HTMLElement>(FIRST_OF_DETAILS)?.focus(),
        'close details': closeDetails,
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
    [model, state, rows, view, whole, nextMatch, onView, closeDetails],
  );
  useEffect(() => {
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [onKey]);

  return (
    <div className={s.tab}>
      <WaterfallTools
        model={model}
        findBox={findBox}
        find={find}
        found={found}
        isZoomed={zoom !== null}
        canReach={reach.from < tree.startNs || reach.to > tree.endNs}
        reaching={reaching}
        isFolded={open.openFolds.size === 0}
        logRecords={logs.length}
        onWhole={() => onView(whole)}
        onFold={() => setState((old) => toggleRuns(model, old))}
        onMatch={nextMatch}
        onHelp={() => setHelp(true)}
      />
      <div className={s.split} data-panel={state.selected >= 0}>
        <Waterfall
          model={model}
          rows={rows}
          selected={state.selected}
          collapsed={open.collapsed}
          openFolds={open.openFolds}
          matches={matches}
          logs={records}
          critical={critical}
          outlines={!raw}
          whole={whole}
          view={view}
          onView={onView}
          onSelect={select}
          onGo={onGo}
          onToggle={onToggle}
        />
        {group && (
          <LinkedPanel
            key={selectedId}
            group={group}
            hue={model.linkedHues[state.selected - tree.count] ?? 0}
            from={model.trace.summary.trace_id}
            onClose={closeDetails}
          />
        )}
        {state.selected >= 0 && !group && (
          <SpanPanel model={model} position={state.selected} logs={logs} onClose={closeDetails} />
        )}
      </div>
      {help && <KeysHelp onClose={() => setHelp(false)} />}
    </div>
  );
}
