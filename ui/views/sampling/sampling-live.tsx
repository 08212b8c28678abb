// What the sampler does right now: buffer, memory of decisions, late spans, overload, rescue ring, and which rules are in force since when.
import type { ReactNode } from 'react';
import type { Answer } from '#ui/load/api.ts';
import { bytes, count, duration, percent } from '#ui/shape/format.ts';
import { metricSum } from '#ui/shape/sampling.ts';
import s from './sampling-page.module.css';
import { Time } from '../widgets/time.tsx';

type Sampling = Answer<'sampling'>;
const NS_PER_S = 1e9;

function Fact({
  title,
  value,
  children,
  tone,
}: {
  readonly title: string;
  readonly value: string;
  readonly children?: ReactNode;
  readonly tone?: string | undefined;
}): ReactNode {
  return (
    <div className={s.fact}>
      <span className="dim">{title}</span>
      <b className={tone}>{value}</b>
      <span className="dim">{children}</span>
    </div>
  );
}

export function SamplingLive({ sampling }: { readonly sampling: Sampling }): ReactNode {
  const sum = (name: string, labels?: Readonly<Record<string, string>>): number | null =>
    metricSum(sampling.metrics, name, labels);
  const waiting = sum('winnow_buffer_traces');
  if (waiting === null)
    return (
      <p className="warn" role="alert">
        The collector does not answer on its admin address, so nothing live can be shown. Is it running, and is
        listen.admin the same for collector and query?
      </p>
    );
  const pressure = sum('winnow_buffer_pressure') ?? 0;
  const memory = sum('winnow_decision_memory_seconds');
  const late = sum('winnow_late_spans_total');
  const lateDropped = sum('winnow_late_spans_dropped_total');
  const overload = sum('winnow_overload_probability');
  const shed = sum('winnow_overload_traces_shed_total') ?? 0;
  const lateWithin = sum('winnow_late_span_age_seconds', { quantile: '0.999' });
  const lag = sum('winnow_event_loop_lag_seconds');
  // A ring of no share is none: rescue.max_bytes is 0.
  const ring = (sum('winnow_rescue_ring_share') ?? 0) === 0 ? null : sum('winnow_rescue_ring_bytes');
  const ringTraces = sum('winnow_rescue_ring_traces') ?? 0;
  const horizon = sum('winnow_rescue_ring_horizon_seconds') ?? 0;
  const rescued = sum('winnow_rescued_traces_total');
  return (
    <div className={s.facts} data-testid="live">
      <Fact title="Waiting for a decision" value={`${count(waiting)} traces`}>
        {count(sum('winnow_buffer_spans') ?? 0)} spans · {bytes(sum('winnow_buffer_bytes') ?? 0)}
      </Fact>
      <Fact title="Buffer" value={`${percent(pressure)} full`} tone={pressure > 0.85 ? 'warn' : undefined}>
        oldest waits {duration((sum('winnow_buffer_oldest_seconds') ?? 0) * NS_PER_S)}
      </Fact>
      {memory !== null && (
        <Fact title="Decisions remembered" value={memory === 0 ? 'all so far' : `for ${duration(memory * NS_PER_S)}`}>
          {lateWithin === null || lateWithin === 0
            ? 'late spans follow them'
            : `99.9 % of late spans come within ${duration(lateWithin * NS_PER_S)}`}
        </Fact>
      )}
      {late !== null && (
        <Fact title="Late spans" value={count(late)}>
          {lateDropped === null
            ? 'came after their decision'
            : `${count(late - lateDropped)} kept · ${count(lateDropped)} dropped`}
        </Fact>
      )}
      {overload !== null && (
        <Fact title="New traces taken in" value={percent(overload)} tone={overload < 1 ? 'warn' : undefined}>
          {overload < 1 ? 'overload turns the others away' : shed === 0 ? 'no overload' : 'no overload now'}
          {shed === 0 ? '' : ` · ${count(shed)} turned away`}
          {lag === null ? '' : ` · loop lag ${duration(lag * NS_PER_S)}`}
        </Fact>
      )}
      {ring !== null && (
        <Fact title="Dropped, yet within reach" value={`${count(ringTraces)} traces`}>
          {bytes(ring)} · back {duration(horizon * NS_PER_S)}
          {rescued === null ? '' : ` · ${count(rescued)} came back`}
        </Fact>
      )}
    </div>
  );
}

/** One line under the title: which configuration is in force, and how its last reading went. */
export function RulesInForce({ config }: { readonly config: Sampling['config'] }): ReactNode {
  if (config === null) return null;
  const { hash, file, last_reload: last, started_at: started } = config;
  return (
    <p data-testid="in-force">
      Configuration <span className="mono">{hash}</span>
      {file === '' ? (
        ', no file'
      ) : (
        <>
          {' '}
          from <span className="mono">{file.split('/').at(-1)}</span>
        </>
      )}
      {last === null ? (
        <>
          , since the start <Time ns={started} fraction={0} />
        </>
      ) : last.result === 'refused' ? null : (
        <>
          , read again <Time ns={last.at} fraction={0} /> ({last.result})
        </>
      )}
      {last?.result === 'refused' && (
        <span className="error">
          {' '}
          · refused <Time ns={last.at} fraction={0} />, the rules before stay: {last.errors[0]}
        </span>
      )}
      {last !== null && last.restart.length > 0 && (
        <span className="warn"> · takes a restart: {last.restart.join(', ')}</span>
      )}
    </p>
  );
}
