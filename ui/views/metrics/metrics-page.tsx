// Metrics: a PromQL box, the chart of its answer and the series behind it.
import { Suspense, lazy, useMemo, useState } from 'react';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useExemplars, useRangeQuery } from '#ui/load/prometheus.ts';
import { chartData, seriesName, stepFor } from '#ui/shape/chart-data.ts';
import { plural, threeDigits } from '#ui/shape/format.ts';
import { visibleLine } from '#ui/shape/visible-text.ts';
import { useNow, useRange } from '#ui/state/now.tsx';
import { rangeSeconds } from '#ui/state/time-range.ts';
import { href, useUrlState } from '#ui/state/url-state.ts';
import { seriesHue } from '#ui/shape/service-hue.ts';
import s from './metrics-page.module.css';
import page from '../widgets/page.module.css';
import { hueStyle } from '../widgets/service-mark.tsx';
import { Empty, Failed, Loading } from '../widgets/state-message.tsx';
import { Time } from '../widgets/time.tsx';

const Chart = lazy(() => import('../widgets/chart.tsx').then((m) => ({ default: m.Chart })));
const PromqlEditor = lazy(() => import('./promql-editor.tsx').then((m) => ({ default: m.PromqlEditor })));
/** More lines than this cannot be distinguished. */
const DRAWN_SERIES = 40;
/** Enough to see the worst; each leads to a stored trace. */
const EXEMPLARS_SHOWN = 12;
const NONE: ReadonlySet<number> = new Set();

const EXAMPLES = [
  [
    'Calls per second by service',
    'sum by (service_name) (rate(traces_span_metrics_calls_total{span_kind="SPAN_KIND_SERVER"}[5m]))',
  ],
  [
    'Share of errors by service',
    'sum by (service_name) (rate(traces_span_metrics_calls_total{status_code="STATUS_CODE_ERROR"}[5m])) / sum by (service_name) (rate(traces_span_metrics_calls_total[5m]))',
  ],
  [
    'p95 by service',
    'histogram_quantile(0.95, sum by (service_name, le) (rate(traces_span_metrics_duration_seconds_bucket[5m])))',
  ],
  ['Failed calls between services', 'sum by (client, server) (rate(traces_service_graph_request_failed_total[5m]))'],
] as const;

export function MetricsPage(): ReactNode {
  const { params, change } = useUrlState();
  const range = useRange();
  const { refresh } = useNow();
  const query = params.get('q') ?? '';
  const [text, setText] = useState(query);
  const [last, setLast] = useState(query);
  const [focus, setFocus] = useState<number | null>(null);
  const [hidden, setHidden] = useState(NONE);
  if (last !== query) {
    setLast(query);
    setText(query);
    setHidden(NONE);
  }
  const step = stepFor(rangeSeconds(range));
  const end = Math.floor(Number(BigInt(range.endNs) / 1_000_000n) / 1000 / step) * step;
  const start = end - Math.floor(rangeSeconds(range) / step) * step;
  const answer = useRangeQuery(query, start, end, step);
  const exemplars = useExemplars(query, start, end).data?.slice(0, EXEMPLARS_SHOWN) ?? [];
  const series = useMemo(() => answer.data?.series.slice(0, DRAWN_SERIES) ?? [], [answer.data]);
  const data = useMemo(() => chartData(series), [series]);
  const run = (q: string): void => {
    refresh();
    change({ q: q.trim() === '' ? null : q.trim() });
  };
  const toggle = (i: number): void => {
    const next = new Set(hidden);
    if (!next.delete(i)) next.add(i);
    setHidden(next);
  };
  return (
    <div className={page.page}>
      <h1 className="hidden-label">Metrics</h1>
      <div className={s.ask}>
        <div className={s.editor}>
          <Suspense fallback={<div className={s.hold} />}>
            <PromqlEditor value={text} onChange={setText} onRun={run} />
          </Suspense>
        </div>
        <button type="button" className="button primary" onClick={() => run(text)}>
          Run
        </button>
      </div>
      {query === '' ? (
        <Empty title="Ask in PromQL">
          <p>
            Calls, errors and durations of every service are counted from 100 % of the spans. Enter runs, Ctrl-Space
            completes. For example:
          </p>
          <ul className={s.examples}>
            {EXAMPLES.map(([label, q]) => (
              <li key={label}>
                <button type="button" className="link" onClick={() => run(q)}>
                  {label}
                </button>
              </li>
            ))}
          </ul>
        </Empty>
      ) : answer.isError ? (
        <Failed what="The query" error={answer.error} retry={() => void answer.refetch()} />
      ) : answer.isPending ? (
        <Loading />
      ) : series.length === 0 ? (
        <Empty title="No series">
          <p>
            The query is valid and nothing matches it in {range.label.toLowerCase()}. Is the name right (completion
            lists what there is), and the range wide enough for the window in brackets?
          </p>
        </Empty>
      ) : (
        <>
          <div className={page.head}>
            <p>
              {plural(answer.data.series.length, 'series', 'series')}
              {answer.data.series.length > DRAWN_SERIES ? `, the first ${DRAWN_SERIES} drawn` : ''} · step {step} s
            </p>
            {answer.data.warnings.map((w) => (
              <p key={w} className="warn">
                {w}
              </p>
            ))}
          </div>
          <Suspense fallback={<div className={s.holdChart} />}>
            <Chart
              data={data}
              startS={start}
              endS={end}
              hidden={hidden}
              focus={focus}
              onRange={(from, to) =>
                change({
                  start: String(BigInt(Math.round(from * 1000)) * 1_000_000n),
                  end: String(BigInt(Math.round(to * 1000)) * 1_000_000n),
                  range: null,
                })
              }
            />
          </Suspense>
          {exemplars.length > 0 && (
            <div className={page.head} data-testid="exemplars">
              <p>Stored examples</p>
              {exemplars.map((e) => (
                <Link
                  key={e.traceId + e.timeS}
                  className="chip"
                  href={href(`/trace/${e.traceId}`, e.spanId === '' ? {} : { span: e.spanId })}
                  title={seriesName(e.series)}
                >
                  {threeDigits(e.value)} ·{' '}
                  <Time ns={String(BigInt(Math.round(e.timeS * 1000)) * 1_000_000n)} fraction={0} />
                </Link>
              ))}
            </div>
          )}
          <div className={page.scroll}>
            <table className={page.table} data-testid="series">
              <thead>
                <tr>
                  <th>Series</th>
                  <th className={`num ${page.optional}`}>Least</th>
                  <th className={`num ${page.optional}`}>Most</th>
                  <th className="num">Last</th>
                </tr>
              </thead>
              <tbody>
                {series.map((one, i) => {
                  const values = (data.columns[i] ?? []).filter((v) => v !== null);
                  return (
                    <tr
                      key={i}
                      onPointerEnter={() => setFocus(i)}
                      onPointerLeave={() => setFocus(null)}
                      data-hidden={hidden.has(i)}
                    >
                      <td className={s.series}>
                        <button
                          type="button"
                          className={s.toggle}
                          aria-pressed={!hidden.has(i)}
                          onClick={() => toggle(i)}
                          title="Show or hide"
                        >
                          <span className={`dot hue ${hidden.has(i) ? s.off : ''}`} style={hueStyle(seriesHue(i))} />
                          <bdi className="mono">{visibleLine(seriesName(one.metric))}</bdi>
                        </button>
                      </td>
                      <td className={`num ${page.optional}`}>
                        {values.length ? threeDigits(values.reduce((a, b) => Math.min(a, b))) : '–'}
                      </td>
                      <td className={`num ${page.optional}`}>
                        {values.length ? threeDigits(values.reduce((a, b) => Math.max(a, b))) : '–'}
                      </td>
                      <td className="num">{values.length ? threeDigits(values.at(-1) ?? 0) : '–'}</td>
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
