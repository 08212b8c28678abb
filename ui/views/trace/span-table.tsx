// The trace as a table: one row per service and operation, sorted by what it cost.
import { useMemo } from 'react';
import type { ReactNode } from 'react';
import { count, duration, percent } from '#ui/shape/format.ts';
import { spanGroups } from '#ui/shape/span-groups.ts';
import type { SpanGroup } from '#ui/shape/span-groups.ts';
import { useUrlState } from '#ui/state/url-state.ts';
import { ServiceDot } from '../widgets/service-mark.tsx';
import type { TraceModel } from './trace-model.ts';
import s from './trace-page.module.css';

const COLUMNS = [
  ['count', 'Spans'],
  ['errors', 'Errors'],
  ['self', 'Self'],
  ['critical', 'Critical path'],
  ['longest', 'Longest'],
  ['total', 'Total'],
] as const;
type Column = (typeof COLUMNS)[number][0];
/** More groups than this say nothing more. */
const MOST_GROUPS = 500;

export function SpanTable({ model }: { readonly model: TraceModel }): ReactNode {
  const { params, change } = useUrlState();
  const by = COLUMNS.find(([key]) => key === params.get('by'))?.[0] ?? 'self';
  const groups = useMemo(() => spanGroups(model.tree, model.path), [model]);
  const sorted = useMemo(() => groups.toSorted((a, b) => b[by] - a[by]).slice(0, MOST_GROUPS), [groups, by]);
  const cell = (group: SpanGroup, column: Column): ReactNode => {
    if (column === 'count') return count(group.count);
    if (column === 'errors')
      return group.errors === 0 ? <span className="dim">0</span> : <span className="error">{count(group.errors)}</span>;
    if (column === 'critical')
      return group.critical === 0 ? (
        <span className="dim">–</span>
      ) : (
        `${duration(group.critical)} · ${percent(group.critical / Math.max(1, model.trace.summary.duration_ns))}`
      );
    return duration(group[column]);
  };
  return (
    <div className={s.pad}>
      <table>
        <thead>
          <tr>
            <th>Service · operation</th>
            {COLUMNS.map(([key, title]) => (
              <th key={key} className="num" aria-sort={by === key ? 'descending' : 'none'}>
                <button type="button" onClick={() => change({ by: key }, true)}>
                  {title}
                  {by === key ? ' ↓' : ''}
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted.map((group) => {
            const service = model.trace.services[group.service] ?? '';
            return (
              <tr key={`${group.service}-${group.name}`}>
                <td>
                  <button
                    type="button"
                    onClick={() => change({ tab: null, span: model.spanIdAt(group.first) })}
                    title="Show the longest in the waterfall"
                  >
                    <ServiceDot service={service} hue={model.hues[group.service] ?? 0} />{' '}
                    <bdi className="dim">{model.services[group.service]}</bdi>{' '}
                    <bdi className="link">{model.names[group.name]}</bdi>
                  </button>
                </td>
                {COLUMNS.map(([key]) => (
                  <td key={key} className="num">
                    {cell(group, key)}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
