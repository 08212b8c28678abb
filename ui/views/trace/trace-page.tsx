// One trace: the answer first, then its waterfall, table, logs or JSON.
import { useMemo, useState } from 'react';
import type { ReactNode } from 'react';
import type { QueryOf } from '#ui/load/api.ts';
import { useLogs, useTrace } from '#ui/load/queries.ts';
import { count } from '#ui/shape/format.ts';
import { useUrlState } from '#ui/state/url-state.ts';
import { LinksTab } from './links-tab.tsx';
import { LogList } from '../widgets/log-list.tsx';
import { ReconstructionTab } from './reconstruction-tab.tsx';
import { SpanTable } from './span-table.tsx';
import { Empty, Failed, Loading } from '../widgets/state-message.tsx';
import { NotStored } from './not-stored.tsx';
import { TraceHead } from './trace-head.tsx';
import { TraceJson } from './trace-json.tsx';
import { traceModel } from './trace-model.ts';
import s from './trace-page.module.css';
import { TabList, TabPanel } from '../widgets/tabs.tsx';
import { WaterfallTab } from './waterfall-tab.tsx';

const TABS = ['waterfall', 'table', 'links', 'logs', 'reconstruction', 'json'] as const;
type Tab = (typeof TABS)[number];
const TITLES: Readonly<Record<Tab, string>> = {
  waterfall: 'Waterfall',
  table: 'Table',
  links: 'Links',
  logs: 'Logs',
  reconstruction: 'Reconstruction',
  json: 'JSON',
};
/** Records may be written well before and after the spans: clocks differ and buffers wait. */
const LOG_MARGIN_NS = 3_600_000_000_000n;
const LOGS_SHOWN = 1_000;

export function TracePage({ traceId }: { readonly traceId: string }): ReactNode {
  const { params, change } = useUrlState();
  const answer = useTrace(traceId);
  const raw = params.get('clocks') === 'raw';
  const model = useMemo(() => (answer.data ? traceModel(answer.data, raw) : null), [answer.data, raw]);
  const [jump, setJump] = useState(0);
  const start = BigInt(answer.data?.summary.start ?? '0');
  const logQuery: QueryOf<'logs'> = {
    trace_id: traceId,
    start: String(start < LOG_MARGIN_NS ? 0n : start - LOG_MARGIN_NS),
    end: String(start + BigInt(Math.ceil(answer.data?.summary.duration_ns ?? 0)) + LOG_MARGIN_NS),
    limit: LOGS_SHOWN,
  };
  const logAnswer = useLogs(logQuery, answer.data !== undefined && answer.data !== null);
  const logs = useMemo(
    () =>
      (logAnswer.data?.pages.flatMap((page) => page.logs) ?? []).sort((a, b) =>
        BigInt(a.time) < BigInt(b.time) ? -1 : 1,
      ),
    [logAnswer.data],
  );
  const tab = TABS.find((t) => t === params.get('tab')) ?? 'waterfall';

  if (answer.isError) return <Failed what="The trace" error={answer.error} retry={() => void answer.refetch()} />;
  if (answer.data === null)
    return <NotStored traceId={traceId} cameFrom={params.get('from')} onStored={() => void answer.refetch()} />;
  if (!model || !answer.data) return <Loading rows={14} />;
  const numbers: Partial<Record<Tab, number>> = {
    logs: logs.length,
    links: model.trace.linked_traces?.length ?? 0,
    reconstruction: model.trace.summary.warning_spans.length,
  };
  return (
    <div className={s.page}>
      <TraceHead
        trace={answer.data}
        cameFrom={params.get('from')}
        onError={() => {
          change({ tab: null }, true);
          setJump((n) => n + 1);
        }}
      />
      <TabList
        id="trace"
        label="Views of the trace"
        tabs={TABS.map((key) => ({
          key,
          title: `${TITLES[key]}${numbers[key] ? ` ${count(numbers[key])}` : ''}${key === 'logs' && logAnswer.hasNextPage ? '+' : ''}`,
        }))}
        selected={tab}
        onSelect={(t) => change({ tab: t === 'waterfall' ? null : t }, true)}
      />
      <TabPanel id="trace" selected={tab}>
        {tab === 'waterfall' && <WaterfallTab key={raw ? 'raw' : 'corrected'} model={model} logs={logs} jump={jump} />}
        {tab === 'table' && <SpanTable model={model} />}
        {tab === 'links' && <LinksTab model={model} />}
        {tab === 'reconstruction' && <ReconstructionTab model={model} />}
        {tab === 'logs' &&
          (logAnswer.isError ? (
            <Failed what="Logs" error={logAnswer.error} />
          ) : logs.length > 0 ? (
            <div className={s.pad}>
              {logAnswer.hasNextPage && (
                <p role="status">
                  These are the newest {count(logs.length)} records; there are older ones.{' '}
                  <button
                    type="button"
                    className="button"
                    disabled={logAnswer.isFetchingNextPage}
                    onClick={() => void logAnswer.fetchNextPage()}
                  >
                    Load {count(LOGS_SHOWN)} more
                  </button>
                </p>
              )}
              <LogList logs={logs} withTrace={false} />
            </div>
          ) : (
            <Empty title="No log record of this trace">
              <p>
                Records appear here when they carry its trace id: send logs over OTLP with the SDK’s log bridge, so that
                the active span’s ids go with them.
              </p>
            </Empty>
          ))}
        {tab === 'json' && <TraceJson traceId={traceId} spans={answer.data.span_id.length} />}
      </TabPanel>
    </div>
  );
}
