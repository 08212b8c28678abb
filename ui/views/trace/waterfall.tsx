// The waterfall: canvas draws bars and guides, a virtual layer of rows carries text, focus and selection.
import { useVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { PointerEvent, ReactNode } from 'react';
import { ROW_PX, drawWaterfall, rowBar, rowLabel } from '#ui/draw/draw-waterfall.ts';
import type { Scene } from '#ui/draw/draw-waterfall.ts';
import { readPalette } from '#ui/draw/palette.ts';
import { labelSide, labelWidth } from '#ui/layout/bar-box.ts';
import { tickLabel, tickStep, ticks } from '#ui/layout/time-axis.ts';
import { panView, zoomView } from '#ui/layout/viewport.ts';
import type { View } from '#ui/layout/viewport.ts';
import { rowOf } from '#ui/layout/visible-rows.ts';
import type { VisibleRows } from '#ui/layout/visible-rows.ts';
import { KIND_MISSING } from '#ui/shape/missing-spans.ts';
import { STATUS_ERROR } from '#ui/shape/trace-tree.ts';
import { useTheme } from '#ui/state/theme.ts';
import { BarTip } from './bar-tip.tsx';
import type { Hover } from './bar-tip.tsx';
import { LinkedRow } from './linked-row.tsx';
import { LogRow } from './log-row.tsx';
import type { SpanLog } from './log-row.tsx';
import { Minimap } from './minimap.tsx';
import { NameResizer, useNameWidth } from './name-width.tsx';
import { StickyPath } from './sticky-path.tsx';
import type { TraceModel } from './trace-model.ts';
import { useSize } from '../widgets/use-size.ts';
import { WaterfallRow } from './waterfall-row.tsx';
import s from './waterfall.module.css';

const INDENT_PX = 14;
const EDGE_PX = 14;
const LEAST_DRAG_PX = 5;
/** Beside an axis label; what would reach over the edge is left out. */
const LABEL_PAD_PX = 6;
const PATH_PX = 22;
/** Names keep this much room however deep a trace is. */
const LEAST_NAME_PX = 150;

interface Props {
  readonly model: TraceModel;
  readonly rows: VisibleRows;
  readonly selected: number;
  readonly collapsed: ReadonlySet<number>;
  readonly openFolds: ReadonlySet<number>;
  readonly matches: Uint8Array;
  readonly logs: ReadonlyMap<number, readonly SpanLog[]>;
  readonly critical: boolean;
  readonly outlines: boolean;
  readonly whole: View;
  readonly view: View;
  readonly onView: (view: View) => void;
  readonly onSelect: (position: number) => void;
  /** Selects a span that may be hidden. */
  readonly onGo: (position: number) => void;
  readonly onToggle: (position: number, fold: boolean) => void;
}

export function Waterfall(props: Props): ReactNode {
  const { model, rows, selected, whole, view, onView, onSelect, onGo, onToggle } = props;
  const { tree, trace, hues } = model;
  const scroller = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [measure, size] = useSize();
  const [brush, setBrush] = useState<{ from: number; to: number } | null>(null);
  const { dark } = useTheme();
  const palette = useMemo(() => readPalette(dark), [dark]);
  const [nameWidth, setNameShare] = useNameWidth(size.width);
  const [hover, setHover] = useState<Hover | null>(null);
  const track = Math.max(1, size.width - nameWidth);
  const indents = useMemo(() => {
    let deepest = 0;
    for (let p = 0; p < tree.count; p++) deepest = Math.max(deepest, tree.depth[p]!);
    const pitch = Math.min(INDENT_PX, Math.max(0.2, (nameWidth - LEAST_NAME_PX) / Math.max(1, deepest)));
    return (depth: number): number => EDGE_PX + Math.min(depth * pitch, Math.max(0, nameWidth - LEAST_NAME_PX));
  }, [tree, nameWidth]);
  const tickTimes = useMemo(() => ticks(view.from, view.to, track), [view, track]);
  const step = tickStep(view.to - view.from, track);
  const scene: Scene = useMemo(
    () => ({
      tree,
      rows,
      runs: model.runs,
      linked: model.linked,
      linkedHues: model.linkedHues,
      path: props.critical ? model.path : null,
      outlines: props.outlines,
      hues,
      logs: props.logs,
      view,
      ticks: tickTimes,
      nameWidth,
      indents,
    }),
    [tree, rows, props.critical, model, props.outlines, hues, props.logs, view, tickTimes, nameWidth, indents],
  );
  const paint = useCallback(() => {
    if (canvas.current && scroller.current && size.width > 0)
      drawWaterfall(canvas.current, size.width, size.height, scroller.current.scrollTop, scene, palette);
  }, [scene, palette, size]);
  useLayoutEffect(paint, [paint]);

  // oxlint-disable-next-line react/incompatible-library -- the pages are not built with the React compiler
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 10,
    // The line of what stands above covers this much.
    scrollPaddingStart: PATH_PX,
  });
  const selectedRow = selected < 0 ? -1 : rowOf(rows, selected);
  const shownRow = useRef(-1);
  useEffect(() => {
    if (selectedRow >= 0 && selectedRow !== shownRow.current) virtual.scrollToIndex(selectedRow, { align: 'auto' });
    shownRow.current = selectedRow;
  }, [selectedRow, virtual]);

  const select = useCallback((row: number) => onSelect(rows.position[row]!), [rows, onSelect]);
  const toggle = useCallback((row: number) => onToggle(rows.position[row]!, rows.folded[row]! > 0), [rows, onToggle]);
  const timeAt = (clientX: number): number => {
    const box = scroller.current!.getBoundingClientRect();
    return view.from + ((clientX - box.left - nameWidth) / track) * (view.to - view.from);
  };
  const onPointerDown = (event: PointerEvent): void => {
    if (event.button !== 0 || event.clientX - scroller.current!.getBoundingClientRect().left < nameWidth) return;
    setBrush({ from: event.clientX, to: event.clientX });
    setHover(null);
  };
  const onPointerUp = (): void => {
    if (brush && Math.abs(brush.to - brush.from) >= LEAST_DRAG_PX)
      onView({ from: timeAt(Math.min(brush.from, brush.to)), to: timeAt(Math.max(brush.from, brush.to)) });
    setBrush(null);
  };
  /** The words follow from row to row, not with every pixel. */
  const onHover = (event: PointerEvent): void => {
    const box = scroller.current!.getBoundingClientRect();
    const row = Math.floor((event.clientY - box.top + scroller.current!.scrollTop) / ROW_PX);
    if (event.pointerType === 'touch' || event.clientX - box.left < nameWidth || row >= rows.length) setHover(null);
    else if (row !== hover?.row)
      setHover({ row, x: event.clientX - box.left, y: (row + 1) * ROW_PX - scroller.current!.scrollTop + 2 });
  };
  const onWheel = (event: WheelEvent): void => {
    if (event.ctrlKey || event.metaKey) event.preventDefault();
    if (event.ctrlKey || event.metaKey)
      onView(zoomView(view, whole, timeAt(event.clientX), event.deltaY > 0 ? 1.2 : 1 / 1.2));
    else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY))
      onView(panView(view, whole, (event.deltaX || event.deltaY) / 1000));
  };
  // A listener of React would be passive, and the browser would zoom its page as well.
  const wheel = useRef(onWheel);
  useEffect(() => {
    wheel.current = onWheel;
  });
  useEffect(() => {
    const element = scroller.current;
    const listener = (event: WheelEvent): void => wheel.current(event);
    element?.addEventListener('wheel', listener, { passive: false });
    return () => element?.removeEventListener('wheel', listener);
  }, []);
  const left = scroller.current?.getBoundingClientRect().left ?? 0;
  const firstRow = Math.floor((virtual.scrollOffset ?? 0) / ROW_PX);
  const firstPosition = rows.position[firstRow] ?? 0;
  return (
    <div className={s.waterfall}>
      <div className={s.top} style={{ gridTemplateColumns: `${nameWidth}px minmax(0, 1fr)` }}>
        <span />
        <Minimap
          tree={tree}
          runs={model.runs}
          hues={hues}
          matches={props.matches}
          palette={palette}
          width={track}
          whole={whole}
          view={view}
          onView={onView}
        />
        <span className={s.heading}>Service · operation</span>
        <div className={s.axis} data-testid="axis">
          {tickTimes.map((tick) => {
            const x = ((tick - view.from) / (view.to - view.from)) * track;
            const label = tickLabel(tick - tree.startNs, step);
            return (
              <span key={tick} style={{ left: x }}>
                {x + labelWidth(label) + LABEL_PAD_PX > track ? '' : label}
              </span>
            );
          })}
        </div>
      </div>
      <div
        ref={(element) => {
          scroller.current = element;
          measure(element);
        }}
        className={s.scroller}
        role="tree"
        aria-label="Spans"
        tabIndex={0}
        aria-activedescendant={selectedRow >= 0 ? `row-${selectedRow}` : undefined}
        data-testid="waterfall"
        onScroll={paint}
        onPointerDown={onPointerDown}
        onPointerMove={(event) => (brush ? setBrush({ ...brush, to: event.clientX }) : onHover(event))}
        onPointerUp={onPointerUp}
        onPointerLeave={() => {
          setBrush(null);
          setHover(null);
        }}
      >
        <div className={s.sticky} role="none">
          <canvas ref={canvas} style={{ width: size.width, height: size.height }} />
          {hover && !brush && <BarTip model={model} rows={rows} hover={hover} width={size.width} />}
          {brush && (
            <div
              className={s.window}
              style={{
                left: Math.min(brush.from, brush.to) - left,
                width: Math.abs(brush.to - brush.from),
                height: size.height,
              }}
            />
          )}
        </div>
        <div style={{ height: virtual.getTotalSize() }} className={s.rows} role="none">
          {virtual.getVirtualItems().map(({ index }) => {
            const p = rows.position[index];
            if (p === undefined) return null;
            const group = model.linked[p - tree.count];
            if (group) {
              return (
                <LinkedRow
                  key={index}
                  index={index}
                  id={`row-${index}`}
                  top={index * ROW_PX}
                  nameWidth={nameWidth}
                  indent={indents(0)}
                  group={group}
                  hue={model.linkedHues[p - tree.count] ?? 0}
                  from={trace.summary.trace_id}
                  selected={index === selectedRow}
                  onSelect={select}
                />
              );
            }
            const log = rows.log[index]! > 0 ? props.logs.get(p)?.[rows.log[index]! - 1] : undefined;
            if (log)
              return (
                <LogRow
                  key={index}
                  index={index}
                  top={index * ROW_PX}
                  indent={indents(tree.depth[p]! + rows.nested[index]! + 1)}
                  nameWidth={nameWidth}
                  depth={tree.depth[p]! + rows.nested[index]!}
                  log={log.log}
                  onSelect={select}
                />
              );
            const r = tree.row[p]!;
            const folded = rows.folded[index]!;
            const run = folded > 0 ? model.runs.get(p) : undefined;
            const depth = tree.depth[p]! + rows.nested[index]!;
            const inside = tree.subtreeEnd[p]! - p - 1;
            const expanded = run ? props.openFolds.has(p) : inside > 0 ? !props.collapsed.has(p) : null;
            const durationText = rowLabel(scene, index);
            const hidden = !run && expanded === false ? inside : 0;
            const failed = !run && tree.status[p] === STATUS_ERROR;
            return (
              <WaterfallRow
                key={index}
                index={index}
                id={`row-${index}`}
                top={index * ROW_PX}
                nameWidth={nameWidth}
                indent={indents(depth)}
                depth={depth}
                service={model.services[tree.service[p]!] ?? ''}
                name={model.names[tree.name[p]!] ?? ''}
                hue={hues[tree.service[p]!] ?? 0}
                missing={tree.kind[p] === KIND_MISSING}
                error={failed}
                errorBelow={run ? run.errors > 0 : hidden > 0 && tree.errors[p]! > (failed ? 1 : 0)}
                folded={folded}
                hidden={hidden}
                expanded={expanded}
                selected={index === selectedRow}
                match={props.matches[p] === 1}
                links={run ? 0 : (trace.link_count[r] ?? 0)}
                inbound={run ? 0 : (model.inbound.get(trace.span_id[r] ?? '')?.length ?? 0)}
                warnings={run ? '' : (model.warned.get(trace.span_id[r] ?? '')?.join(',') ?? '')}
                durationText={durationText}
                showDuration={labelSide(rowBar(scene, index, track), labelWidth(durationText), track) === 'column'}
                onSelect={select}
                onToggle={toggle}
              />
            );
          })}
        </div>
      </div>
      {firstRow > 0 && firstPosition < tree.count && <StickyPath model={model} first={firstPosition} onGo={onGo} />}
      <NameResizer width={size.width} nameWidth={nameWidth} onShare={setNameShare} />
    </div>
  );
}
