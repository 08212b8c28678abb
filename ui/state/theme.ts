// Light, dark or as the system says; remembered in this browser.
import { useCallback, useSyncExternalStore } from 'react';

export type Theme = 'system' | 'light' | 'dark';
const KEY = 'winnow.theme';
const listeners = new Set<() => void>();

function stored(): Theme {
  try {
    const value = window.localStorage.getItem(KEY);
    return value === 'light' || value === 'dark' ? value : 'system';
  } catch {
    return 'system';
  }
}

/** Puts the remembered theme on the document; call once before the first render. */
export function applyTheme(theme: Theme = stored()): void {
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
}

/** Whether dark is on now, by choice or by system. */
function isDark(): boolean {
  const theme = stored();
  return theme === 'system' ? window.matchMedia('(prefers-color-scheme: dark)').matches : theme === 'dark';
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  const media = window.matchMedia('(prefers-color-scheme: dark)');
  media.addEventListener('change', listener);
  return () => {
    listeners.delete(listener);
    media.removeEventListener('change', listener);
  };
}

/** Whether dark is on, and a switch to the other. */
export function useTheme(): { readonly dark: boolean; readonly toggle: () => void } {
  const dark = useSyncExternalStore(subscribe, isDark);
  const toggle = useCallback(() => {
    const next: Theme = isDark() ? 'light' : 'dark';
    try {
      window.localStorage.setItem(KEY, next);
    } catch {
      // A browser without storage keeps the theme for this page only.
    }
    applyTheme(next);
    for (const listener of listeners) listener();
  }, []);
  return { dark, toggle };
}
