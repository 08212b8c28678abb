// Log records as rows: time, severity, service, body as text; a row opens to its attributes and leads to its trace.
import { useState } from 'react';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { LogRecord } from '#proto/api/logs.ts';
import { readableValue } from '#ui/shape/any-value.ts';
import { visibleLine, visibleName } from '#ui/shape/visible-text.ts';
import { useTimeWords } from '#ui/state/time-reader.ts';
import { href } from '#ui/state/url-state.ts';
import { AttributeList } from './attribute-list.tsx';
import s from './log-list.module.css';
import { LongText } from './long-text.tsx';
import { ServiceDot } from './service-mark.tsx';
import { severityClass, severityName } from './severity.ts';
import { Time } from './time.tsx';

/** Of a time of today; others have their date before it. */
const CLOCK_LETTERS = 12;
/** A closed row shows no more. */
const ONE_LINE = 500;

function LogRow({ log, withTrace }: { readonly log: LogRecord; readonly withTrace: boolean }): ReactNode {
  const [open, setOpen] = useState(false);
  const body = readableValue(log.body_type, log.body) || log.event_name;
  return (
    <li className={s.item}>
      <div className={s.row} data-open={open}>
        <button type="button" className={s.line} aria-expanded={open} onClick={() => setOpen(!open)}>
          <span className="dim">
            <Time ns={log.time} />
          </span>
          <span className={`cut ${severityClass(log.severity)} ${s.severity}`} title={visibleLine(log.severity_text)}>
            {visibleLine(severityName(log.severity, log.severity_text))}
          </span>
          <span className={`cut ${s.service}`}>
            <ServiceDot service={log.service} /> <bdi>{visibleName(log.service)}</bdi>
          </span>
          {!open && <bdi className="cut">{visibleLine(body.slice(0, ONE_LINE))}</bdi>}
        </button>
        {withTrace && log.trace_id !== '' && (
          <Link
            className={`link ${s.trace}`}
            href={href(`/trace/${log.trace_id}`, log.span_id === '' ? {} : { span: log.span_id })}
          >
            trace
          </Link>
        )}
      </div>
      {open && (
        <div className={s.detail}>
          <div className={s.body}>
            <LongText text={readableValue(log.body_type, log.body, true) || log.event_name} />
          </div>
          <AttributeList attributes={log.attributes} filter={false} />
          <h3>Resource</h3>
          <AttributeList attributes={log.resource} />
        </div>
      )}
    </li>
  );
}

export function LogList({
  logs,
  withTrace = true,
}: {
  readonly logs: readonly LogRecord[];
  readonly withTrace?: boolean;
}): ReactNode {
  const { when } = useTimeWords();
  const longest = logs.reduce((most, log) => Math.max(most, when(log.time).length), 0);
  return (
    <ul className={s.list} data-dates={longest > CLOCK_LETTERS} data-testid="logs">
      {logs.map((log, i) => (
        <LogRow key={`${log.time}-${i}`} log={log} withTrace={withTrace} />
      ))}
    </ul>
  );
}
