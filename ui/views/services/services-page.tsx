// Services: rate, errors and duration of each, counted from all spans, kept or not.
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useServices } from '#ui/load/queries.ts';
import { count, duration, plural } from '#ui/shape/format.ts';
import { useRange } from '#ui/state/now.tsx';
import { serviceQuestion } from '#ui/state/doors.ts';
import { href, useUrlState } from '#ui/state/url-state.ts';
import s from '../widgets/page.module.css';
import { RedCells, RedHeads, byRed, redColumn } from './red-cells.tsx';
import { ServiceDot } from '../widgets/service-mark.tsx';
import { Sparkline } from './sparkline.tsx';
import { Empty, Failed, Loading } from '../widgets/state-message.tsx';

export function ServicesPage(): ReactNode {
  const range = useRange();
  const { params, change } = useUrlState();
  const answer = useServices({ start: range.startNs, end: range.endNs });
  const by = redColumn(params.get('by'));
  if (answer.isError) return <Failed what="Services" error={answer.error} retry={() => void answer.refetch()} />;
  if (!answer.data) return <Loading rows={12} />;
  const services = byRed(answer.data.services, by);
  if (services.length === 0) {
    return (
      <Empty title="No service in this range">
        <p>
          A service appears with its first span. Point an OTLP exporter at port 4317 (gRPC) or 4318 (HTTP);{' '}
          <code>npm run demo</code> sends a small shop’s traffic.
        </p>
        <p>
          Numbers here are counted from every span before sampling, so they are whole even where few traces are kept.
        </p>
      </Empty>
    );
  }
  return (
    <div className={s.page}>
      <div className={s.head}>
        <h1>Services</h1>
        <p>
          {plural(services.length, 'service')}, {count(services.reduce((sum, x) => sum + x.calls, 0))} calls, counted
          from 100 % of the spans; rates are over the {duration(answer.data.data_seconds * 1e9)} that have data
        </p>
      </div>
      <div className={s.scroll}>
        <table className={s.table} data-testid="services">
          <thead>
            <tr>
              <th>Service</th>
              <th className={s.optional}>Calls and errors over time</th>
              <th className={`num ${s.optional}`}>Operations</th>
              <RedHeads by={by} onSort={(column) => change({ by: column }, true)} />
            </tr>
          </thead>
          <tbody>
            {services.map((x) => (
              <tr key={x.service}>
                <td>
                  <Link href={href(`/services/${encodeURIComponent(x.service)}`)} className={s.name}>
                    <ServiceDot service={x.service} /> <b className="cut strong">{x.service}</b>
                  </Link>
                </td>
                <td className={s.optional}>
                  <Sparkline values={x.trend} errors={x.error_trend} label={`Trend of ${x.service}`} />
                </td>
                <td className={`num ${s.optional}`}>{count(x.operations)}</td>
                <RedCells red={x} question={serviceQuestion(x)} />
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}
