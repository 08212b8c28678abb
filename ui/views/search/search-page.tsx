// Traces: filter rail, chips, heatmap with a rectangle to choose, and the list; all of it in the URL.
import { SlidersHorizontal, X } from 'lucide-react';
import { useMemo, useState } from 'react';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useKeptPages } from '#ui/load/kept-pages.ts';
import { useFacets, useHeatmap, useSearch } from '#ui/load/queries.ts';
import { count } from '#ui/shape/format.ts';
import { useRange } from '#ui/state/now.tsx';
import { asksFor, NO_FORMER, partsOf, questionOf, withCondition } from '#ui/state/question.ts';
import { durationCondition, filterQuery, readSelection, selectionText, withSelection } from '#ui/state/trace-filter.ts';
import { href, useUrlState } from '#ui/state/url-state.ts';
import type { Patch } from '#ui/state/url-state.ts';
import { Differences } from './differences.tsx';
import { FacetRail } from './facets.tsx';
import { Heatmap } from './heatmap.tsx';
import s from './search-page.module.css';
import { Empty, Failed, Loading } from '../widgets/state-message.tsx';
import { TraceTable } from './trace-table.tsx';

export function SearchPage(): ReactNode {
  const { params, change } = useUrlState();
  const range = useRange();
  const [railOpen, setRailOpen] = useState(false);
  const filter = useMemo(() => filterQuery(params, range), [params, range]);
  const selection = useMemo(() => readSelection(params), [params]);
  const narrowed = useMemo(() => withSelection(filter, selection), [filter, selection]);
  const sort = params.get('sort') === 'slowest' ? 'slowest' : 'newest';

  const whole = useSearch({ ...filter, sort });
  const chosen = useSearch({ ...narrowed, sort });
  const heatmap = useHeatmap(filter);
  const facets = useFacets(filter);
  const chosenFacets = useFacets(narrowed, selection !== null);
  const result = selection ? chosen : whole;
  const pages = useKeptPages(
    result,
    JSON.stringify([{ ...narrowed, start: '', end: '' }, sort, range.relative ?? range, selection]),
  );
  const traces = pages.flatMap((page) => page.traces);
  const total = pages[0]?.total;
  const question = questionOf(params);
  const found = partsOf(question);
  const ask = (q: string, more: Patch = {}): void => change({ ...NO_FORMER, q, sel: null, ...more });
  return (
    <div className={s.page}>
      <h1 className="hidden-label">Traces</h1>
      <aside className={s.rail} data-open={railOpen} aria-label="Filters">
        <FacetRail facets={facets.data} filter={filter} />
      </aside>
      <div className={s.content}>
        <div className={s.head}>
          <button
            type="button"
            className={`chip ${s.filters}`}
            aria-pressed={railOpen}
            onClick={() => setRailOpen(!railOpen)}
          >
            <SlidersHorizontal size={12} aria-hidden="true" /> Filters
          </button>
          {found.map((chip) => (
            <button
              key={chip.text}
              type="button"
              className="chip"
              onClick={() => ask(chip.without)}
              title="Remove this condition"
            >
              <span className={`cut mono ${s.chipText}`}>{chip.text}</span> <X size={11} aria-hidden="true" />
            </button>
          ))}
          <DurationFilter />
          {total && (
            <p className={s.total} data-testid="total" role="status">
              {total.spans.kept !== total.kept && question !== '' && (
                <>
                  <b>{count(total.spans.kept)}</b> {total.spans.kept === 1 ? 'span' : 'spans'} in{' '}
                </>
              )}
              <b>{count(total.kept)}</b> kept traces stand for{' '}
              <b>
                {count(total.stands_for)}
                {total.standard_error > 0 && ` ± ${count(Math.round(total.standard_error))}`}
              </b>
            </p>
          )}
        </div>
        <Heatmap
          answer={heatmap.data}
          selection={selection}
          onSelect={(next) => change({ sel: next ? selectionText(next) : null })}
        />
        {selection && (
          <Differences
            chosen={chosenFacets.data}
            all={facets.data}
            chosenTotal={chosen.data?.pages[0]?.total}
            allTotal={whole.data?.pages[0]?.total}
            onFilter={(condition) => ask(withCondition(question, condition))}
          >
            <button
              type="button"
              className="chip"
              onClick={() =>
                ask(withCondition(question, durationCondition(selection)), {
                  start: selection.startNs,
                  end: selection.endNs,
                  range: null,
                })
              }
            >
              Make it the filter
            </button>
            <button type="button" className="chip" onClick={() => change({ sel: null })}>
              Clear
            </button>
          </Differences>
        )}
        {result.isError && traces.length === 0 ? (
          <Failed what="Traces" error={result.error} retry={() => void result.refetch()} />
        ) : result.isPending ? (
          <Loading rows={12} />
        ) : traces.length === 0 ? (
          <NothingFound filtered={question !== '' || selection !== null} label={range.label} />
        ) : (
          <TraceTable traces={traces} sort={sort} />
        )}
        {result.hasNextPage && (
          <button
            type="button"
            className={`button ${s.more}`}
            disabled={result.isFetchingNextPage}
            onClick={() => void result.fetchNextPage()}
          >
            {result.isFetchingNextPage
              ? 'Loading…'
              : `More (${count(traces.length)} of ${count(total?.kept ?? traces.length)})`}
          </button>
        )}
      </div>
    </div>
  );
}

const DURATIONS = [
  ['100ms', '> 100 ms'],
  ['500ms', '> 500 ms'],
  ['1s', '> 1 s'],
  ['5s', '> 5 s'],
] as const;

function DurationFilter(): ReactNode {
  const { params, change } = useUrlState();
  const question = questionOf(params);
  return (
    <label className={`chip ${s.duration}`}>
      <span className="hidden-label">Least duration</span>
      <select
        value=""
        onChange={(event) =>
          change({ ...NO_FORMER, q: withCondition(question, `trace.duration>${event.target.value}`) })
        }
      >
        <option value="">+ duration</option>
        {DURATIONS.map(([value, label]) => (
          <option key={value} value={value} disabled={asksFor(question, `trace.duration>${value}`)}>
            {label}
          </option>
        ))}
      </select>
    </label>
  );
}

function NothingFound({ filtered, label }: { readonly filtered: boolean; readonly label: string }): ReactNode {
  const { change } = useUrlState();
  if (!filtered) {
    return (
      <Empty title="No traces yet">
        <p>
          Kept traces of this range ({label.toLowerCase()}) appear here a few seconds after their last span. Send OTLP
          to port 4317 (gRPC) or 4318 (HTTP), or run <code>npm run demo</code>.
        </p>
        <p>
          Spans arrive and nothing is kept?{' '}
          <Link className="link" href={href('/sampling')}>
            The ledger
          </Link>{' '}
          says where every one of them went.
        </p>
      </Empty>
    );
  }
  return (
    <Empty title="No kept trace matches">
      <p>
        Traces like these may have been sampled out: their counts live on in the{' '}
        <Link className="link" href={href('/services')}>
          RED numbers of services
        </Link>
        , and{' '}
        <Link className="link" href={href('/sampling')}>
          Sampling
        </Link>{' '}
        says which rule let a trace id go.
      </p>
      <button type="button" className="button" onClick={() => change({ ...NO_FORMER, q: null, sel: null })}>
        Remove all filters
      </button>
    </Empty>
  );
}
