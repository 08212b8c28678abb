// One service: its numbers, its operations, who calls it and whom it calls.
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import {
  useDependencies,
  useOperations,
  usePropagation,
  useReconstructionReport,
  useServices,
} from '#ui/load/queries.ts';
import type { Answer } from '#ui/load/api.ts';
import { count, milliseconds, percent, plural, rate } from '#ui/shape/format.ts';
import { useRange } from '#ui/state/now.tsx';
import { edgeQuestion, operationQuestion } from '#ui/state/doors.ts';
import { questionWhere } from '#ui/state/question.ts';
import { href, useUrlState } from '#ui/state/url-state.ts';
import s from '../widgets/page.module.css';
import { RedCells, RedHeads, byRed, redColumn } from './red-cells.tsx';
import { ServiceDot } from '../widgets/service-mark.tsx';
import { Empty, Failed, Loading } from '../widgets/state-message.tsx';

export function ServicePage({ service }: { readonly service: string }): ReactNode {
  const range = useRange();
  const { params, change } = useUrlState();
  const time = { start: range.startNs, end: range.endNs };
  const find = params.get('find') ?? '';
  const answer = useOperations(service, time, true, find);
  const own = useServices(time).data?.services.find((x) => x.service === service);
  const edges = useDependencies(time).data?.edges.filter((e) => e.caller === service || e.callee === service) ?? [];
  const lines =
    (usePropagation(time).data?.problems.filter((x) => x.caller === service || x.callee === service).length ?? 0) +
    (useReconstructionReport(time).data?.rows.filter((x) => x.service === service).length ?? 0);
  const by = redColumn(params.get('by'));
  if (answer.isError) return <Failed what="The service" error={answer.error} retry={() => void answer.refetch()} />;
  if (!answer.data) return <Loading rows={10} />;
  const operations = byRed(answer.data.operations, by);
  return (
    <div className={s.page}>
      <div className={s.head}>
        <ServiceDot service={service} />
        <h1 className="cut">{service}</h1>
        {own && (
          <p>
            {rate(own.per_second)} · {percent(own.calls > 0 ? own.errors / own.calls : 0)} errors · p95{' '}
            {milliseconds(own.p95_ms)}
          </p>
        )}
        {lines > 0 && (
          <Link
            className={`chip ${s.warning}`}
            href={href('/instrumentation', { service })}
            title="Where its trace context goes wrong, and what its traces had to be repaired for"
          >
            ⚠ {plural(lines, 'instrumentation problem')}
          </Link>
        )}
        <span className={s.right}>
          <Link className="button" href={href('/search', { q: questionWhere({ service }) })}>
            Traces
          </Link>{' '}
          <Link className="button" href={href('/logs', { service })}>
            Logs
          </Link>{' '}
          <Link className="button" href={href('/critical-path', { service })}>
            Critical path
          </Link>
        </span>
      </div>
      <p className={`dim ${s.cut}`}>
        <input
          className="field"
          value={find}
          onChange={(event) => change({ find: event.target.value }, true)}
          placeholder="Find an operation"
          aria-label="Find an operation"
          spellCheck={false}
        />{' '}
        {operations.length < answer.data.distinct
          ? `the ${count(operations.length)} busiest of ${plural(answer.data.distinct, 'operation')}: find the others by name`
          : plural(answer.data.distinct, 'operation')}
      </p>
      {operations.length === 0 ? (
        <Empty title="No operation in this range">
          <p>
            No span of {service} ended in {range.label.toLowerCase()}. Widen the range, or look whether{' '}
            <Link className="link" href={href('/services')}>
              another name
            </Link>{' '}
            is used now.
          </p>
        </Empty>
      ) : (
        <div className={s.scroll}>
          <table className={s.table} data-testid="operations">
            <thead>
              <tr>
                <th>Operation</th>
                <th className={s.optional}>Kind</th>
                <RedHeads by={by} onSort={(column) => change({ by: column }, true)} />
              </tr>
            </thead>
            <tbody>
              {operations.map((x) => (
                <tr key={`${x.name}/${x.kind}`}>
                  <td className="cut">
                    <Link className="strong" href={href('/search', { q: operationQuestion(x) })}>
                      {x.name}
                    </Link>
                  </td>
                  <td className={`dim ${s.optional}`}>{x.kind}</td>
                  <RedCells red={x} question={operationQuestion(x)} />
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {edges.length > 0 && (
        <>
          <h2 className={s.second}>Callers and callees</h2>
          <div className={s.scroll}>
            <table className={s.table}>
              <thead>
                <tr>
                  <th>Edge</th>
                  <th className={s.optional}>Kind</th>
                  <th className="num">Calls</th>
                  <th className="num">Errors</th>
                  <th className={`num ${s.optional}`}>Mean</th>
                  <th className="num">p95</th>
                </tr>
              </thead>
              <tbody>
                {edges.map((e) => {
                  const other = e.caller === service ? e.callee : e.caller;
                  return (
                    <tr key={`${e.caller}>${e.callee}/${e.kind}`}>
                      <td className="cut">
                        {e.caller === service ? 'calls' : 'called by'}{' '}
                        <Link className="strong" href={href(`/services/${encodeURIComponent(other)}`)}>
                          {other}
                        </Link>
                      </td>
                      <td className={`dim ${s.optional}`}>{e.kind}</td>
                      <td className="num">
                        <EdgeCalls edge={e} />
                      </td>
                      <td className="num">
                        {e.errors === 0 ? (
                          <span className="dim">0</span>
                        ) : (
                          <span className="error">{percent(e.errors / Math.max(1, e.calls))}</span>
                        )}
                      </td>
                      <td className={`num ${s.optional}`}>{milliseconds(e.mean_ms)}</td>
                      <td className="num">{milliseconds(e.p95_ms)}</td>
                    </tr>
                  );
                })}
              </tbody>
            </table>
          </div>
        </>
      )}
    </div>
  );
}

type Edge = Answer<'dependencies'>['edges'][number];

function EdgeCalls({ edge }: { readonly edge: Edge }): ReactNode {
  const question = edgeQuestion(edge);
  if (question === undefined) return count(edge.calls);
  return (
    <Link href={href('/search', { q: question })} title="Those that were kept">
      {count(edge.calls)}
    </Link>
  );
}
