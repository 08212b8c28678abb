// Text of telemetry: what acts on a page is shown as a sign, directions stay inside, and what is long is cut until somebody asks for all of it.
import { useState } from 'react';
import type { ReactNode } from 'react';
import { count } from '#ui/shape/format.ts';
import { visibleLines } from '#ui/shape/visible-text.ts';
import s from './long-text.module.css';

/** Shown of a longer one. */
const SHOWN = 2_048;

export function LongText({ text, className }: { readonly text: string; readonly className?: string }): ReactNode {
  const [isWhole, setWhole] = useState(false);
  const isCut = text.length > SHOWN && !isWhole;
  return (
    <>
      <bdi className={`${s.text} ${className ?? ''}`}>{visibleLines(isCut ? text.slice(0, SHOWN) : text)}</bdi>
      {text.length > SHOWN && (
        <>
          {isCut ? '… ' : ' '}
          <button type="button" className={`link ${s.all}`} onClick={() => setWhole(isCut)}>
            {isCut ? `Show all ${count(text.length)} characters` : 'Show less'}
          </button>
        </>
      )}
    </>
  );
}
