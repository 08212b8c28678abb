// A log record as a row below its span: severity and body in one line, its time as a dot.
import { memo } from 'react';
import type { ReactNode } from 'react';
import type { LogRecord } from '#proto/api/logs.ts';
import { readableValue } from '#ui/shape/any-value.ts';
import { visibleLine } from '#ui/shape/visible-text.ts';
import { severityClass, severityName } from '../widgets/severity.ts';
import s from './waterfall.module.css';

/** `at`: ns from the trace's start, by the corrected clock. */
export interface SpanLog {
  readonly at: number;
  readonly log: LogRecord;
}

/** A row shows no more. */
const ONE_LINE = 300;

interface Props {
  readonly index: number;
  readonly top: number;
  readonly indent: number;
  readonly depth: number;
  readonly nameWidth: number;
  readonly log: LogRecord;
  readonly onSelect: (index: number) => void;
}

export const LogRow = memo(function LogRow({ index, top, indent, depth, nameWidth, log, onSelect }: Props): ReactNode {
  const severity = visibleLine(severityName(log.severity, log.severity_text));
  const body = visibleLine(readableValue(log.body_type, log.body).slice(0, ONE_LINE) || log.event_name);
  return (
    <div
      id={`row-${index}`}
      className={s.row}
      style={{ transform: `translateY(${top}px)` }}
      role="treeitem"
      aria-level={depth + 2}
      aria-selected={false}
      onClick={() => onSelect(index)}
    >
      <div className={s.log} style={{ width: nameWidth, paddingLeft: indent }} title={body}>
        <span className={`${severityClass(log.severity)} ${s.severity}`}>{severity}</span>{' '}
        <bdi className="cut">{body}</bdi>
      </div>
    </div>
  );
});
