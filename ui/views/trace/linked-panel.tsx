// The panel of a row of linked traces: how they are linked, which of them are stored, and the others by name with the reason.
import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { count, duration, signed } from '#ui/shape/format.ts';
import { outcome } from '#ui/shape/linked-traces.ts';
import type { LinkedGroup } from '#ui/shape/linked-traces.ts';
import { href } from '#ui/state/url-state.ts';
import { hueStyle } from '../widgets/service-mark.tsx';
import { Time } from '../widgets/time.tsx';
import { LinkState } from './span-links.tsx';
import s from './span-panel.module.css';

const TRACES_SHOWN = 30;

function sentence(group: LinkedGroup): string {
  const many = group.traces.length > 1;
  if (group.direction === 'upstream')
    return many
      ? 'Spans of this trace link to them: it carries on what they began.'
      : 'A span of this trace links to it: this trace carries on what it began.';
  if (group.hops === 1)
    return many
      ? 'Their spans link to this trace: they carry on what it began.'
      : 'A span of it links to this trace: it carries on what this one began.';
  return `${many ? 'They follow' : 'It follows'} from this trace over ${group.hops} links.`;
}

interface Props {
  readonly group: LinkedGroup;
  readonly hue: number;
  readonly from: string;
  readonly onClose: () => void;
}

export function LinkedPanel({ group, hue, from, onClose }: Props): ReactNode {
  const { time } = group;
  const single = group.traces.length === 1 ? group.traces[0] : undefined;
  return (
    <aside className={s.panel} aria-label="Linked traces" data-testid="linked-panel">
      <div className={s.title}>
        <span className={`hue ${s.bar}`} style={hueStyle(hue)} />
        <h2 className={s.name}>{group.name || 'unknown operation'}</h2>
        <button type="button" className={s.close} onClick={onClose} aria-label="Close linked traces">
          <X size={14} aria-hidden="true" />
        </button>
      </div>
      <p className={s.where}>
        <Link className="link" href={href(`/services/${encodeURIComponent(group.service)}`)}>
          {group.service}
        </Link>
        <span className="dim">{single ? 'linked trace' : `${count(group.traces.length)} linked traces`}</span>
      </p>
      <p className={s.numbers}>
        <span>
          <span className="dim">Began</span> <b>{time ? signed(time.from) : 'unknown'}</b>
        </span>
        {time && (
          <span>
            <span className="dim">{single ? 'Duration' : 'First start to last end'}</span>{' '}
            <b>{duration(time.to - time.from)}</b>
          </span>
        )}
        <span>{outcome(group)}</span>
      </p>
      <p className={s.note}>
        {sentence(group)}
        {single ? ` ${single.reason}` : ''}
      </p>
      <section className={s.section}>
        <h3>
          Traces <span>{count(group.traces.length)}</span>
        </h3>
        {group.traces.slice(0, TRACES_SHOWN).map((one) => (
          <Link
            key={one.trace_id}
            className={s.linkRow}
            href={href(`/trace/${one.trace_id}`, { from })}
            title={one.reason}
          >
            <span className="link mono">{one.trace_id.slice(0, 16)}…</span>
            {one.state === 'kept' ? (
              <span className="dim">
                <Time ns={one.start} /> · {duration(one.duration_ns)}
              </span>
            ) : (
              <LinkState linked={one} />
            )}
          </Link>
        ))}
        {group.traces.length > TRACES_SHOWN && (
          <p>
            <Link className="link" href={href(`/trace/${from}`, { tab: 'links' })}>
              All {count(group.traces.length)} in Links
            </Link>
          </p>
        )}
      </section>
    </aside>
  );
}
