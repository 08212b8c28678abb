// Logs: words, severity and service over time, each record with the way to its trace.
import { useState } from 'react';
import type { ReactNode } from 'react';
import { useKeptPages } from '#ui/load/kept-pages.ts';
import { useLogs, useServices } from '#ui/load/queries.ts';
import { plural } from '#ui/shape/format.ts';
import { useRange } from '#ui/state/now.tsx';
import { useUrlState } from '#ui/state/url-state.ts';
import { LogHistogram } from './log-histogram.tsx';
import { LogList } from '../widgets/log-list.tsx';
import s from './logs-page.module.css';
import page from '../widgets/page.module.css';
import { SEVERITIES } from '../widgets/severity.ts';
import { Empty, Failed, Loading } from '../widgets/state-message.tsx';

export function LogsPage(): ReactNode {
  const { params, change } = useUrlState();
  const range = useRange();
  const time = { start: range.startNs, end: range.endNs };
  const services = useServices(time).data?.services.map((x) => x.service) ?? [];
  const service = params.get('service') ?? '';
  const severity = params.get('min_severity') ?? '';
  const q = params.get('q') ?? '';
  const traceId = params.get('trace_id') ?? '';
  const attributes = params.getAll('attr');
  const asked = { service, min_severity: severity, q, trace_id: traceId, attr: attributes };
  const answer = useLogs({ ...time, ...asked });
  const pages = useKeptPages(answer, JSON.stringify([asked, range.relative ?? time]));
  const logs = pages.flatMap((x) => x.logs);
  const histogram = pages[0]?.histogram ?? [];
  const [words, setWords] = useState(q);
  const filtered = service !== '' || severity !== '' || q !== '' || traceId !== '' || attributes.length > 0;
  return (
    <div className={page.page}>
      <h1 className="hidden-label">Logs</h1>
      <form
        className={page.head}
        onSubmit={(event) => {
          event.preventDefault();
          change({ q: words.trim() === '' ? null : words.trim() });
        }}
      >
        <label className={`field ${s.words}`}>
          <span className="hidden-label">Words or conditions</span>
          <input
            value={words}
            onChange={(event) => setWords(event.target.value)}
            placeholder="Words, or conditions as user.id=42 not timeout"
            spellCheck={false}
          />
        </label>
        <label className={`field ${s.select}`}>
          <span className="hidden-label">Service</span>
          <select
            value={service}
            onChange={(event) => change({ service: event.target.value === '' ? null : event.target.value })}
          >
            <option value="">All services</option>
            {service !== '' && !services.includes(service) && <option value={service}>{service}</option>}
            {services.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <div className={s.levels} role="group" aria-label="Least severity">
          {SEVERITIES.map(([least, name]) => (
            <button
              key={name}
              type="button"
              className="chip"
              aria-pressed={String(least) === (severity === '' ? '0' : severity)}
              onClick={() => change({ min_severity: least === 0 ? null : String(least) })}
            >
              {name}
            </button>
          ))}
        </div>
        {traceId !== '' && (
          <button type="button" className="chip" onClick={() => change({ trace_id: null })}>
            trace {traceId.slice(0, 8)}… ✕
          </button>
        )}
        {attributes.map((a) => (
          <button
            key={a}
            type="button"
            className="chip"
            onClick={() => change({ attr: attributes.filter((x) => x !== a) })}
          >
            {a} ✕
          </button>
        ))}
      </form>
      <LogHistogram
        bins={histogram}
        startNs={range.startNs}
        endNs={range.endNs}
        onRange={(start, end) => change({ start, end, range: null })}
      />
      {answer.isError && logs.length === 0 ? (
        <Failed what="Logs" error={answer.error} retry={() => void answer.refetch()} />
      ) : answer.isPending ? (
        <Loading rows={14} />
      ) : logs.length === 0 ? (
        <Empty title={filtered ? 'No record matches' : 'No log records yet'}>
          {filtered ? (
            <>
              <p>
                All conditions and words must be met, and the records of traces that were sampled out go with them.
                Widen the range or take a filter away.
              </p>
              <button
                type="button"
                className="button"
                onClick={() => {
                  setWords('');
                  change({ q: null, service: null, min_severity: null, trace_id: null, attr: null });
                }}
              >
                Remove all filters
              </button>
            </>
          ) : (
            <p>
              Send logs over OTLP to port 4317 (gRPC) or 4318 (HTTP). With the SDK’s log bridge they carry trace and
              span ids and appear in the waterfall as well.
            </p>
          )}
        </Empty>
      ) : (
        <>
          <p className={`dim ${s.count}`} role="status">
            {plural(
              histogram.reduce((sum, b) => sum + b.records, 0),
              'record',
            )}{' '}
            in the range, newest first
          </p>
          <LogList logs={logs} />
          {answer.hasNextPage && (
            <button
              type="button"
              className={`button ${s.more}`}
              disabled={answer.isFetchingNextPage}
              onClick={() => void answer.fetchNextPage()}
            >
              {answer.isFetchingNextPage ? 'Loading…' : 'Older'}
            </button>
          )}
        </>
      )}
    </div>
  );
}
