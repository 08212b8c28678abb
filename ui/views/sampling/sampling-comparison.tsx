// Before and after: what is kept per rule and service, and examples of what would be lost. Estimates carry their standard error.
import { useState } from 'react';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { Answer } from '#ui/load/api.ts';
import { bytes, count, duration, percent, plural } from '#ui/shape/format.ts';
import { changeShare } from '#ui/shape/sampling.ts';
import { href } from '#ui/state/url-state.ts';
import page from '../widgets/page.module.css';
import s from './sampling-page.module.css';
import { ServiceDot } from '../widgets/service-mark.tsx';

type Comparison = Answer<'simulate'>;
type Row = Comparison['by_rule'][number];
type Unit = 'traces' | 'spans' | 'bytes';
const UNITS: readonly Unit[] = ['traces', 'spans', 'bytes'];
const SERVICES_SHOWN = 10;

export function SamplingComparison({ comparison }: { readonly comparison: Comparison }): ReactNode {
  const [unit, setUnit] = useState<Unit>('spans');
  const { basis, total, newly_lost: lost, newly_kept: gained, notes } = comparison;
  return (
    <div data-testid="comparison">
      <p className={s.verdict}>
        Would keep <b>{amount(total.after.kept[unit], unit)}</b>
        {error(total, unit)} of {amount(total.after.received[unit], unit)} {unit === 'bytes' ? '' : unit} received (
        {percent(total.after.kept[unit] / Math.max(1, total.after.received[unit]))}), where{' '}
        {amount(total.before.kept[unit], unit)} were kept
        {changeShare(total.before.kept[unit], total.after.kept[unit]) === ''
          ? ''
          : ` (${changeShare(total.before.kept[unit], total.after.kept[unit])})`}
        .{' '}
        <span className="dim">
          {plural(basis.traces, 'stored trace')}
          {basis.stored > basis.traces ? ` of ${count(basis.stored)}` : ''} decided again.
        </span>
      </p>
      <div className={s.chartHead}>
        <span className="dim">Kept</span>
        {UNITS.map((u) => (
          <button key={u} type="button" className="chip" aria-pressed={unit === u} onClick={() => setUnit(u)}>
            {u}
          </button>
        ))}
      </div>
      <div className={s.halves}>
        <Rows title="Rule" rows={[...comparison.by_rule, total]} unit={unit} />
        <Rows
          title={comparison.services === 'root' ? 'Service of the root' : 'Service'}
          rows={comparison.by_service.slice(0, SERVICES_SHOWN)}
          unit={unit}
          areServices
        />
      </div>
      {Math.round(lost.traces) > 0 && (
        <>
          <h3 className={s.lost}>
            {plural(Math.round(lost.traces), 'trace')} newly lost
            {lost.examples.length < lost.traces ? ', for example' : ''}
          </h3>
          <div className={page.scroll}>
            <table className={page.table} data-testid="newly-lost">
              <tbody>
                {lost.examples.map((example) => (
                  <tr key={example.trace_id}>
                    <td className="cut">
                      <Link href={href(`/trace/${example.trace_id}`)}>
                        <ServiceDot service={example.root_service} /> {example.root_service} <b>{example.root_name}</b>
                        {example.error_count > 0 && <span className="error"> ✕ {count(example.error_count)}</span>}
                      </Link>
                    </td>
                    <td className="num">{duration(example.duration_ns)}</td>
                    <td className={`num ${page.optional}`}>{plural(example.span_count, 'span')}</td>
                    <td className={`dim ${page.optional}`}>
                      {example.rule_before} → {example.rule_after}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
      {Math.round(gained.traces) > 0 && (
        <p className={s.lost}>
          About {plural(Math.round(gained.traces), 'trace')} newly kept.{' '}
          <span className="dim">They were dropped, so there is none to show.</span>
        </p>
      )}
      {notes.map((note) => (
        <p key={note} className="dim">
          {note}.
        </p>
      ))}
    </div>
  );
}

function Rows({
  title,
  rows,
  unit,
  areServices = false,
}: {
  readonly title: string;
  readonly rows: readonly Row[];
  readonly unit: Unit;
  readonly areServices?: boolean;
}): ReactNode {
  return (
    <div className={page.scroll}>
      <table className={page.table}>
        <thead>
          <tr>
            <th>{title}</th>
            <th className="num">Before</th>
            <th className="num">After</th>
            <th className="num">Change</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.name} className={row.name === 'total' ? 'strong' : undefined}>
              <td className="cut">
                {areServices && <ServiceDot service={row.name} />} {row.name || 'no root'}
              </td>
              <td className="num">{amount(row.before.kept[unit], unit)}</td>
              <td className="num">
                {amount(row.after.kept[unit], unit)}
                <span className="dim">{error(row, unit)}</span>
              </td>
              <td className="num">
                {changeShare(row.before.kept[unit], row.after.kept[unit]) || <span className="dim">–</span>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function amount(value: number, unit: Unit): string {
  return unit === 'bytes' ? bytes(Math.round(value)) : count(Math.round(value));
}

/** ` ± 312`; nothing where the number is exact. */
function error({ after }: Row, unit: Unit): string {
  const value = after.kept_error?.[unit] ?? 0;
  return Math.round(value) === 0 ? '' : ` ± ${amount(value, unit)}`;
}
