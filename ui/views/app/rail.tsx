// The rail: an icon per page, with its word where there is room; the mark on top.
import type { ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { href, rangeOnly, useUrlState } from '#ui/state/url-state.ts';
import { PAGES } from './pages.ts';
import s from './rail.module.css';

/** Grains falling through: Winnow's mark. */
function Mark(): ReactNode {
  const grains = [
    [3, 4],
    [8, 4],
    [13, 4],
    [18, 4],
    [8, 9],
    [13, 9],
    [10.5, 14],
    [10.5, 19],
  ] as const;
  return (
    <svg width="21" height="23" viewBox="0 0 21 23" aria-hidden="true" className={s.mark}>
      {grains.map(([x, y]) => (
        <circle key={`${x}-${y}`} cx={x} cy={y} r="1.9" />
      ))}
    </svg>
  );
}

export function Rail(): ReactNode {
  const [path] = useLocation();
  const { params } = useUrlState();
  return (
    <nav className={s.rail} aria-label="Pages">
      <Link href={href('/search')} className={s.brand} aria-label="Winnow, traces">
        <Mark />
      </Link>
      {PAGES.map(({ path: to, label, icon: Icon, also }) => {
        const here = path.startsWith(to) || (also !== undefined && path.startsWith(also));
        return (
          <Link
            key={to}
            href={href(to, rangeOnly(params))}
            className={s.item}
            aria-label={label}
            title={label}
            aria-current={here ? 'page' : undefined}
          >
            <Icon size={16} strokeWidth={1.75} aria-hidden="true" />
            <span className={s.word}>{label}</span>
          </Link>
        );
      })}
    </nav>
  );
}
