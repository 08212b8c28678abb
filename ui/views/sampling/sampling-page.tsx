// Sampling: why a trace is here, or is not; what the sampler does now; what each rule kept and dropped; rules to try; the ledger of every item.
import type { ReactNode } from 'react';
import { useDecisions, useLedger, useSampling, useSamplingHits } from '#ui/load/queries.ts';
import { useNow, useRange } from '#ui/state/now.tsx';
import { useUrlState } from '#ui/state/url-state.ts';
import { LedgerView } from './ledger.tsx';
import page from '../widgets/page.module.css';
import { SamplingDecisions } from './sampling-decisions.tsx';
import { SamplingHits } from './sampling-hits.tsx';
import { RulesInForce, SamplingLive } from './sampling-live.tsx';
import s from './sampling-page.module.css';
import { SamplingTry } from './sampling-try.tsx';
import { Empty, Failed, Loading } from '../widgets/state-message.tsx';
import { WhyBox } from './why-box.tsx';

const DECISIONS_SHOWN = 100;
const nsOfSeconds = (seconds: number): string => String(BigInt(Math.round(seconds * 1000)) * 1_000_000n);

export function SamplingPage(): ReactNode {
  const range = useRange();
  const { nowMs } = useNow();
  const { params, change } = useUrlState();
  const rule = params.get('rule');
  const decision = params.get('decision');
  const answer = useDecisions({ start: range.startNs, end: range.endNs, limit: DECISIONS_SHOWN, rule, decision });
  const hits = useSamplingHits({ start: range.startNs, end: range.endNs });
  const sampling = useSampling(nowMs);
  const ledger = useLedger(nowMs);
  const config = sampling.data?.config ?? null;
  return (
    <div className={page.page}>
      <div className={page.head}>
        <h1>Sampling</h1>
        <p>Every trace, dropped ones too, has a decision that says why.</p>
      </div>
      <WhyBox />
      <h2 className={s.heading}>Now</h2>
      {sampling.isError ? (
        <Failed what="The sampler’s state" error={sampling.error} retry={() => void sampling.refetch()} />
      ) : sampling.data ? (
        <>
          <SamplingLive sampling={sampling.data} />
          <RulesInForce config={config} />
        </>
      ) : (
        <Loading rows={3} />
      )}
      <h2 className={s.heading}>
        Rules <span className="dim">{range.label.toLowerCase()}</span>
      </h2>
      {hits.isError ? (
        <Failed what="The hits of the rules" error={hits.error} retry={() => void hits.refetch()} />
      ) : !hits.data ? (
        <Loading rows={6} />
      ) : hits.data.rules.length === 0 ? (
        <Empty title="No decision in this range">
          <p>
            A trace is decided about a second after its last span, at the latest 30 s after its first. The ledger below
            says whether spans arrive at all.
          </p>
        </Empty>
      ) : (
        <SamplingHits
          hits={hits.data}
          rule={rule}
          onRule={(next) => change({ rule: next })}
          onRange={(from, to) => change({ start: nsOfSeconds(from), end: nsOfSeconds(to), range: null })}
        />
      )}
      {config !== null && (
        <>
          <h2 className={s.heading}>
            Try rules <span className="dim">before they are in force: nothing changes by trying</span>
          </h2>
          <SamplingTry config={config} startNs={range.startNs} nowMs={nowMs} />
        </>
      )}
      <h2 className={s.heading}>
        Where everything went <span className="dim">since the collector started</span>
      </h2>
      {ledger.isError ? (
        <Failed what="The ledger" error={ledger.error} retry={() => void ledger.refetch()} />
      ) : ledger.data ? (
        <LedgerView ledger={ledger.data} nowMs={ledger.dataUpdatedAt} />
      ) : (
        <Loading rows={3} />
      )}
      <h2 className={s.heading}>
        Newest decisions
        {(['kept', 'dropped'] as const).map((d) => (
          <button
            key={d}
            type="button"
            className="chip"
            aria-pressed={decision === d}
            onClick={() => change({ decision: decision === d ? null : d })}
          >
            {d}
          </button>
        ))}
        {rule !== null && (
          <button type="button" className="chip" onClick={() => change({ rule: null })}>
            {rule} ✕
          </button>
        )}
      </h2>
      {answer.isError ? (
        <Failed what="Decisions" error={answer.error} retry={() => void answer.refetch()} />
      ) : !answer.data ? (
        <Loading rows={6} />
      ) : answer.data.decisions.length === 0 ? (
        <p className="dim">None in this range{rule === null && decision === null ? '' : ' with this filter'}.</p>
      ) : (
        <SamplingDecisions decisions={answer.data.decisions} />
      )}
    </div>
  );
}
