// Which operations make traces slow: their critical paths added up over all traces of a filter, weighted by its adjusted count.
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { Answer, QueryOf } from '#ui/load/api.ts';
import { useCriticalPath, useFacets, useOperations } from '#ui/load/queries.ts';
import { count, duration, percent, plural, threeDigits } from '#ui/shape/format.ts';
import { byPathColumn, pathShares } from '#ui/shape/path-shares.ts';
import type { PathColumn } from '#ui/shape/path-shares.ts';
import { hueOf } from '#ui/shape/service-hue.ts';
import { useRange } from '#ui/state/now.tsx';
import { facetOf } from '#ui/shape/facets.ts';
import { questionWhere } from '#ui/state/question.ts';
import { href, useUrlState } from '#ui/state/url-state.ts';
import s from './critical-path-page.module.css';
import page from '../widgets/page.module.css';
import { PickOne } from '../widgets/pick-one.tsx';
import { ServiceDot, hueStyle } from '../widgets/service-mark.tsx';
import { Empty, Failed, Loading } from '../widgets/state-message.tsx';

/** Operations asked for; below the first two hundred lies less than a thousandth of the time. */
const OPERATIONS_ASKED = 200;
/** Pieces of the bar; more cannot be distinguished. */
const SHARES_SHOWN = 8;

const COLUMNS: readonly {
  readonly key: PathColumn;
  readonly title: string;
  readonly meaning: string;
  readonly optional: boolean;
}[] = [
  {
    key: 'path_ns',
    title: 'On the path',
    meaning: 'time per trace during which the end of the trace waited for this operation itself',
    optional: false,
  },
  {
    key: 'self_ns',
    title: 'Self',
    meaning: 'time per trace in which it waited for no child, on the path or not',
    optional: true,
  },
  {
    key: 'drag_ns',
    title: 'Drag',
    meaning: 'what a trace would gain if the operation, with all it waits for, took no time',
    optional: true,
  },
  {
    key: 'slack_ns',
    title: 'Slack',
    meaning: 'how much longer it may take, where it is off the path, before a trace takes longer',
    optional: true,
  },
  { key: 'traces', title: 'In traces', meaning: 'share of the traces that have it on their path', optional: true },
  { key: 'spans', title: 'Spans', meaning: 'per trace', optional: true },
];

export function CriticalPathPage(): ReactNode {
  const range = useRange();
  const { params, change } = useUrlState();
  const time = { start: range.startNs, end: range.endNs };
  const service = params.get('service');
  const rootName = params.get('root_name');
  const operation = params.get('operation');
  const filter: QueryOf<'criticalPath'> = {
    ...time,
    service,
    operation,
    root_name: rootName,
    status: params.get('status'),
    min_duration_ms: params.get('min_duration_ms'),
    limit: OPERATIONS_ASKED,
  };
  const answer = useCriticalPath(filter);
  const facets = useFacets(time).data;
  const operations = useOperations(service ?? '', time, service !== null).data?.operations ?? [];
  return (
    <div className={page.page}>
      <div className={page.head}>
        <h1>Critical path</h1>
        {answer.data && answer.data.total.kept > 0 && (
          <p data-testid="path-total">
            <span className="grain">
              {plural(answer.data.total.kept, 'kept trace')} stand for {count(answer.data.total.stands_for)}
            </span>
            ; each takes {duration(answer.data.total.mean_path_ns ?? 0)} on average until its root ends,{' '}
            {duration(answer.data.total.mean_duration_ns ?? 0)} until its last span does
          </p>
        )}
      </div>
      <div className={s.pickers}>
        <PickOne
          label="Traces that begin as"
          all="any operation"
          value={rootName}
          options={facetOf(facets, 'operation')?.values.map((v) => v.value) ?? []}
          onPick={(value) => change({ root_name: value })}
        />
        <PickOne
          label="through service"
          all="any service"
          value={service}
          options={facetOf(facets, 'service')?.values.map((v) => v.value) ?? []}
          onPick={(value) => change({ service: value, operation: null })}
        />
        {service !== null && (
          <PickOne
            label="with its operation"
            all="any"
            value={operation}
            options={[...new Set(operations.map((v) => v.name))]}
            onPick={(value) => change({ operation: value })}
          />
        )}
        <PickOne
          label="slower than"
          all="any time"
          value={params.get('min_duration_ms')}
          options={['10', '100', '500', '1000', '5000']}
          shown={(ms) => duration(Number(ms) * 1e6)}
          onPick={(value) => change({ min_duration_ms: value })}
        />
      </div>
      {answer.isError ? (
        <Failed what="Critical paths" error={answer.error} retry={() => void answer.refetch()} />
      ) : !answer.data ? (
        <Loading rows={12} />
      ) : answer.data.operations.length === 0 ? (
        <Empty title="No kept trace in this choice">
          <p>
            Here stands which operations the end of a trace waits for, added up over all kept traces and weighted by how
            many each stands for. Widen the time range or choose less;{' '}
            <Link className="link" href={href('/sampling')}>
              Sampling
            </Link>{' '}
            says what became of the others.
          </p>
        </Empty>
      ) : (
        <Paths data={answer.data} />
      )}
    </div>
  );
}

function Paths({ data }: { readonly data: Answer<'criticalPath'> }): ReactNode {
  const { params, change } = useUrlState();
  const by = COLUMNS.find(({ key }) => key === params.get('by'))?.key ?? 'path_ns';
  const shares = pathShares(data.operations, SHARES_SHOWN);
  const most = Math.max(...data.operations.map(({ share }) => share), Number.EPSILON);
  const optional = (hidden: boolean): string => (hidden ? `num ${page.optional}` : 'num');
  return (
    <>
      <div
        className={s.shares}
        role="img"
        aria-label={shares.map(({ service, share }) => `${service || 'other'} ${percent(share)}`).join(', ')}
      >
        {shares.map(({ service, share }) => (
          <span
            key={service}
            className={service === '' ? s.other : `hue ${s.piece}`}
            style={{ ...hueStyle(hueOf(service)), width: `${share * 100}%` }}
            title={`${service || 'other'} ${percent(share)}`}
          />
        ))}
      </div>
      <ul className={s.legend}>
        {shares.map(({ service, share }) => (
          <li key={service} className="cut">
            {service === '' ? (
              <span className="dim">other</span>
            ) : (
              <button
                type="button"
                onClick={() => change({ service, operation: null })}
                title={`Only traces through ${service}`}
              >
                <ServiceDot service={service} /> {service}
              </button>
            )}{' '}
            <b>{percent(share)}</b>
          </li>
        ))}
      </ul>
      <div className={page.scroll}>
        <table className={page.table} data-testid="critical-path">
          <thead>
            <tr>
              <th>Operation</th>
              <th className={s.shareHead}>Share</th>
              {COLUMNS.map(({ key, title, meaning, optional: hidden }) => (
                <th
                  key={key}
                  className={optional(hidden)}
                  aria-sort={by === key ? (key === 'slack_ns' ? 'ascending' : 'descending') : 'none'}
                >
                  <button
                    type="button"
                    className={by === key ? page.sorted : undefined}
                    onClick={() => change({ by: key === 'path_ns' ? null : key }, true)}
                    title={meaning}
                  >
                    {title}
                    {by === key ? (key === 'slack_ns' ? ' ↑' : ' ↓') : ''}
                  </button>
                </th>
              ))}
              <th className={`num ${page.optional}`} title="time on the path over all the traces that these stand for">
                Sum
              </th>
              <th className={page.optional}>Example</th>
            </tr>
          </thead>
          <tbody>
            {byPathColumn(data.operations, by).map((x) => (
              <tr key={`${x.service}/${x.name}`}>
                <td>
                  <Link
                    href={href('/search', { q: questionWhere({ service: x.service, name: x.name }), sort: 'slowest' })}
                    className={page.name}
                    title={`Kept traces with ${x.service} ${x.name}, slowest first`}
                  >
                    <ServiceDot service={x.service} />{' '}
                    <span className="cut">
                      <span className="dim">{x.service}</span> <b className="strong">{x.name}</b>
                    </span>
                  </Link>
                </td>
                <td>
                  <span className={s.share}>
                    <span className={s.track}>
                      <span style={{ width: `${(x.share / most) * 100}%` }} />
                    </span>{' '}
                    <span>{percent(x.share)}</span>
                  </span>
                </td>
                <td className="num">{duration(x.path_ns)}</td>
                <td className={optional(true)}>{duration(x.self_ns)}</td>
                <td className={optional(true)}>{duration(x.drag_ns)}</td>
                <td className={optional(true)}>
                  {x.slack_ns === null ? (
                    <span className="dim" title="It is on the path wherever it occurs">
                      none
                    </span>
                  ) : (
                    duration(x.slack_ns)
                  )}
                </td>
                <td className={optional(true)}>{percent(x.traces)}</td>
                <td className={optional(true)}>{threeDigits(x.spans)}</td>
                <td className={optional(true)}>{duration(x.path_ns * data.total.stands_for)}</td>
                <td className={page.optional}>
                  <Link
                    className="link mono"
                    href={href(`/trace/${x.example}`)}
                    title="The kept trace in which it takes most time of the path"
                  >
                    {x.example.slice(0, 8)}…
                  </Link>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <dl className={s.words}>
        {COLUMNS.slice(0, 4).map(({ title, meaning }) => (
          <div key={title}>
            <dt>{title}</dt> <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}
