// Why a trace is here, or is not: type an id, read one sentence, then the decision behind it.
import { useState } from 'react';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useWhy } from '#ui/load/queries.ts';
import { bytes, count, duration, standsFor } from '#ui/shape/format.ts';
import { href, useUrlState } from '#ui/state/url-state.ts';
import s from './sampling-page.module.css';
import { Failed } from '../widgets/state-message.tsx';
import { Time } from '../widgets/time.tsx';

const TRACE_ID = /^[0-9a-f]{32}$/;

export function WhyBox(): ReactNode {
  const { params, change } = useUrlState();
  const asked = params.get('trace') ?? '';
  const valid = TRACE_ID.test(asked);
  const [text, setText] = useState(asked);
  const answer = useWhy(asked, valid);
  const why = valid ? answer.data : undefined;
  return (
    <section className={s.why} aria-label="Why a trace">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          change({ trace: text.toLowerCase().replaceAll(/[^0-9a-f]/g, '') || null });
        }}
      >
        <label className={`field ${s.id}`}>
          <span className="hidden-label">Trace id</span>
          <input
            className="mono"
            value={text}
            onChange={(event) => setText(event.target.value)}
            placeholder="Trace id: why is it here, or not?"
            spellCheck={false}
          />
        </label>
        <button type="submit" className="button primary">
          Why?
        </button>
      </form>
      {asked !== '' && !valid && <p className="warn">A trace id has 32 hex digits; this has {asked.length}.</p>}
      {valid && answer.isError && <Failed what="The reason" error={answer.error} retry={() => void answer.refetch()} />}
      {why && (
        <div className={s.answer} data-testid="why">
          <p>
            <b>{why.state}</b> {why.answer}
          </p>
          {why.state === 'kept' && (
            <Link className="link" href={href(`/trace/${why.trace_id}`)}>
              Open the trace
            </Link>
          )}
          {why.state === 'dropped' && why.collector?.rescuable === true && (
            <Link className="link" href={href(`/trace/${why.trace_id}`)}>
              Bring it back and open it
            </Link>
          )}
          {why.state === 'never seen' && why.refusals.length > 0 && (
            <p className={s.decision}>
              <span className="dim">Refused since the collector started</span>
              {why.refusals.map((r) => (
                <span key={r.reason} className="warn">
                  {r.reason} {count(r.requests)}
                </span>
              ))}
            </p>
          )}
          {why.decisions.map((d) => (
            <p key={d.decided_at} className={s.decision}>
              <span>
                <span className="dim">Decided</span> <Time ns={d.decided_at} />
              </span>
              <span>
                <span className="dim">Rule</span> {d.rule}
              </span>
              <span>
                <span className="dim">Trigger</span> {d.trigger}
              </span>
              <span className="mono">
                <span className="dim">R</span> {d.randomness}{' '}
                {d.threshold.length > 14 ? (
                  <span className="dim">no T</span>
                ) : (
                  <>
                    {d.decision === 'kept' ? '≥' : '<'} <span className="dim">T</span> {d.threshold}
                  </>
                )}
              </span>
              <span>
                <span className="dim">Spans</span> {count(d.span_count)} · {bytes(d.bytes)}
              </span>
              <span>
                <span className="dim">Duration</span> {duration(d.duration_ns)}
              </span>
              {d.decision === 'kept' && (
                <span>
                  <span className="dim">Stands for</span> {standsFor(d.weight, d.trigger)}
                </span>
              )}
              {!d.root_present && d.trigger !== 'late' && <span className="warn">decided without its root</span>}
              {d.missing_parents > 0 && d.trigger !== 'late' && (
                <span className="warn">parents missing {count(d.missing_parents)}</span>
              )}
            </p>
          ))}
        </div>
      )}
    </section>
  );
}
