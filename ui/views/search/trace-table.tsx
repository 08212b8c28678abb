// The list of traces: what, when, how long, through which services, why it was kept and how many it stands for.
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { TraceSummary } from '#proto/api/search.ts';
import { count, duration, plural, standsFor } from '#ui/shape/format.ts';
import { hueOf } from '#ui/shape/service-hue.ts';
import { NO_FORMER, questionOf, questionWhere, withCondition } from '#ui/state/question.ts';
import { href, useUrlState } from '#ui/state/url-state.ts';
import { ServiceDot, hueStyle } from '../widgets/service-mark.tsx';
import { Time } from '../widgets/time.tsx';
import s from './trace-table.module.css';

const PILLS = 8;
/** Pill widths say which service has most spans, not how many. */
const PILL_PX = { least: 14, most: 40 } as const;

function Pills({ services }: { readonly services: TraceSummary['services'] }): ReactNode {
  const most = services[0]?.spans ?? 1;
  return (
    <span className={s.pills} title={services.map((x) => `${x.service} ${count(x.spans)}`).join('\n')}>
      {services.slice(0, PILLS).map((x) => (
        <span
          key={x.service}
          className={`hue ${s.pill}`}
          style={{
            ...hueStyle(hueOf(x.service)),
            width: PILL_PX.least + (PILL_PX.most - PILL_PX.least) * (x.spans / most),
          }}
        />
      ))}
      {services.length > PILLS && <span className="dim">+{services.length - PILLS}</span>}
    </span>
  );
}

function Row({ trace }: { readonly trace: TraceSummary }): ReactNode {
  const { params, change } = useUrlState();
  const failed = trace.error_count > 0;
  return (
    <tr className={s.row}>
      <td className={s.name}>
        <Link href={href(`/trace/${trace.trace_id}`)} className={s.open}>
          <ServiceDot service={trace.root_service} />
          <span className="cut">
            {trace.root_service} <b>{trace.root_name}</b>
          </span>
          {failed && (
            <span className="error" title={plural(trace.error_count, 'error')}>
              ✕ {count(trace.error_count)}
            </span>
          )}
          {(!trace.root_present || trace.missing_parents > 0) && (
            <span
              className={`warn ${s.part}`}
              title={trace.root_present ? plural(trace.missing_parents, 'missing parent') : 'the root has not arrived'}
            >
              not whole
            </span>
          )}
        </Link>
      </td>
      <td className={`dim ${s.when}`}>
        <Time ns={trace.start} fraction={2} />
      </td>
      <td className="num">{duration(trace.duration_ns)}</td>
      <td className={`num ${s.spans}`}>{count(trace.span_count)}</td>
      <td className={s.services}>
        <Pills services={trace.services} />
      </td>
      <td className={s.rule}>
        <button
          type="button"
          className="chip"
          onClick={() =>
            change({ q: withCondition(questionOf(params), questionWhere({ rule: trace.rule })), ...NO_FORMER })
          }
          title={`Only traces kept by ${trace.rule}`}
        >
          {trace.rule}
        </button>
      </td>
      <td className="num" title={`decided ${trace.trigger}`}>
        {standsFor(trace.weight, trace.trigger)}
      </td>
    </tr>
  );
}

export function TraceTable({
  traces,
  sort,
}: {
  readonly traces: readonly TraceSummary[];
  readonly sort: string;
}): ReactNode {
  const { change } = useUrlState();
  const sorter = (key: string, label: string): ReactNode => (
    <button
      type="button"
      className={sort === key ? s.sorted : undefined}
      onClick={() => change({ sort: key === 'newest' ? null : key })}
      title={`Sort by ${label.toLowerCase()}`}
    >
      {label}
      {sort === key ? ' ↓' : ''}
    </button>
  );
  return (
    <table className={s.table} data-testid="traces">
      <thead>
        <tr>
          <th>Trace</th>
          <th className={s.when} aria-sort={sort === 'newest' ? 'descending' : 'none'}>
            {sorter('newest', 'Started')}
          </th>
          <th className="num" aria-sort={sort === 'slowest' ? 'descending' : 'none'}>
            {sorter('slowest', 'Duration')}
          </th>
          <th className={`num ${s.spans}`}>Spans</th>
          <th className={s.services}>Services</th>
          <th className={s.rule}>Kept by</th>
          <th className="num">Stands for</th>
        </tr>
      </thead>
      <tbody>
        {traces.map((trace) => (
          <Row key={trace.trace_id} trace={trace} />
        ))}
      </tbody>
    </table>
  );
}
