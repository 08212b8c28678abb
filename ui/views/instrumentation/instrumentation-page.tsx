// Instrumentation: where trace context goes wrong between services and what traces had to be repaired for, each with what to change and an example.
import { useMemo } from 'react';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { Answer } from '#ui/load/api.ts';
import { usePropagation, useReconstructionReport } from '#ui/load/queries.ts';
import { count, percent, plural } from '#ui/shape/format.ts';
import { reportGroups } from '#ui/shape/report-lines.ts';
import type { ReportGroup } from '#ui/shape/report-lines.ts';
import { warningTitle } from '#ui/shape/warning-words.ts';
import { useRange } from '#ui/state/now.tsx';
import { href, patched, rangeOnly, useUrlState } from '#ui/state/url-state.ts';
import s from './instrumentation-page.module.css';
import page from '../widgets/page.module.css';
import { PickOne } from '../widgets/pick-one.tsx';
import { ServiceDot } from '../widgets/service-mark.tsx';
import { Failed, Loading } from '../widgets/state-message.tsx';

type Problem = Answer<'propagation'>['problems'][number];
type Repair = Answer<'reconstructionReport'>['rows'][number];

const CAUSES: Readonly<Record<Problem['cause'], string>> = {
  lost: 'Context lost',
  lost_on_retry: 'Context lost on retry',
  leaked: 'Context leaked',
  queue_parent: 'Queue joined by parent',
  sampling_differs: 'Sampling disagrees',
  no_host: 'No host named',
};

export function InstrumentationPage(): ReactNode {
  const range = useRange();
  const { params, change } = useUrlState();
  const time = { start: range.startNs, end: range.endNs };
  const propagation = usePropagation(time);
  const repairs = useReconstructionReport(time);
  const service = params.get('service');
  const problems = useMemo(
    () =>
      (propagation.data?.problems ?? []).filter(
        (x) => service === null || x.caller === service || x.callee === service,
      ),
    [propagation.data, service],
  );
  const rows = useMemo(
    () => (repairs.data?.rows ?? []).filter((x) => service === null || x.service === service),
    [repairs.data, service],
  );
  const services = useMemo(
    () =>
      [
        ...new Set([
          ...(propagation.data?.problems ?? []).flatMap((x) => [x.caller, x.callee]),
          ...(repairs.data?.rows ?? []).map((x) => x.service),
        ]),
      ]
        .filter((x) => x !== '')
        .sort(),
    [propagation.data, repairs.data],
  );
  return (
    <div className={page.page}>
      <div className={page.head}>
        <h1>Instrumentation</h1>
        <p>What the services’ own telemetry gets wrong, from 100 % of the traces, kept or not.</p>
        {services.length > 0 && (
          <PickOne
            label="Service"
            all="all"
            value={service}
            options={services}
            onPick={(value) => change({ service: value })}
          />
        )}
      </div>
      <h2 className={s.part}>
        Trace context{' '}
        {problems.length > 0 && (
          <span className="dim">
            {plural(
              problems.reduce((sum, x) => sum + x.count, 0),
              'problem',
            )}
          </span>
        )}
      </h2>
      {propagation.isError ? (
        <Failed what="The propagation report" error={propagation.error} retry={() => void propagation.refetch()} />
      ) : !propagation.data ? (
        <Loading rows={5} />
      ) : problems.length === 0 ? (
        <p className="dim">
          Nothing found{service === null ? '' : ` of ${service}`} in this range: no call lost its context, no trace
          holds requests that have nothing to do with each other, every resource names its host. What would be here:
          calls whose server span starts a trace of its own, with the pair of services and what to change.
        </p>
      ) : (
        reportGroups(
          problems,
          (x) => x.cause,
          (x) => x.count,
        ).map((group) => <Cause key={group.key} group={group} />)
      )}
      <h2 className={s.part}>
        Repaired traces{' '}
        {rows.length > 0 && (
          <span className="dim">
            {plural(
              rows.reduce((sum, x) => sum + x.spans, 0),
              'span',
            )}
          </span>
        )}
      </h2>
      {repairs.isError ? (
        <Failed what="The reconstruction report" error={repairs.error} retry={() => void repairs.refetch()} />
      ) : !repairs.data ? (
        <Loading rows={5} />
      ) : rows.length === 0 ? (
        <p className="dim">
          No trace had to be repaired{service === null ? '' : ` for ${service}`} in this range: no parent was missing,
          no id used twice, no time impossible.
        </p>
      ) : (
        reportGroups(
          rows,
          (x) => x.kind,
          (x) => x.spans,
        ).map((group) => <Kind key={group.key} group={group} />)
      )}
    </div>
  );
}

/** The series behind a section, over time. */
function OverTime({ query }: { readonly query: string }): ReactNode {
  const { params } = useUrlState();
  return (
    <Link className={`link ${s.series}`} href={href('/metrics', patched(rangeOnly(params), { q: query }))}>
      over time
    </Link>
  );
}

function Example({ traceId, kept }: { readonly traceId: string; readonly kept: boolean }): ReactNode {
  if (traceId === '') return <span className="dim">none known</span>;
  return (
    <Link
      className="link mono"
      href={href(`/trace/${traceId}`)}
      title={kept ? 'A stored trace' : 'This trace was sampled out; its page says why'}
    >
      {traceId.slice(0, 8)}…{!kept && <span className={s.out}> sampled out</span>}
    </Link>
  );
}

function Service({ name }: { readonly name: string }): ReactNode {
  const { params } = useUrlState();
  return (
    <Link href={href(`/services/${encodeURIComponent(name)}`, rangeOnly(params))}>
      <ServiceDot service={name} /> <b className="strong">{name}</b>
    </Link>
  );
}

function Cause({ group }: { readonly group: ReportGroup<Problem> }): ReactNode {
  const first = group.lines[0];
  if (!first) return null;
  const pair = group.lines.some((x) => x.caller !== '');
  return (
    <section className={s.section} aria-label={CAUSES[first.cause]} data-testid={`cause-${first.cause}`}>
      <h3>
        <span>{CAUSES[first.cause]}</span> <span className="dim">{count(group.total)}</span>{' '}
        <OverTime
          query={`sum by (caller, callee) (increase(winnow_propagation_problems_total{cause="${first.cause}"}[5m]))`}
        />
      </h3>
      <p>{first.meaning}</p>
      <p className={s.advice}>
        <b>What to change</b> {first.advice}
      </p>
      <div className={page.scroll}>
        <table className={`${page.table} ${s.table}`}>
          <thead>
            <tr>
              <th>{pair ? 'A → B' : 'B'}</th>
              <th className="num">Problems</th>
              <th className={`num ${page.optional}`}>{pair ? 'Of calls' : 'Of spans'}</th>
              <th className={s.shareHead}>Share</th>
              <th>Example</th>
            </tr>
          </thead>
          <tbody>
            {group.lines.map((x) => (
              <tr key={`${x.caller}>${x.callee}`}>
                <td className="cut">
                  {x.caller !== '' && (
                    <>
                      <Service name={x.caller} /> <span className="dim">→</span>{' '}
                    </>
                  )}
                  <Service name={x.callee} />
                </td>
                <td className="num">{count(x.count)}</td>
                <td className={`num ${page.optional}`}>{x.of === 0 ? <span className="dim">–</span> : count(x.of)}</td>
                <td>
                  {x.share === null ? (
                    <span className="dim">–</span>
                  ) : (
                    <span className={s.share}>
                      <span className={s.track}>
                        <span style={{ width: `${x.share * 100}%` }} />
                      </span>{' '}
                      <span>{percent(x.share)}</span>
                    </span>
                  )}
                </td>
                <td>
                  <Example traceId={x.example} kept={x.example_kept} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Kind({ group }: { readonly group: ReportGroup<Repair> }): ReactNode {
  const first = group.lines[0];
  if (!first) return null;
  const title = warningTitle(first.kind);
  return (
    <section className={s.section} aria-label={title} data-testid={`kind-${first.kind}`}>
      <h3>
        <span>{title}</span> <span className="dim">{plural(group.total, 'span')}</span>{' '}
        <OverTime
          query={`sum by (service) (increase(winnow_reconstruction_warnings_total{kind="${first.kind}"}[5m]))`}
        />
      </h3>
      <p>
        {first.meaning}
        {first.kind.startsWith('clock_') ? ' Counted on kept traces.' : ''}
      </p>
      <div className={page.scroll}>
        <table className={`${page.table} ${s.table}`}>
          <thead>
            <tr>
              <th>Service</th>
              <th className="num">Spans</th>
              <th className="num">Traces</th>
              <th>Example</th>
            </tr>
          </thead>
          <tbody>
            {group.lines.map((x) => (
              <tr key={x.service}>
                <td className="cut">
                  <Service name={x.service} />
                </td>
                <td className="num">{count(x.spans)}</td>
                <td className="num">{count(x.traces)}</td>
                <td>
                  <Example traceId={x.example_trace_id} kept={x.example_kept} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
