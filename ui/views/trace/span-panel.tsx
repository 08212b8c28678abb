// All of one span: times, why it matters, attributes, resource, events, links both ways, its log records.
import { SPAN_KINDS } from '#proto/otlp/enums.ts';
import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { LogRecord } from '#proto/api/logs.ts';
import type { SpanDetail } from '#proto/api/trace.ts';
import { useDurationRank, useSpan } from '#ui/load/queries.ts';
import { duration, msOfNs, offset, percent } from '#ui/shape/format.ts';
import { readableValue } from '#ui/shape/any-value.ts';
import { KIND_MISSING } from '#ui/shape/missing-spans.ts';
import { slowerThan } from '#ui/shape/slower-than.ts';
import { meaningOfWarning, warningTitle } from '#ui/shape/warning-words.ts';
import { spanDuration } from '#ui/shape/span-end.ts';
import { visibleName } from '#ui/shape/visible-text.ts';
import { useSettled } from '#ui/state/settled.ts';
import { useRange } from '#ui/state/now.tsx';
import { rangeAround } from '#ui/state/time-range.ts';
import { href } from '#ui/state/url-state.ts';
import { AttributeList } from '../widgets/attribute-list.tsx';
import { LongText } from '../widgets/long-text.tsx';
import { hueStyle } from '../widgets/service-mark.tsx';
import { severityClass, severityName } from '../widgets/severity.ts';
import { SpanLinks } from './span-links.tsx';
import s from './span-panel.module.css';
import { Failed, Loading } from '../widgets/state-message.tsx';
import { CopyText } from './trace-head.tsx';
import type { TraceModel } from './trace-model.ts';

/** Children of one missing span that are called by name. */
const NAMED_BY_SHOWN = 5;

function Section({
  title,
  note,
  children,
}: {
  readonly title: string;
  readonly note: string;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <section className={s.section}>
      <h3>
        {title} <span>{note}</span>
      </h3>
      {children}
    </section>
  );
}

interface Props {
  readonly model: TraceModel;
  readonly position: number;
  readonly logs: readonly LogRecord[];
  readonly onClose: () => void;
}

export function SpanPanel({ model, position, logs, onClose }: Props): ReactNode {
  const { tree, trace, hues } = model;
  const id = model.spanIdAt(position);
  const missing = tree.kind[position] === KIND_MISSING;
  // Keys that are held down pass many spans by; only where they rest is anything asked.
  const settled = useSettled(position);
  const rests = settled === position;
  const answer = useSpan(trace.summary.trace_id, missing || !rests ? null : id);
  const detail = rests ? answer.data?.spans[0] : undefined;
  const row = tree.row[position] ?? 0;
  const service = trace.services[tree.service[position] ?? 0] ?? '';
  const operation = trace.names[tree.name[position] ?? 0] ?? '';
  const name = visibleName(operation);
  const ns = tree.duration[position] ?? 0;
  const range = useRange();
  const rank = useDurationRank(
    {
      service,
      name: operation,
      kind: SPAN_KINDS[tree.kind[position] ?? 0],
      duration_ns: ns,
      ...rangeAround(range, trace.summary.start),
    },
    // A span without end is neither slow nor fast, and what has no service has no calls of its own.
    !missing && rests && ns >= 0 && service !== '',
  ).data;
  const slower = rank ? slowerThan(rank) : null;
  const share = missing ? 0 : (model.path.total[position] ?? 0) / Math.max(1, trace.summary.duration_ns);
  const skew = trace.skew_ns[row] ?? 0;
  return (
    <aside className={s.panel} aria-label="Span" data-testid="span-panel">
      <div className={s.title}>
        <span className={`hue ${s.bar}`} style={hueStyle(hues[tree.service[position] ?? 0] ?? 0)} />
        <h2 className={s.name}>
          <bdi>{name}</bdi>
        </h2>
        {tree.status[position] === 2 && <span className="badge badge-error">ERROR</span>}
        <button type="button" className={s.close} onClick={onClose} aria-label="Close span">
          <X size={14} aria-hidden="true" />
        </button>
      </div>
      <p className={s.where}>
        {missing ? (
          <span className="warn">never arrived</span>
        ) : (
          <Link className="link" href={href(`/services/${encodeURIComponent(service)}`)}>
            <bdi>{visibleName(service)}</bdi>
          </Link>
        )}
        <span className="dim">{SPAN_KINDS[tree.kind[position] ?? 0]}</span>
        <CopyText text={id} label="Copy span id" />
      </p>
      <p className={s.numbers}>
        <span>
          <span className="dim">Start</span> <b>+{duration(Math.max(0, (tree.start[position] ?? 0) - tree.startNs))}</b>
        </span>
        <span>
          <span className="dim">Duration</span> <b>{spanDuration(tree, position)}</b>
        </span>
        <span>
          <span className="dim">Self</span> <b>{duration(tree.self[position] ?? 0)}</b>
        </span>
        {slower && (
          <span title="Against all calls of this operation at the time, kept or not">
            <b>{slower}</b>
          </span>
        )}
      </p>
      {(detail?.status_message || share >= 0.01 || skew !== 0) && (
        <p className={s.note}>
          {detail?.status_message && (
            <>
              <LongText text={detail.status_message} />
              {/[.!?…]\s*$/.test(detail.status_message) ? ' ' : '. '}
            </>
          )}
          {share >= 0.01 && (
            <>
              On the critical path for <b>{percent(share)}</b> of the trace.{' '}
            </>
          )}
          {skew !== 0 && <>Clock moved by {offset(skew, trace.skew_error_ns[row] ?? 0)}.</>}
        </p>
      )}
      {(model.warned.get(id) ?? []).map((kind) => (
        <p key={kind} className={s.warning}>
          <b>{warningTitle(kind)}</b> {meaningOfWarning(kind)}
        </p>
      ))}
      {answer.isError && <Failed what="The span" error={answer.error} retry={() => void answer.refetch()} />}
      {missing && <MissingSpan model={model} position={position} />}
      {!missing && !detail && !answer.isError && <Loading rows={6} />}
      {detail && <Detail key={id} detail={detail} model={model} logs={logs.filter((l) => l.span_id === id)} />}
      {answer.data && answer.data.spans.length > 1 && (
        <p className="warn">This id was used by {answer.data.spans.length} spans; the first is shown.</p>
      )}
    </aside>
  );
}

/** What is known of a span that never came: who named it. */
function MissingSpan({ model, position }: { readonly model: TraceModel; readonly position: number }): ReactNode {
  const { tree } = model;
  const children: string[] = [];
  for (let p = position + 1; p < (tree.subtreeEnd[position] ?? 0); p = tree.subtreeEnd[p] ?? Number.MAX_SAFE_INTEGER)
    children.push(`${model.services[tree.service[p] ?? 0]} ${model.names[tree.name[p] ?? 0]}`);
  return (
    <>
      <p className={s.warning}>
        {[...new Set(children)].slice(0, NAMED_BY_SHOWN).join(', ')} {children.length === 1 ? 'names' : 'name'} it as
        parent. Its time is that of its children.
      </p>
      <p className={s.warning}>
        It was lost on the way, is still to come, or belongs to a service that sends no spans (a proxy, a gateway, a
        browser).
      </p>
    </>
  );
}

function dropped(n: number): string {
  return n > 0 ? ` · ${n} dropped by the SDK` : '';
}

function Detail({
  detail,
  model,
  logs,
}: {
  readonly detail: SpanDetail;
  readonly model: TraceModel;
  readonly logs: readonly LogRecord[];
}): ReactNode {
  const inbound = model.inbound.get(detail.span_id) ?? [];
  return (
    <>
      <Section title="Attributes" note={`${detail.attributes.length}${dropped(detail.dropped_attributes)}`}>
        <AttributeList attributes={detail.attributes} find />
      </Section>
      <Section title="Resource" note={String(detail.resource.attributes.length)}>
        <AttributeList attributes={detail.resource.attributes} find />
      </Section>
      {detail.scope.name !== '' && (
        <Section title="Scope" note={`${detail.scope.name} ${detail.scope.version}`}>
          <AttributeList attributes={detail.scope.attributes} filter={false} />
        </Section>
      )}
      {(detail.events.length > 0 || detail.dropped_events > 0) && (
        <Section title="Events" note={`${detail.events.length}${dropped(detail.dropped_events)}`}>
          {detail.events.map((event, i) => (
            <details key={i} className={s.event} open={i === 0}>
              <summary>
                <bdi className="mono">{visibleName(event.name)}</bdi>{' '}
                <span className="dim">+{duration((msOfNs(event.time) - msOfNs(detail.start)) * 1e6)}</span>
              </summary>
              <AttributeList attributes={event.attributes} filter={false} />
            </details>
          ))}
        </Section>
      )}
      {(detail.links.length > 0 || inbound.length > 0) && (
        <Section title="Links" note={`→ ${detail.links.length} ← ${inbound.length}${dropped(detail.dropped_links)}`}>
          <SpanLinks detail={detail} inbound={inbound} linkedById={model.linkedById} />
        </Section>
      )}
      {logs.length > 0 && (
        <Section title="Logs" note={String(logs.length)}>
          {logs.map((log, i) => (
            <p key={i} className={s.log}>
              <span className={severityClass(log.severity)}>{severityName(log.severity, log.severity_text)}</span>{' '}
              <LongText text={readableValue(log.body_type, log.body, true)} />
            </p>
          ))}
        </Section>
      )}
    </>
  );
}
