// What stands where data would be: loading (only after a moment), nothing found, or an error; each says why and what to do next.
import { useEffect, useState } from 'react';
import type { ReactNode } from 'react';
import { ApiFailure } from '#ui/load/http.ts';
import s from './state-message.module.css';

/** Faster answers show no skeleton: flicker reads as slowness. */
const SKELETON_AFTER_MS = 150;

/** @param page it stands for the whole page, whose heading it then has */
export function Empty({
  title,
  page = false,
  children,
}: {
  readonly title: string;
  readonly page?: boolean;
  readonly children?: ReactNode;
}): ReactNode {
  const Heading = page ? 'h1' : 'h2';
  return (
    <div className={s.box} role="status">
      <Heading>{title}</Heading>
      <div className={s.why}>{children}</div>
    </div>
  );
}

export function Failed({
  error,
  what,
  retry,
}: {
  readonly error: Error;
  readonly what: string;
  readonly retry?: () => void;
}): ReactNode {
  const hint = error instanceof ApiFailure ? error.hint : '';
  return (
    <div className={s.box} role="alert">
      <h2>{what} could not be read</h2>
      <div className={s.why}>
        <p>{error.message}</p>
        {hint !== '' && <p>{hint}</p>}
        {retry && (
          <button type="button" className="button" onClick={retry}>
            Ask again
          </button>
        )}
      </div>
    </div>
  );
}

export function Loading({ rows = 8 }: { readonly rows?: number }): ReactNode {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = window.setTimeout(() => setShown(true), SKELETON_AFTER_MS);
    return () => window.clearTimeout(timer);
  }, []);
  return (
    <div className={s.skeleton} aria-busy="true" aria-label="Loading">
      {shown && Array.from({ length: rows }, (_, i) => <div key={i} className={s.line} />)}
    </div>
  );
}
