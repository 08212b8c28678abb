// The bar above every page: one box for whatever is in hand, the time range, Live, light and dark.
import { Moon, RotateCw, Sun } from 'lucide-react';
import type { ReactNode } from 'react';
import { useNow } from '#ui/state/now.tsx';
import { useTheme } from '#ui/state/theme.ts';
import s from './bar.module.css';
import { Omnibox } from './omnibox.tsx';
import { RangeControl } from './range-control.tsx';

export function Bar(): ReactNode {
  const { live, setLive, refresh } = useNow();
  const { dark, toggle } = useTheme();
  return (
    <header className={s.bar}>
      <Omnibox />
      <div className={s.right}>
        <RangeControl />
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
