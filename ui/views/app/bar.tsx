// The bar above every page: one box for whatever is in hand, the time range, Live, light and dark.
import { ChevronDown, Moon, RotateCw, Sun } from 'lucide-react';
import type { ReactNode } from 'react';
import { useNow, useRange } from '#ui/state/now.tsx';
import { useTheme } from '#ui/state/theme.ts';
import { RANGES } from '#ui/state/time-range.ts';
import { useUrlState } from '#ui/state/url-state.ts';
import s from './bar.module.css';
import { Omnibox } from './omnibox.tsx';

function RangePicker(): ReactNode {
  const range = useRange();
  const { refresh } = useNow();
  const { change } = useUrlState();
  const known = RANGES.some((r) => r.key === range.relative);
  return (
    <label className={`field ${s.range}`}>
      <span className="hidden-label">Time range</span>
      <select
        value={range.relative ?? 'fixed'}
        onChange={(event) => {
          refresh();
          change({ range: event.target.value, start: null, end: null, sel: null });
        }}
      >
        {!known && <option value={range.relative ?? 'fixed'}>{range.label}</option>}
        {RANGES.map((r) => (
          <option key={r.key} value={r.key}>
            {r.label}
          </option>
        ))}
      </select>
      <ChevronDown size={12} aria-hidden="true" className={s.caret} />
    </label>
  );
}

export function Bar(): ReactNode {
  const { live, setLive, refresh } = useNow();
  const { dark, toggle } = useTheme();
  return (
    <header className={s.bar}>
      <Omnibox />
      <div className={s.right}>
        <RangePicker />
        <button
          type="button"
          className="button"
          aria-pressed={live}
          onClick={() => setLive(!live)}
          title="Ask again every 5 s"
        >
          Live
        </button>
        <button type="button" className={`button ${s.wide}`} onClick={refresh} aria-label="Refresh" title="Refresh">
          <RotateCw size={14} aria-hidden="true" />
        </button>
        <button
          type="button"
          className="button"
          onClick={toggle}
          aria-label={dark ? 'Light colours' : 'Dark colours'}
          title={dark ? 'Light colours' : 'Dark colours'}
        >
          {dark ? <Sun size={14} aria-hidden="true" /> : <Moon size={14} aria-hidden="true" />}
        </button>
      </div>
    </header>
  );
}
