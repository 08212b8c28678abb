// The newest decisions, kept and dropped, of all rules or one.
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { Answer } from '#ui/load/api.ts';
import { count, duration, standsFor } from '#ui/shape/format.ts';
import page from '../widgets/page.module.css';
import { ServiceDot } from '../widgets/service-mark.tsx';
import { Time } from '../widgets/time.tsx';

export function SamplingDecisions({ decisions }: { readonly decisions: Answer<'decisions'>['decisions'] }): ReactNode {
  return (
    <div className={page.scroll}>
      <table className={page.table}>
        <thead>
          <tr>
            <th>Trace</th>
            <th className={page.optional}>Decided</th>
            <th>Decision</th>
            <th className={page.optional}>Rule</th>
            <th className={page.optional}>Trigger</th>
            <th className="num">Duration</th>
            <th className={`num ${page.optional}`}>Spans</th>
            <th className="num">Stands for</th>
          </tr>
        </thead>
        <tbody>
          {decisions.map((d) => (
            <tr key={d.trace_id + d.decided_at}>
              <td className="cut">
                <Link href={d.decision === 'kept' ? `/trace/${d.trace_id}` : `/sampling?trace=${d.trace_id}`}>
                  <ServiceDot service={d.root_service} /> {d.root_service || 'no root'} <b>{d.root_name}</b>
                  {d.error_count > 0 && <span className="error"> ✕ {count(d.error_count)}</span>}
                </Link>
              </td>
              <td className={`dim ${page.optional}`}>
                <Time ns={d.decided_at} fraction={2} />
              </td>
              <td className={d.decision === 'kept' ? 'grain' : 'dim'}>{d.decision}</td>
              <td className={page.optional}>{d.rule}</td>
              <td className={`dim ${page.optional}`}>{d.trigger}</td>
              <td className="num">{duration(d.duration_ns)}</td>
              <td className={`num ${page.optional}`}>{count(d.span_count)}</td>
              <td className="num">
                {d.decision === 'kept' ? standsFor(d.weight, d.trigger) : <span className="dim">–</span>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
