// A trace that is not stored: why, what is to come of it, and what stands for it. What is buffered shows, and turns into the trace by itself.
import { useEffect, useState } from 'react';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { Answer } from '#ui/load/api.ts';
import { useRescue, useWhyNotStored } from '#ui/load/rescue.ts';
import { count, duration, plural } from '#ui/shape/format.ts';
import { questionWhere } from '#ui/state/question.ts';
import { href } from '#ui/state/url-state.ts';
import { ServiceDot } from '../widgets/service-mark.tsx';
import { Empty, Failed } from '../widgets/state-message.tsx';
import s from './not-stored.module.css';
import { CameFrom, isTraceId } from './trace-head.tsx';

type Why = Answer<'why'>;
type Buffered = NonNullable<NonNullable<Why['collector']>['buffered']>;

const TITLES: Readonly<Record<Why['state'], string>> = {
  pending: 'This trace is still being received',
  kept: 'This trace is on its way to the store',
  dropped: 'This trace was not kept',
  refused: 'The spans of this trace were refused',
  expired: 'This trace is past its retention',
  'never seen': 'No span of this trace has come',
};

interface Props {
  readonly traceId: string;
  readonly cameFrom: string | null;
  /** Something of it is stored by now. */
  readonly onStored: () => void;
}

export function NotStored({ traceId, cameFrom, onStored }: Props): ReactNode {
  const [isBack, setBack] = useState(false);
  const asked = useWhyNotStored(traceId, isBack);
  const why = asked.data;
  const rescue = useRescue(traceId, why?.state === 'dropped' && why.collector?.rescuable === true);
  const isFound = rescue.data?.trace_ids.includes(traceId) === true;
  useEffect(() => {
    if (isFound) setBack(true);
  }, [isFound]);
  const isStored = why !== undefined && why.stored !== null;
  useEffect(() => {
    if (isStored) onStored();
    // Each answer that says so asks for the trace once.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [isStored, asked.dataUpdatedAt]);
  if (asked.isError)
    return <Failed what="Why this trace is not here" error={asked.error} retry={() => void asked.refetch()} />;
  const dropped = why?.decisions.find(({ decision }) => decision === 'dropped');
  const isComing = isBack || (why?.state === 'dropped' && rescue.isFetching);
  const title =
    why === undefined ? 'This trace is not stored' : isComing ? 'Bringing this trace back' : TITLES[why.state];
  return (
    <Empty page title={title}>
      <p className="mono">{traceId}</p>
      {isTraceId(cameFrom) && <CameFrom traceId={cameFrom} />}
      <p>{why?.answer ?? 'Asking why…'}</p>
      {isComing && <p>Its spans are in the rescue ring: in a moment they are stored and shown here.</p>}
      {why?.collector?.buffered != null && !isComing && <BufferedSpans buffered={why.collector.buffered} />}
      {dropped !== undefined && !isComing && (
        <p>
          <Link
            className="link"
            href={href('/search', {
              q: questionWhere({ 'root.service': dropped.root_service, 'root.name': dropped.root_name }),
            })}
          >
            Kept traces of {dropped.root_service} {dropped.root_name}
          </Link>{' '}
          stand for it.
        </p>
      )}
      <p>
        <Link className="link" href={href('/sampling', { trace: traceId })}>
          What the rules say
        </Link>
      </p>
    </Empty>
  );
}

function BufferedSpans({ buffered: { spans, first_spans: shown } }: { readonly buffered: Buffered }): ReactNode {
  const first = shown.reduce(
    (least, { start }) => (BigInt(start) < least ? BigInt(start) : least),
    BigInt(shown[0]?.start ?? '0'),
  );
  return (
    <>
      <p>
        {plural(spans, 'span')} so far{spans > shown.length && `, of which these ${count(shown.length)} came first`}.
        This page shows the trace as soon as it is decided and kept.
      </p>
      <table className={s.spans} data-testid="buffered">
        <thead>
          <tr>
            <th>Span</th>
            <th>Begins</th>
            <th>Duration</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((span, i) => (
            <tr key={`${span.span_id} ${i}`}>
              <td>
                <ServiceDot service={span.service} /> {span.service} <b>{span.name}</b>
                {span.status === 2 && <span className="error"> ✕ error</span>}
              </td>
              <td className="mono">+{duration(Number(BigInt(span.start) - first))}</td>
              <td className="mono">{duration(span.duration_ns)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
