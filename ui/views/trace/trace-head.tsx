// The head of a trace: what it is, how bad, why it was kept and for how many it stands; then its numbers.
import { Check, Copy, CornerUpLeft } from 'lucide-react';
import { useMemo, useState } from 'react';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { TraceResponse } from '#proto/api/trace.ts';
import { useWhy } from '#ui/load/queries.ts';
import { count, duration, offset, plural } from '#ui/shape/format.ts';
import { linkedGroups, outcome } from '#ui/shape/linked-traces.ts';
import { meaningOfWarning, warningTitle } from '#ui/shape/warning-words.ts';
import { href, useUrlState } from '#ui/state/url-state.ts';
import { ServiceDot } from '../widgets/service-mark.tsx';
import { Time } from '../widgets/time.tsx';
import s from './trace-head.module.css';

const COPIED_MS = 1_500;

export function CopyText({
  text,
  shown = text,
  label,
}: {
  readonly text: string;
  readonly shown?: string;
  readonly label: string;
}): ReactNode {
  const [copied, setCopied] = useState(false);
  const copy = (): void => {
    void navigator.clipboard?.writeText(text).then(() => {
      setCopied(true);
      window.setTimeout(() => setCopied(false), COPIED_MS);
    });
  };
  return (
    <button
      type="button"
      className={`mono dim ${s.copy}`}
      onClick={copy}
      title={copied ? 'Copied' : label}
      aria-label={`${label}: ${shown}`}
    >
      {shown} {copied ? <Check size={11} aria-hidden="true" /> : <Copy size={11} aria-hidden="true" />}
    </button>
  );
}

/** Clocks: raw when nothing was moved, else the widest correction with its error. */
function clocks(summary: TraceResponse['summary']): string {
  const moved = summary.hosts.filter((h) => h.offset_ns !== 0);
  const widest = moved.reduce<(typeof moved)[number] | null>(
    (best, h) => (best === null || Math.abs(h.offset_ns) > Math.abs(best.offset_ns) ? h : best),
    null,
  );
  if (!widest) return summary.hosts.length > 1 ? `${summary.hosts.length} hosts · as they are` : 'one host';
  return `${summary.hosts.length} hosts · ${offset(widest.offset_ns, widest.error_ns)}`;
}

function Fact({
  name,
  children,
  title,
}: {
  readonly name: string;
  readonly children: ReactNode;
  readonly title?: string;
}): ReactNode {
  return (
    <span className={s.fact} title={title}>
      <span className="dim">{name}</span> <b>{children}</b>
    </span>
  );
}

export const isTraceId = (text: string | null): text is string => text !== null && /^[0-9a-f]{32}$/.test(text);

/** The way back to the trace from whose link one came. */
export function CameFrom({ traceId, trace }: { readonly traceId: string; readonly trace?: TraceResponse }): ReactNode {
  const known = trace?.linked_traces?.find((one) => one.trace_id === traceId);
  return (
    <Link href={href(`/trace/${traceId}`)} className="chip" title="Back to the trace whose link led here">
      <CornerUpLeft size={11} aria-hidden="true" />{' '}
      <span className={`cut ${s.from}`}>
        {known ? `${known.root_service} ${known.root_name}` : `back to ${traceId.slice(0, 16)}…`}
      </span>
    </Link>
  );
}

const REASONS: Readonly<Record<string, string>> = {
  'rescue:opened': 'because somebody opened it',
  'rescue:requested': 'because somebody asked for it',
  'rescue:late-error': 'because of a late error',
  'rescue:error-log': 'because of an error log',
  'rescue:link': 'because a kept trace links to it',
};

/** Of a trace that was dropped first: by what, and why it is here all the same. */
function BroughtBack({ traceId, rule }: { readonly traceId: string; readonly rule: string }): ReactNode {
  const why = useWhy(traceId);
  const dropped = why.data?.decisions.find(({ decision }) => decision === 'dropped');
  const by =
    dropped === undefined
      ? ''
      : dropped.rule === '' || dropped.rule === 'no rule'
        ? ' by no rule'
        : ` by “${dropped.rule}”`;
  return (
    <span className="chip" data-testid="brought-back" title={why.data?.answer}>
      was dropped{by} · brought back {REASONS[rule] ?? ''}
    </span>
  );
}

/** `5 · 2 kept`, and in full for a tooltip. */
function linkedText(trace: TraceResponse): { readonly short: string; readonly long: string } {
  const all = trace.linked_traces ?? [];
  const states = { kept: 0, dropped: 0, unknown: 0 };
  for (const one of all) states[one.state]++;
  const droppedBy = [...new Set(linkedGroups(trace).flatMap((group) => group.droppedBy))];
  return {
    short: `${plural(all.length, 'trace')} · ${states.kept === all.length ? 'all kept' : `${count(states.kept)} kept`}`,
    long: outcome({ ...states, droppedBy }),
  };
}

interface Props {
  readonly trace: TraceResponse;
  readonly cameFrom: string | null;
  readonly onError: () => void;
}

export function TraceHead({ trace, cameFrom, onError }: Props): ReactNode {
  const { summary } = trace;
  const { params, change } = useUrlState();
  const linked = useMemo(() => ((trace.linked_traces?.length ?? 0) > 0 ? linkedText(trace) : null), [trace]);
  const open = (tab: string) => (): void => change({ tab: params.get('tab') === tab ? null : tab }, true);
  const whole = summary.root_present && summary.missing_parents === 0;
  return (
    <header className={s.head}>
      <div className={s.title}>
        <ServiceDot service={summary.root_service} />
        <h1 className="cut">
          <Link href={href(`/services/${encodeURIComponent(summary.root_service)}`)}>
            {summary.root_service || 'no root'}
          </Link>{' '}
          <span className={s.operation}>{summary.root_name}</span>
        </h1>
        {summary.error_count > 0 && (
          <button type="button" className="badge badge-error" onClick={onError} title="Go to the next error (e)">
            ✕ {plural(summary.error_count, 'error')}
          </button>
        )}
        <Link
          href={href('/sampling', { trace: summary.trace_id })}
          className="badge badge-grain"
          title={`Decided ${summary.trigger}; threshold ${summary.threshold}`}
        >
          kept: {summary.rule || 'everything'} ·{' '}
          {summary.weight > 0
            ? `stands for ${plural(summary.weight, 'trace')}`
            : summary.trigger === 'rescue'
              ? 'stands for none'
              : 'weight unknown'}
        </Link>
        {summary.warnings.map((kind) => (
          <button
            key={kind}
            type="button"
            className={`chip warn ${s.warning}`}
            onClick={open('reconstruction')}
            title={`${plural(summary.warning_spans.filter((w) => w.kind === kind).length, 'span')}: ${meaningOfWarning(kind)}`}
          >
            {warningTitle(kind)}
          </button>
        ))}
        {summary.trigger === 'rescue' && <BroughtBack traceId={summary.trace_id} rule={summary.rule} />}
        {isTraceId(cameFrom) && <CameFrom traceId={cameFrom} trace={trace} />}
      </div>
      <div className={s.facts}>
        <CopyText
          text={summary.trace_id}
          shown={`${summary.trace_id.slice(0, 16)}·${summary.trace_id.slice(16)}`}
          label="Copy trace id"
        />
        <Fact name="Started">
          <Time ns={summary.start} />
        </Fact>
        <Fact name="Duration" title="Which operations make traces like this one slow">
          <Link href={href('/critical-path', { root_name: summary.root_name })}>{duration(summary.duration_ns)}</Link>
        </Fact>
        {summary.end_to_end_ns > summary.duration_ns && (
          <Fact name="End to end" title="From the first start to the last end over linked traces">
            {duration(summary.end_to_end_ns)}
          </Fact>
        )}
        {linked !== null && (
          <Fact name="Linked" title={`Traces that led here or followed: ${linked.long}`}>
            <button type="button" className="grain" onClick={open('links')}>
              {linked.short}
            </button>
          </Fact>
        )}
        <Fact name="Spans">{count(summary.span_count)}</Fact>
        <Fact name="Services">{count(trace.services.length)}</Fact>
        <Fact name="Whole" title={whole ? 'The root and every parent are here' : 'Spans are missing'}>
          {whole ? (
            'yes'
          ) : (
            <span className="warn">
              {summary.root_present
                ? `no, ${plural(summary.missing_parents, 'parent')} missing`
                : 'no, the root is missing'}
            </span>
          )}
        </Fact>
        <Fact
          name="Clocks"
          title={summary.hosts
            .map((h) => `${h.host}: ${h.offset_ns === 0 ? 'as they are' : offset(h.offset_ns, h.error_ns)}`)
            .join('\n')}
        >
          <button
            type="button"
            className={summary.hosts.some((h) => h.offset_ns !== 0) ? 'grain' : ''}
            onClick={open('reconstruction')}
          >
            {clocks(summary)}
          </button>
        </Fact>
      </div>
    </header>
  );
}
