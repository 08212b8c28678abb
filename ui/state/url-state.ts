// All state that can be shared lives in the query string; these hooks read and change it.
import { useCallback } from 'react';
import { useLocation, useSearchParams } from 'wouter';

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

/** Path with parameters; no lone question mark. */
export function href(path: string, params: URLSearchParams | Patch = {}): string {
  const query = (params instanceof URLSearchParams ? params : patched(new URLSearchParams(), params)).toString();
  return query === '' ? path : `${path}?${query}`;
}

/** Keeps the time range (and nothing else) when going to another page. */
export function rangeOnly(params: URLSearchParams): URLSearchParams {
  const next = new URLSearchParams();
  for (const key of ['range', 'start', 'end']) {
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
  const [params, setParams] = useSearchParams();
  const change = useCallback(
    (patch: Patch, replace = false) => setParams((old) => patched(old, patch), { replace }),
    [setParams],
  );
  return { params, change };
}

/** Goes to another page with the time range kept. */
export function useGo(): (path: string, patch?: Patch) => void {
  const [, navigate] = useLocation();
  const { params } = useUrlState();
  return useCallback(
    (path: string, patch: Patch = {}) => navigate(href(path, patched(rangeOnly(params), patch))),
    [navigate, params],
  );
}
