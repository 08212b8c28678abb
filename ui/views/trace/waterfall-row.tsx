// The text of one row: caret, service, operation, badges, and the duration where it has no place beside its bar.
import { memo } from 'react';
import type { ReactNode } from 'react';
import { count } from '#ui/shape/format.ts';
import { meaningOfWarning, warningTitle } from '#ui/shape/warning-words.ts';
import { hueStyle } from '../widgets/service-mark.tsx';
import s from './waterfall.module.css';

export interface RowText {
  readonly index: number;
  readonly id: string;
  readonly top: number;
  readonly nameWidth: number;
  readonly indent: number;
  readonly depth: number;
  readonly service: string;
  readonly name: string;
  readonly hue: number;
  /** A stand-in for a span that never came. */
  readonly missing: boolean;
  readonly error: boolean;
  readonly errorBelow: boolean;
  readonly folded: number;
  readonly hidden: number;
  readonly expanded: boolean | null;
  readonly selected: boolean;
  readonly match: boolean;
  readonly links: number;
  readonly inbound: number;
  /** Kinds of warnings, comma between; '' for none. */
  readonly warnings: string;
  readonly durationText: string;
  readonly showDuration: boolean;
  readonly onSelect: (index: number) => void;
  readonly onToggle: (index: number) => void;
}

const links = (n: number): string => `${count(n)} link${n === 1 ? '' : 's'}`;

/** What the row shows, in its order, then what it shows by colour or place alone. */
function nameOf(row: RowText): string {
  const shown = [
    `${row.service} ${row.name}`,
    ...(row.showDuration ? [row.durationText] : []),
    ...(row.folded > 0 ? [`×${count(row.folded)}`] : []),
    ...(row.hidden > 0 ? [`+${count(row.hidden)}`] : []),
    ...(row.warnings === '' ? [] : row.warnings.split(',').map(warningTitle)),
    ...(row.links > 0 ? [links(row.links)] : []),
    ...(row.inbound > 0 ? [count(row.inbound)] : []),
    ...(row.showDuration ? [] : [row.durationText]),
    ...(row.error ? ['error'] : []),
    ...(row.folded > 0 && row.errorBelow ? ['errors among them'] : []),
  ];
  return shown.join(', ');
}

export const WaterfallRow = memo(function WaterfallRow(row: RowText): ReactNode {
  return (
    <div
      id={row.id}
      className={s.row}
      style={{ transform: `translateY(${row.top}px)` }}
      role="treeitem"
      aria-level={row.depth + 1}
      aria-selected={row.selected}
      aria-expanded={row.expanded ?? undefined}
      aria-label={nameOf(row)}
      onClick={() => row.onSelect(row.index)}
      onDoubleClick={() => row.onToggle(row.index)}
    >
      <div className={s.name} style={{ width: row.nameWidth, paddingLeft: row.indent }}>
        {row.expanded === null ? (
          <span className={s.caret} />
        ) : (
          <button
            type="button"
            tabIndex={-1}
            className={s.caret}
            aria-label={row.expanded ? 'Collapse' : 'Expand'}
            onClick={(event) => {
              event.stopPropagation();
              row.onToggle(row.index);
            }}
          >
            {row.expanded ? '▾' : '▸'}
          </button>
        )}
        <span className={row.missing ? `${s.bar} ${s.missing}` : `hue ${s.bar}`} style={hueStyle(row.hue)} />
        <span className={`cut ${s.label}`} title={`${row.service} ${row.name}`}>
          <bdi className={`cut ${s.service} ${row.missing ? 'warn' : 'dim'}`}>{row.service}</bdi>{' '}
          <bdi
            className={`cut ${s.operation} ${row.missing ? 'dim' : ''} ${row.error ? 'error' : ''} ${row.match ? s.match : ''}`}
          >
            {row.name}
          </bdi>
        </span>
        {row.showDuration && <span className={s.time}> {row.durationText} </span>}
        {row.error && (
          <span className="error" title="This span failed">
            ✕
          </span>
        )}
        {row.errorBelow && (
          <span
            className={`error ${s.below}`}
            title={row.folded > 0 ? 'Some of them failed; e leads there' : 'Hidden spans below failed'}
          >
            ✕
          </span>
        )}
        {row.folded > 0 && (
          <button
            type="button"
            tabIndex={-1}
            className={`tag ${s.run}`}
            title={`${count(row.folded)} alike in a row, ${row.durationText}; ${row.expanded ? 'fold them' : 'open to see each'} (r: all runs)`}
            onClick={(event) => {
              event.stopPropagation();
              row.onToggle(row.index);
            }}
          >
            ×{count(row.folded)}
          </button>
        )}
        {row.hidden > 0 && <span className={s.hidden}>+{count(row.hidden)}</span>}
        {row.warnings !== '' && (
          <span
            className={`warn ${s.warning}`}
            title={row.warnings
              .split(',')
              .map((kind) => `${warningTitle(kind)}: ${meaningOfWarning(kind)}`)
              .join('\n')}
          >
            ⚠ {row.warnings.split(',').map(warningTitle).join(', ')}
          </span>
        )}
        {row.links > 0 && (
          <span className="tag" title="Links to spans elsewhere: choose the row to see them">
            → {links(row.links)}
          </span>
        )}
        {row.inbound > 0 && (
          <span className="tag" title="Spans elsewhere link here: choose the row to see them">
            ← {count(row.inbound)}
          </span>
        )}
      </div>
    </div>
  );
});
