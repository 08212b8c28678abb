// How the trace was put together: by how much each host's clock was corrected, and which repairs were made where.
import { useMemo } from 'react';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { count, duration, offset, plural, signed } from '#ui/shape/format.ts';
import { offsetAxis, traceHosts } from '#ui/shape/trace-hosts.ts';
import type { TraceHost } from '#ui/shape/trace-hosts.ts';
import { meaningOfWarning, warningTitle } from '#ui/shape/warning-words.ts';
import { href, useUrlState } from '#ui/state/url-state.ts';
import { ClockOffsetBar } from './clock-offset-bar.tsx';
import page from '../widgets/page.module.css';
import s from './reconstruction-tab.module.css';
import { ServiceDot } from '../widgets/service-mark.tsx';
import type { TraceModel } from './trace-model.ts';
import tab from './trace-page.module.css';

/** Where a kind of warning has more spans than these, only their number is shown. */
const SPANS_SHOWN = 12;
const AROUND_NS = 900_000_000_000n;

const VERDICTS: Readonly<Record<TraceHost['verdict'], string>> = {
  reference: 'reference: the root’s host',
  moved: 'corrected',
  'as it is': 'as it is: nothing contradicts it',
  'no fit': 'as it is: no offset fits',
};

export function ReconstructionTab({ model }: { readonly model: TraceModel }): ReactNode {
  const { summary } = model.trace;
  return (
    <div className={tab.pad} data-testid="reconstruction">
      <Clocks model={model} />
      <h2 className={page.second}>
        Warnings{' '}
        {summary.warning_spans.length > 0 && <span className="dim">{count(summary.warning_spans.length)}</span>}
      </h2>
      {summary.warnings.length === 0 && (
        <p className="dim">None: every parent is here, no id was used twice, no time is impossible.</p>
      )}
      {summary.warnings.map((kind) => (
        <Warning key={kind} kind={kind} model={model} />
      ))}
    </div>
  );
}

/** The offsets of a host half an hour around the trace. */
function overTime(host: string, startNs: string): string {
  const start = BigInt(startNs);
  return href('/metrics', {
    q: `winnow_clock_offset_seconds{host=${JSON.stringify(host)}}`,
    start: String(start - AROUND_NS),
    end: String(start + AROUND_NS),
  });
}

function Clocks({ model }: { readonly model: TraceModel }): ReactNode {
  const { params, change } = useUrlState();
  const raw = params.get('clocks') === 'raw';
  const hosts = useMemo(() => traceHosts(model.trace), [model]);
  const half = offsetAxis(hosts);
  return (
    <>
      <div className={page.head}>
        <h2>Clocks</h2>
        <p>
          {hosts.length < 2
            ? 'One host: one clock, nothing to compare.'
            : half === null
              ? `${plural(hosts.length, 'host')}: every clock is taken as it is.`
              : 'What was added to each host’s times, with the half width of what the calls between them allow.'}
        </p>
        {half !== null && (
          <button
            type="button"
            className="chip"
            aria-pressed={!raw}
            onClick={() => change({ clocks: raw ? null : 'raw' }, true)}
            title="Show all tabs with corrected or raw times"
          >
            Corrected clocks
          </button>
        )}
      </div>
      <div className={page.scroll}>
        <table className={page.table}>
          <thead>
            <tr>
              <th>Host</th>
              <th className="num">Offset</th>
              <th className={s.axisHead}>
                {half !== null && (
                  <span className={s.axis}>
                    <span>{signed(-half)}</span> <span>0</span> <span>{signed(half)}</span>
                  </span>
                )}
              </th>
              <th className={page.optional}>Verdict</th>
              <th className={`num ${page.optional}`}>Spans</th>
            </tr>
          </thead>
          <tbody>
            {hosts.map((host) => (
              <tr key={host.host}>
                <td className="cut" title={`${host.host}\n${host.services.join(', ')}`}>
                  <b className="strong">{host.label}</b>{' '}
                  <span className="dim">
                    {host.services.slice(0, 3).join(', ')}
                    {host.services.length > 3 ? ` +${host.services.length - 3}` : ''}
                  </span>
                </td>
                <td className="num">
                  <Link
                    className={host.verdict === 'moved' ? 'grain' : 'dim'}
                    href={overTime(host.host, model.trace.summary.start)}
                    title="This host’s offset over time"
                  >
                    {host.verdict === 'moved' ? offset(host.offsetNs, host.errorNs) : '0'}
                  </Link>
                </td>
                <td>{half !== null && <ClockOffsetBar host={host} half={half} />}</td>
                <td className={page.optional}>
                  {host.verdict === 'moved' ? (
                    <span>
                      {raw ? 'corrected, shown raw' : VERDICTS.moved}: between {signed(host.offsetNs - host.errorNs)}{' '}
                      and {signed(host.offsetNs + host.errorNs)}
                    </span>
                  ) : (
                    <span className={host.verdict === 'no fit' ? 'warn' : 'dim'}>{VERDICTS[host.verdict]}</span>
                  )}
                </td>
                <td className={`num ${page.optional}`}>{count(host.spans)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Warning({ kind, model }: { readonly kind: string; readonly model: TraceModel }): ReactNode {
  const { change } = useUrlState();
  const { trace, tree, hues } = model;
  const spans = trace.summary.warning_spans.filter((warning) => warning.kind === kind);
  return (
    <section className={s.warning} aria-label={warningTitle(kind)}>
      <h3>
        <span className="warn">{warningTitle(kind)}</span> <span>{plural(spans.length, 'span')}</span>
      </h3>
      <p>{meaningOfWarning(kind)}</p>
      <ul className={s.spans}>
        {spans.slice(0, SPANS_SHOWN).map(({ span_id: id }, i) => {
          const p = model.positionOf(id);
          if (p < 0)
            return (
              <li key={`${id}-${i}`} className="mono dim" title="This span is not among those stored">
                {id || 'no id'}
              </li>
            );
          const service = tree.service[p] ?? 0;
          return (
            <li key={`${id}-${i}`}>
              <button type="button" onClick={() => change({ tab: null, span: id })} title="Show it in the waterfall">
                <ServiceDot service={trace.services[service] ?? ''} hue={hues[service] ?? 0} />{' '}
                <bdi className="dim">{model.services[service]}</bdi>{' '}
                <bdi className="link">{model.names[tree.name[p] ?? 0]}</bdi>{' '}
                <span className="dim">+{duration(Math.max(0, (tree.start[p] ?? 0) - tree.startNs))}</span>
              </button>
            </li>
          );
        })}
        {spans.length > SPANS_SHOWN && <li className="dim">and {count(spans.length - SPANS_SHOWN)} more</li>}
      </ul>
    </section>
  );
}
