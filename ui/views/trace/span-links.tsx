// The links of one span, both ways: what is at the other end, whether it is stored, and if not, which rule dropped it.
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { InboundLink, LinkedTrace, SpanDetail } from '#proto/api/trace.ts';
import { count, duration, msOfNs } from '#ui/shape/format.ts';
import { href, useUrlState } from '#ui/state/url-state.ts';
import { ServiceDot } from '../widgets/service-mark.tsx';
import s from './span-panel.module.css';

/** A batch consumer may link to thousands; the Links tab has all traces. */
const LINKS_SHOWN = 20;
const RANK: Readonly<Record<LinkedTrace['state'], number>> = { kept: 0, dropped: 1, unknown: 2 };

interface End {
  readonly key: string;
  readonly mark: '→' | '←';
  readonly traceId: string;
  readonly spanId: string;
  readonly service: string;
  readonly name: string;
  readonly lag: string;
  readonly linked: LinkedTrace | undefined;
}

/** `sampled out: the rest`; nothing for a stored trace: its link says enough. */
export function LinkState({ linked }: { readonly linked: LinkedTrace | undefined }): ReactNode {
  if (!linked || linked.state === 'kept') return null;
  return (
    <span className="dim" title={linked.reason}>
      {linked.state === 'dropped' ? `sampled out: ${linked.rule || 'no rule'}` : 'not known'}
    </span>
  );
}

interface Props {
  readonly detail: SpanDetail;
  readonly inbound: readonly InboundLink[];
  readonly linkedById: ReadonlyMap<string, LinkedTrace>;
}

export function SpanLinks({ detail, inbound, linkedById }: Props): ReactNode {
  const { params } = useUrlState();
  const outward = detail.links.map((link, i): End => {
    const linked = linkedById.get(link.trace_id);
    return {
      key: `${i}`,
      mark: '→',
      traceId: link.trace_id,
      spanId: link.span_id,
      service: linked?.root_service ?? '',
      name: linked?.root_name ?? '',
      lag: '',
      linked,
    };
  });
  outward.sort((a, b) => (a.linked ? RANK[a.linked.state] : 3) - (b.linked ? RANK[b.linked.state] : 3));
  const inward = inbound.map((link, i): End => ({
    key: `in${i}`,
    mark: '←',
    traceId: link.source_trace_id,
    spanId: link.source_span_id,
    service: link.source_service,
    name: link.source_name,
    lag: `lag ${duration((msOfNs(link.source_start) - msOfNs(detail.end)) * 1e6)}`,
    linked: linkedById.get(link.source_trace_id),
  }));
  const ends = [...inward.slice(0, LINKS_SHOWN), ...outward.slice(0, LINKS_SHOWN)];
  const more = inward.length + outward.length - ends.length;
  return (
    <>
      {ends.map((end) => (
        <Link
          key={end.key}
          className={s.linkRow}
          href={href(`/trace/${end.traceId}`, { span: end.spanId, from: detail.trace_id })}
          title={end.linked?.reason}
        >
          <span className="grain">{end.mark}</span>
          <ServiceDot service={end.service} />
          <span className="link cut">
            {end.service === '' ? (
              <span className="mono">{end.traceId.slice(0, 16)}…</span>
            ) : (
              `${end.service} · ${end.name}`
            )}
          </span>
          {end.linked && end.linked.state !== 'kept' ? (
            <LinkState linked={end.linked} />
          ) : (
            <span className="dim">{end.lag}</span>
          )}
        </Link>
      ))}
      {more > 0 && (
        <p>
          <Link className="link" href={href(`/trace/${detail.trace_id}`, { tab: 'links', from: params.get('from') })}>
            {count(more)} more in Links
          </Link>
        </p>
      )}
    </>
  );
}
