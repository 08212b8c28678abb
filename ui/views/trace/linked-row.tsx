// A row below the spans: linked traces of one kind, and the way to them.
import { memo } from 'react';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { linkedLabel } from '#ui/draw/draw-linked.ts';
import { count } from '#ui/shape/format.ts';
import type { LinkedGroup } from '#ui/shape/linked-traces.ts';
import { href } from '#ui/state/url-state.ts';
import { hueStyle } from '../widgets/service-mark.tsx';
import s from './waterfall.module.css';

interface Props {
  readonly index: number;
  readonly id: string;
  readonly top: number;
  readonly nameWidth: number;
  readonly indent: number;
  readonly group: LinkedGroup;
  readonly hue: number;
  /** The trace at hand: the way back. */
  readonly from: string;
  readonly selected: boolean;
  readonly onSelect: (index: number) => void;
}

/** `→`: this trace links there; `←`: it links here. */
export function directionMark(direction: LinkedGroup['direction']): string {
  return direction === 'upstream' ? '→' : '←';
}

export const LinkedRow = memo(function LinkedRow({
  index,
  id,
  top,
  nameWidth,
  indent,
  group,
  hue,
  from,
  selected,
  onSelect,
}: Props): ReactNode {
  const only = group.traces.length === 1 ? group.traces[0] : undefined;
  const title = group.name || (only?.trace_id.slice(0, 16) ?? '');
  const text = (
    <>
      <span className="dim">{group.service || 'unknown service'}</span> {title}
    </>
  );
  const direction =
    group.direction === 'upstream'
      ? 'this trace links to it'
      : group.hops === 1
        ? 'it links to this trace'
        : `it follows from this trace, ${group.hops} links away`;
  return (
    <div
      id={id}
      className={s.row}
      style={{ transform: `translateY(${top}px)` }}
      role="treeitem"
      aria-level={1}
      aria-selected={selected}
      aria-label={`${group.service || 'unknown service'} ${title} ${directionMark(group.direction)} ${only ? 'linked trace' : `×${count(group.traces.length)} linked traces`}, ${linkedLabel(group)}`}
      onClick={() => onSelect(index)}
    >
      <div className={s.name} style={{ width: nameWidth, paddingLeft: indent }}>
        <span className={s.caret} />
        <span className={`hue ${s.bar}`} style={hueStyle(hue)} />
        {only ? (
          <Link
            className={`cut ${s.label}`}
            href={href(`/trace/${only.trace_id}`, { from })}
            title={`${group.service} ${group.name}: ${only.reason} Click to go there.`}
            onClick={(event) => event.stopPropagation()}
          >
            {text}
          </Link>
        ) : (
          <span className={`cut ${s.label}`} title={`${group.service} ${group.name}`}>
            {text}
          </span>
        )}
        <span className="tag" title={direction}>
          {directionMark(group.direction)} {only ? 'linked trace' : `×${count(group.traces.length)} linked`}
        </span>
      </div>
    </div>
  );
});
