// Sampling: why a trace is here, what each rule kept and let go, the newest decisions, and the ledger of every item.
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useDecisions, useLedger } from '../load/queries.ts';
import { clock, count, duration, percent } from '../shape/format.ts';
import { useNow, useRange } from '../state/now.tsx';
import { href, useUrlState } from '../state/url-state.ts';
import { LedgerView } from './ledger.tsx';
import page from './page.module.css';
import s from './sampling-page.module.css';
import { ServiceDot } from './service-mark.tsx';
import { Empty, Failed, Loading } from './state-message.tsx';
import { WhyBox } from './why-box.tsx';

const DECISIONS_SHOWN = 100;

export function SamplingPage(): ReactNode {
  const range = useRange();
  const { nowMs } = useNow();
  const { params, change } = useUrlState();
  const rule = params.get('rule');
  const decision = params.get('decision');
  const answer = useDecisions({ start: range.startNs, end: range.endNs, limit: DECISIONS_SHOWN, rule, decision });
  const ledger = useLedger(nowMs);
  return (
    <div className={page.page}>
      <div className={page.head}>
        <h1>Sampling</h1>
        <p>Every trace, dropped ones too, has a decision that says why.</p>
      </div>
      <WhyBox />
      <h2 className={s.heading}>Where everything went <span className="dim">since the collector started</span></h2>
      {ledger.isError ? <Failed what="The ledger" error={ledger.error} retry={() => void ledger.refetch()} /> : ledger.data ? <LedgerView ledger={ledger.data} /> : <Loading rows={3} />}
      <h2 className={s.heading}>Rules <span className="dim">{range.label.toLowerCase()}</span></h2>
      {answer.isError ? (
        <Failed what="Decisions" error={answer.error} retry={() => void answer.refetch()} />
      ) : !answer.data ? (
        <Loading rows={6} />
      ) : answer.data.rules.length === 0 ? (
        <Empty title="No decision in this range">
          <p>A trace is decided about a second after its last span, at the latest 30 s after its first. The ledger above says whether spans arrive at all.</p>
        </Empty>
      ) : (
        <Rules answer={answer.data} rule={rule} decision={decision} onRule={(next) => change({ rule: next })} onDecision={(next) => change({ decision: next })} />
      )}
    </div>
  );
}

type Decisions = NonNullable<ReturnType<typeof useDecisions>['data']>;
type RulesProps = { readonly answer: Decisions; readonly rule: string | null; readonly decision: string | null; readonly onRule: (rule: string | null) => void; readonly onDecision: (decision: string | null) => void };

function Rules({ answer, rule, decision, onRule, onDecision }: RulesProps): ReactNode {
  return (
    <>
      <div className={page.scroll}>
        <table className={page.table} data-testid="rules">
          <thead><tr><th>Rule</th><th className="num">Kept</th><th className="num">Dropped</th><th className={s.shareHead}>Kept share</th><th className={`num ${page.optional}`}>Spans kept</th><th className={`num ${page.optional}`}>Spans dropped</th></tr></thead>
          <tbody>
            {answer.rules.map((r) => {
              const share = r.kept / Math.max(1, r.kept + r.dropped);
              return (
                <tr key={r.rule} aria-selected={rule === r.rule}>
                  <td className="cut"><button type="button" className={rule === r.rule ? 'link strong' : 'strong'} onClick={() => onRule(rule === r.rule ? null : r.rule)} title="Decisions of this rule">{r.rule || 'no rule'}</button></td>
                  <td className="num">{r.kept === 0 ? <span className="dim">0</span> : <Link href={href('/search', { rule: r.rule })} title="Its kept traces">{count(r.kept)}</Link>}</td>
                  <td className="num">{count(r.dropped)}</td>
                  <td><span className={s.share}><span style={{ width: `${share * 100}%` }} /></span> <span className="dim">{percent(share)}</span></td>
                  <td className={`num ${page.optional}`}>{count(r.kept_spans)}</td>
                  <td className={`num ${page.optional}`}>{count(r.dropped_spans)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      <h2 className={s.heading}>
        Newest decisions
        {(['kept', 'dropped'] as const).map((d) => <button key={d} type="button" className="chip" aria-pressed={decision === d} onClick={() => onDecision(decision === d ? null : d)}>{d}</button>)}
        {rule !== null && <button type="button" className="chip" onClick={() => onRule(null)}>{rule} ✕</button>}
      </h2>
      <div className={page.scroll}>
        <table className={page.table}>
          <thead><tr><th>Trace</th><th className={page.optional}>Decided</th><th>Decision</th><th className={page.optional}>Rule</th><th className={page.optional}>Trigger</th><th className="num">Duration</th><th className={`num ${page.optional}`}>Spans</th><th className="num">Stands for</th></tr></thead>
          <tbody>
            {answer.decisions.map((d) => (
              <tr key={d.trace_id + d.decided_at}>
                <td className="cut"><Link href={d.decision === 'kept' ? `/trace/${d.trace_id}` : `/sampling?trace=${d.trace_id}`}><ServiceDot service={d.root_service} /> {d.root_service || 'no root'} <b>{d.root_name}</b>{d.error_count > 0 && <span className="error"> ✕ {count(d.error_count)}</span>}</Link></td>
                <td className={`dim ${page.optional}`}>{clock(d.decided_at, 2)}</td>
                <td className={d.decision === 'kept' ? 'grain' : 'dim'}>{d.decision}</td>
                <td className={page.optional}>{d.rule}</td>
                <td className={`dim ${page.optional}`}>{d.trigger}</td>
                <td className="num">{duration(d.duration_ns)}</td>
                <td className={`num ${page.optional}`}>{count(d.span_count)}</td>
                <td className="num">{d.decision === 'kept' ? count(d.weight) : <span className="dim">–</span>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
