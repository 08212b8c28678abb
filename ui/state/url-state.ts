// All state that can be shared lives in the query string; these hooks read and change it.
import { useCallback, useMemo } from 'react';
import { useLocation } from 'wouter';
// The router's own hook decodes the query string before it is parsed, which makes `%25` of a value `%`, and then nothing.
import { navigate as goTo, useSearch } from 'wouter/use-browser-location';

export type Patch = Readonly<Record<string, string | readonly string[] | null>>;

/** The parameters with `patch` applied: null removes a key, a list repeats it. */
export function patched(params: URLSearchParams, patch: Patch): URLSearchParams {
  const next = new URLSearchParams(params);
  for (const [key, value] of Object.entries(patch)) {
    next.delete(key);
    if (value === null) continue;
    for (const one of typeof value === 'string' ? [value] : value) if (one !== '') next.append(key, one);
  }
  return next;
}

/** Keys of the time range. */
const RANGE_KEYS = ['range', 'start', 'end'];

/** Path with parameters; no lone question mark. The time range of the page stays unless the parameters name another, or null. */
export function href(path: string, params: URLSearchParams | Patch = {}): string {
  const named = params instanceof URLSearchParams ? [...params.keys()] : Object.keys(params);
  const kept = RANGE_KEYS.some((key) => named.includes(key))
    ? new URLSearchParams()
    : rangeOnly(new URLSearchParams(globalThis.location?.search ?? ''));
  const next = params instanceof URLSearchParams ? params : patched(kept, params);
  if (params instanceof URLSearchParams) for (const [key, value] of kept) next.set(key, value);
  const query = next.toString();
  return query === '' ? path : `${path}?${query}`;
}

/** Keeps the time range (and nothing else) when going to another page. */
export function rangeOnly(params: URLSearchParams): URLSearchParams {
  const next = new URLSearchParams();
  for (const key of RANGE_KEYS) {
    const value = params.get(key);
    if (value !== null) next.set(key, value);
  }
  return next;
}

export interface UrlState {
  readonly params: URLSearchParams;
  readonly change: (patch: Patch, replace?: boolean) => void;
}

/** Query parameters and a function that changes some of them. */
export function useUrlState(): UrlState {
  const search = useSearch();
  const params = useMemo(() => new URLSearchParams(search), [search]);
  const change = useCallback((patch: Patch, replace = false) => {
    const query = patched(new URLSearchParams(window.location.search), patch).toString();
    goTo(query === '' ? window.location.pathname : `${window.location.pathname}?${query}`, { replace });
  }, []);
  return { params, change };
}

/** Goes to another page with the time range kept. */
export function useGo(): (path: string, patch?: Patch) => void {
  const [, navigate] = useLocation();
  return useCallback((path: string, patch: Patch = {}) => navigate(href(path, patch)), [navigate]);
}
