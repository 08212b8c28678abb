// The chosen rectangle against everything else: three cards, each value a filter.
import type { ReactNode } from 'react';
import type { Answer } from '#ui/load/api.ts';
import { differences } from '#ui/shape/differences.ts';
import type { Difference } from '#ui/shape/differences.ts';
import { count, percent } from '#ui/shape/format.ts';
import s from './differences.module.css';

const TITLES: Readonly<Record<Difference['facet'], string>> = {
  operation: 'operation',
  errors: 'errors',
  attribute: 'attribute',
  rule: 'kept by',
  service: 'service',
};
const CARDS = 3;

type Total = Answer<'search'>['total'];
interface Props {
  readonly chosen: Answer<'facets'> | undefined;
  readonly all: Answer<'facets'> | undefined;
  readonly chosenTotal: Total | undefined;
  readonly allTotal: Total | undefined;
  readonly onFilter: (condition: string) => void;
  readonly children?: ReactNode;
}

export function Differences({ chosen, all, chosenTotal, allTotal, onFilter, children }: Props): ReactNode {
  if (!chosen || !all || !chosenTotal || !allTotal) return <div className={s.hold} />;
  const cards = differences(chosen, all, chosenTotal.stands_for, allTotal.stands_for).slice(0, CARDS);
  return (
    <section aria-label="What differs" className={s.hold}>
      <div className={s.head}>
        <span className="dim">
          Selected {count(chosenTotal.kept)} traces against the other {count(allTotal.kept - chosenTotal.kept)}: what
          differs
        </span>
        {children}
      </div>
      <div className={s.cards}>
        {cards.map((card) => (
          <div key={card.facet} className={s.card}>
            <h3>
              {TITLES[card.facet]} <span>share of traces</span>
            </h3>
            {card.values.map((v) => (
              <button
                key={v.value}
                type="button"
                className={s.value}
                onClick={() => onFilter(v.condition)}
                title={`${percent(v.chosen)} of the selected, ${percent(v.rest)} of the others`}
              >
                <span className="cut mono">{v.value}</span>
                <span className={s.track}>
                  <span className={s.chosen} style={{ width: `${v.chosen * 100}%` }} />
                  <span className={s.rest} style={{ width: `${v.rest * 100}%` }} />
                </span>
                <span className="num dim">{percent(v.chosen)}</span>
              </button>
            ))}
          </div>
        ))}
      </div>
    </section>
  );
}
