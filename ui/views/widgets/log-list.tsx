// Log records as rows: time, severity, service, body as text; a row opens to its attributes and leads to its trace.
import { useState } from 'react';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { LogRecord } from '#proto/api/logs.ts';
import { href } from '#ui/state/url-state.ts';
import { AttributeList } from './attribute-list.tsx';
import s from './log-list.module.css';
import { ServiceDot } from './service-mark.tsx';
import { severityClass, severityName } from './severity.ts';
import { Time } from './time.tsx';

function LogRow({ log, withTrace }: { readonly log: LogRecord; readonly withTrace: boolean }): ReactNode {
  const [open, setOpen] = useState(false);
  return (
    <li className={s.item}>
      <div className={s.row} data-open={open}>
        <button type="button" className={s.line} aria-expanded={open} onClick={() => setOpen(!open)}>
          <span className="dim">
            <Time ns={log.time} />
          </span>
          <span className={`${severityClass(log.severity)} ${s.severity}`}>
            {severityName(log.severity, log.severity_text)}
          </span>
          <span className={`cut ${s.service}`}>
            <ServiceDot service={log.service} /> {log.service}
          </span>
          <span className={open ? s.body : 'cut'}>{log.body || log.event_name}</span>
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
  return (
    <ul className={s.list} data-testid="logs">
      {logs.map((log, i) => (
        <LogRow key={`${log.time}-${i}`} log={log} withTrace={withTrace} />
      ))}
    </ul>
  );
}
