// The RED cells that services and operations share: rate, errors, quantiles; the share of errors is red only when there are errors.
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { Red } from '#proto/api/services.ts';
import { count, milliseconds, percent, rate } from '#ui/shape/format.ts';
import { atLeast, withErrors } from '#ui/state/doors.ts';
import { href } from '#ui/state/url-state.ts';
import s from '../widgets/page.module.css';

const RED_COLUMNS = [
  ['calls', 'Calls'],
  ['per_second', 'Rate'],
  ['errors', 'Errors'],
  ['p50_ms', 'p50'],
  ['p95_ms', 'p95'],
  ['p99_ms', 'p99'],
] as const;
export type RedColumn = (typeof RED_COLUMNS)[number][0];

export function redColumn(text: string | null): RedColumn {
  return RED_COLUMNS.find(([key]) => key === text)?.[0] ?? 'calls';
}

export function byRed<T extends Red>(rows: readonly T[], column: RedColumn): T[] {
  return rows.toSorted((a, b) => (b[column] ?? -1) - (a[column] ?? -1));
}

export function RedHeads({
  by,
  onSort,
}: {
  readonly by: RedColumn;
  readonly onSort: (column: RedColumn) => void;
}): ReactNode {
  return RED_COLUMNS.map(([key, title]) => (
    <th
      key={key}
      className={`num ${key === 'calls' || key === 'p50_ms' || key === 'p99_ms' ? s.optional : ''}`}
      aria-sort={by === key ? 'descending' : 'none'}
    >
      <button type="button" className={by === key ? s.sorted : undefined} onClick={() => onSort(key)}>
        {title}
        {by === key ? ' ↓' : ''}
      </button>
    </th>
  ));
}

/** @param question of the spans that these numbers count */
export function RedCells({ red, question }: { readonly red: Red; readonly question: string }): ReactNode {
  const share = red.calls > 0 ? red.errors / red.calls : 0;
  const slower = (ms: number | null): ReactNode =>
    ms === null ? (
      <span className="dim">–</span>
    ) : (
      <Link
        href={href('/search', { q: atLeast(question, Number(ms.toPrecision(3))), sort: 'slowest' })}
        title="Kept spans at least this slow"
      >
        {milliseconds(ms)}
      </Link>
    );
  return (
    <>
      <td className={`num ${s.optional}`}>
        <Link href={href('/search', { q: question })} title="Those that were kept">
          {count(red.calls)}
        </Link>
      </td>
      <td className="num">{rate(red.per_second)}</td>
      <td className="num">
        {red.errors === 0 ? (
          <span className="dim">0</span>
        ) : (
          <Link
            className="error"
            href={href('/search', { q: withErrors(question) })}
            title={`${count(red.errors)} of ${count(red.calls)} calls: those that were kept`}
          >
            {percent(share)}
          </Link>
        )}
      </td>
      <td className={`num ${s.optional}`}>{slower(red.p50_ms)}</td>
      <td className="num">{slower(red.p95_ms)}</td>
      <td className={`num ${s.optional}`}>{slower(red.p99_ms)}</td>
    </>
  );
}
