// What each rule kept and dropped over time, and the same by service of the root and by trigger.
import { Suspense, lazy, useMemo, useState } from 'react';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { Answer } from '#ui/load/api.ts';
import { count, percent, rate } from '#ui/shape/format.ts';
import { hitsChart } from '#ui/shape/sampling.ts';
import { seriesHue } from '#ui/shape/service-hue.ts';
import { questionWhere } from '#ui/state/question.ts';
import { href } from '#ui/state/url-state.ts';
import page from '../widgets/page.module.css';
import s from './sampling-page.module.css';
import { hueStyle, ServiceDot } from '../widgets/service-mark.tsx';

const Chart = lazy(() => import('../widgets/chart.tsx').then((m) => ({ default: m.Chart })));
const NONE: ReadonlySet<number> = new Set();
/** What Winnow decides by itself, whatever the rules. */
const OWN = /^(?:rescue:|overload$|others$)/;
/** Services shown until all are asked for. */
const SHOWN = 8;

type Hits = Answer<'samplingHits'>;
type Hit = Hits['services'][number];
interface Props {
  readonly hits: Hits;
  readonly rule: string | null;
  readonly onRule: (rule: string | null) => void;
  readonly onRange: (startS: number, endS: number) => void;
}

export function SamplingHits({ hits, rule, onRule, onRange }: Props): ReactNode {
  const [which, setWhich] = useState<'kept' | 'dropped'>('kept');
  const [focus, setFocus] = useState<number | null>(null);
  const data = useMemo(() => hitsChart(hits, which), [hits, which]);
  const seconds = (hits.steps * hits.step_ms) / 1000;
  const startS = Number(BigInt(hits.start) / 1_000_000n) / 1000;
  return (
    <>
      <div className={s.chartHead}>
        <span className="dim">Traces per second</span>
        {(['kept', 'dropped'] as const).map((w) => (
          <button key={w} type="button" className="chip" aria-pressed={which === w} onClick={() => setWhich(w)}>
            {w}
          </button>
        ))}
      </div>
      <Suspense fallback={<div className={s.chartHold} />}>
        <Chart
          data={data}
          heightPx={160}
          startS={startS}
          endS={startS + seconds}
          hidden={NONE}
          focus={focus}
          onRange={onRange}
        />
      </Suspense>
      <div className={page.scroll}>
        <table className={page.table} data-testid="rules">
          <thead>
            <tr>
              <th>Rule</th>
              <th className="num">Kept</th>
              <th className="num">Dropped</th>
              <th className={s.shareHead}>Kept share</th>
              <th className={`num ${page.optional}`}>Kept rate</th>
              <th className={`num ${page.optional}`}>Spans kept</th>
              <th className={`num ${page.optional}`}>Spans dropped</th>
            </tr>
          </thead>
          <tbody>
            {hits.rules.map((r, i) => (
              <tr
                key={r.name}
                aria-selected={rule === r.name}
                onPointerEnter={() => setFocus(i)}
                onPointerLeave={() => setFocus(null)}
              >
                <td className="cut">
                  <span className="dot hue" style={hueStyle(seriesHue(i))} />{' '}
                  <button
                    type="button"
                    className={rule === r.name ? 'link strong' : 'strong'}
                    onClick={() => onRule(rule === r.name ? null : r.name)}
                    title="Decisions of this rule"
                  >
                    {r.name}
                  </button>
                  <div className={`dim mono cut ${s.condition}`} title={r.condition}>
                    {r.in_force ? r.condition : OWN.test(r.name) ? 'Winnow’s own' : 'not in force now'}
                  </div>
                </td>
                <td className="num">
                  {r.kept === 0 ? (
                    <span className="dim">0</span>
                  ) : (
                    <Link href={href('/search', { q: questionWhere({ rule: r.name }) })} title="Its kept traces">
                      {count(r.kept)}
                    </Link>
                  )}
                </td>
                <td className="num">{count(r.dropped)}</td>
                <td>
                  <Share hit={r} />
                </td>
                <td className={`num ${page.optional}`}>{rate(r.kept / seconds)}</td>
                <td className={`num ${page.optional}`}>{count(r.kept_spans)}</td>
                <td className={`num ${page.optional}`}>{count(r.dropped_spans)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div className={s.halves}>
        <Parts title="Service of the root" rows={hits.services} areServices />
        <Parts title="Trigger" rows={hits.triggers} />
      </div>
    </>
  );
}

function Share({ hit }: { readonly hit: Hit }): ReactNode {
  const share = hit.kept / Math.max(1, hit.kept + hit.dropped);
  return (
    <>
      <span className={s.share}>
        <span style={{ width: `${share * 100}%` }} />
      </span>{' '}
      <span className="dim">{percent(share)}</span>
    </>
  );
}

function Parts({
  title,
  rows,
  areServices = false,
}: {
  readonly title: string;
  readonly rows: readonly Hit[];
  readonly areServices?: boolean;
}): ReactNode {
  const [all, setAll] = useState(false);
  return (
    <div className={page.scroll}>
      <table className={page.table}>
        <thead>
          <tr>
            <th>{title}</th>
            <th className="num">Kept</th>
            <th className="num">Dropped</th>
            <th className={s.shareHead}>Kept share</th>
          </tr>
        </thead>
        <tbody>
          {(all ? rows : rows.slice(0, SHOWN)).map((hit) => (
            <tr key={hit.name}>
              <td className="cut">
                {areServices ? (
                  <Link href={href('/search', { q: questionWhere({ 'root.service': hit.name }) })}>
                    <ServiceDot service={hit.name} /> {hit.name || 'no root'}
                  </Link>
                ) : (
                  hit.name
                )}
              </td>
              <td className="num">{count(hit.kept)}</td>
              <td className="num">{count(hit.dropped)}</td>
              <td>
                <Share hit={hit} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > SHOWN && (
        <button type="button" className="link" onClick={() => setAll(!all)}>
          {all ? 'Fewer' : `All ${rows.length}`}
        </button>
      )}
    </div>
  );
}
