// The spans above the first row on screen that have scrolled out of it, outermost first: one line, each a way back.
import type { ReactNode } from 'react';
import { Fragment } from 'react';
import type { TraceModel } from './trace-model.ts';
import s from './waterfall.module.css';

/** Of a deep chain the outermost and the nearest are named. */
const MOST_NAMED = 5;

interface Props {
  readonly model: TraceModel;
  /** Position of the first row on screen. */
  readonly first: number;
  readonly onGo: (position: number) => void;
}

function ancestors({ tree }: TraceModel, first: number): number[] {
  const nearest: number[] = [];
  let up = tree.parent[first] ?? -1;
  while (up !== -1 && nearest.length < MOST_NAMED - 1) {
    nearest.unshift(up);
    up = tree.parent[up] ?? -1;
  }
  if (up === -1) return nearest;
  while ((tree.parent[up] ?? -1) !== -1) up = tree.parent[up]!;
  return [up, ...nearest];
}

export function StickyPath({ model, first, onGo }: Props): ReactNode {
  const { tree } = model;
  const path = ancestors(model, first);
  if (path.length === 0) return null;
  const isCut = tree.depth[first]! > path.length;
  return (
    <div className={s.path} role="group" aria-label="Spans above the first row" data-testid="sticky-path">
      {path.map((p, i) => (
        <Fragment key={p}>
          {i > 0 && <span className="dim">{i === 1 && isCut ? ' … ' : ' › '}</span>}
          <button type="button" tabIndex={-1} className="cut" onClick={() => onGo(p)}>
            <span className="dim">{model.services[tree.service[p]!]}</span> {model.names[tree.name[p]!]}
          </button>
        </Fragment>
      ))}
    </div>
  );
}
