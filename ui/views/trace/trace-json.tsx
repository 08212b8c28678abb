// The trace in full as JSON, to read, copy and save.
import type { ReactNode } from 'react';
import { useMemo } from 'react';
import { useFullTrace } from '#ui/load/queries.ts';
import { count } from '#ui/shape/format.ts';
import s from './trace-page.module.css';
import { Failed, Loading } from '../widgets/state-message.tsx';
import { CopyText } from './trace-head.tsx';
import { basePath } from '#ui/load/base-path.ts';

/** Larger traces are for a file, not for a page. */
const SHOWN_SPANS = 5_000;
const SHOWN_CHARACTERS = 400_000;

export function TraceJson({ traceId, spans }: { readonly traceId: string; readonly spans: number }): ReactNode {
  const small = spans <= SHOWN_SPANS;
  const answer = useFullTrace(traceId, small);
  const text = useMemo(() => (answer.data ? JSON.stringify(answer.data, null, 2) : ''), [answer.data]);
  const path = `/api/traces/${traceId}/full`;
  return (
    <div className={s.pad}>
      <p>
        <a className="link" href={basePath() + path} download={`${traceId}.json`}>
          Save all {count(spans)} spans
        </a>{' '}
        <CopyText
          text={`curl '${window.location.origin}${basePath()}${path}'`}
          shown="curl"
          label="Copy a curl command"
        />
      </p>
      {answer.isError && <Failed what="The trace in full" error={answer.error} />}
      {small && answer.isPending && <Loading />}
      {!small && <p className="dim">Too many spans to show here as text; the file holds all of them.</p>}
      <pre className="mono">{text.slice(0, SHOWN_CHARACTERS)}</pre>
      {text.length > SHOWN_CHARACTERS && <p className="dim">Cut here; the file holds the rest.</p>}
    </div>
  );
}
