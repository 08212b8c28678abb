// What the pointer is over in the waterfall, in words: name, start, duration, self time, share of the critical path.
import type { ReactNode } from 'react';
import { duration, percent, plural } from '#ui/shape/format.ts';
import { spanDuration } from '#ui/shape/span-end.ts';
import type { VisibleRows } from '#ui/layout/visible-rows.ts';
import type { TraceModel } from './trace-model.ts';
import s from './waterfall.module.css';

export interface Hover {
  readonly row: number;
  readonly x: number;
  readonly y: number;
}
interface Props {
  readonly model: TraceModel;
  readonly rows: VisibleRows;
  readonly hover: Hover;
  /** Of the whole waterfall, px: the words stay inside. */
  readonly width: number;
}

export function BarTip({ model, rows, hover, width }: Props): ReactNode {
  const { tree, trace, path } = model;
  const p = rows.position[hover.row];
  if (p === undefined || p >= tree.count || rows.log[hover.row]! > 0) return null;
  const run = rows.folded[hover.row]! > 0 ? model.runs.get(p) : undefined;
  const share = path.total[p]! / Math.max(1, trace.summary.duration_ns);
  return (
    <div
      className={s.tip}
      style={{ top: hover.y, ...(hover.x > width / 2 ? { right: width - hover.x + 12 } : { left: hover.x + 12 }) }}
      role="presentation"
      data-testid="bar-tip"
    >
      <b>
        {model.services[tree.service[p]!]} {model.names[tree.name[p]!]}
      </b>
      <span>
        start +{duration(Math.max(0, tree.start[p]! - tree.startNs))}
        {run
          ? ` · ${plural(run.spans, 'span')}, ${duration(run.totalNs)} in total`
          : ` · ${spanDuration(tree, p)} · self ${duration(tree.self[p]!)}`}
        {!run && share >= 0.01 ? ` · ${percent(share)} of the critical path` : ''}
      </span>
    </div>
  );
}
