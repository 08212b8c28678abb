// The rail of values beside the trace list: each is a condition of the question, with the adjusted count of the traces that it leaves.
import { CircleSlash } from 'lucide-react';
import { useState } from 'react';
import type { ReactNode } from 'react';
import { useFacet } from '#ui/load/queries.ts';
import type { FacetAnswer, Facets } from '#ui/shape/facets.ts';
import { count, shortCount } from '#ui/shape/format.ts';
import { asksFor, excluded, NO_FORMER, questionOf, toggled } from '#ui/state/question.ts';
import type { FilterQuery } from '#ui/state/trace-filter.ts';
import { useUrlState } from '#ui/state/url-state.ts';
import s from './facets.module.css';
import { ServiceDot } from '../widgets/service-mark.tsx';

/** More values are found faster by typing. */
const VALUES_SHOWN = 12;
/** Attribute keys shown until all are asked for. */
const KEYS_SHOWN = 10;

const TITLES: Readonly<Record<FacetAnswer['facet'], string>> = {
  service: 'Service',
  errors: 'Errors',
  rule: 'Kept by',
  operation: 'Operation',
  attribute: 'Attribute',
};

export function FacetRail({
  facets,
  filter,
}: {
  readonly facets: Facets | undefined;
  readonly filter: FilterQuery;
}): ReactNode {
  const [all, setAll] = useState(false);
  const keys = (facets?.attributes ?? []).filter(({ distinct, spans }) => distinct < spans || spans < 2);
  return (
    <div className={s.rail}>
      {(facets?.facets ?? []).map((facet) => (
        <Group key={facet.facet} facet={facet} filter={filter} />
      ))}
      {keys.length > 0 && (
        <fieldset className={s.group}>
          <legend>Attributes</legend>
          {(all ? keys : keys.slice(0, KEYS_SHOWN)).map(({ key }) => (
            <AttributeValues key={key} name={key} filter={filter} />
          ))}
          {keys.length > KEYS_SHOWN && (
            <button type="button" className="link" onClick={() => setAll(!all)}>
              {all ? 'Fewer keys' : `${KEYS_SHOWN} of ${keys.length} keys: show all`}
            </button>
          )}
        </fieldset>
      )}
    </div>
  );
}

/** The values of a key, asked for when it is opened. */
function AttributeValues({ name, filter }: { readonly name: string; readonly filter: FilterQuery }): ReactNode {
  const [open, setOpen] = useState(false);
  const facet = useFacet({ ...filter, key: name }, open).data?.facets[0];
  return (
    <details className={s.key} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="cut mono" title={name}>
        {name}
      </summary>
      {open && facet && <Values facet={facet} filter={filter} attribute={name} />}
    </details>
  );
}

function Group({ facet, filter }: { readonly facet: FacetAnswer; readonly filter: FilterQuery }): ReactNode {
  return (
    <fieldset className={s.group}>
      <legend>
        {facet.facet === 'operation' && facet.key === 'root.name' ? 'Root operation' : TITLES[facet.facet]}
      </legend>
      <Values facet={facet} filter={filter} />
    </fieldset>
  );
}

function Values({
  facet,
  filter,
  attribute,
}: {
  readonly facet: FacetAnswer;
  readonly filter: FilterQuery;
  readonly attribute?: string;
}): ReactNode {
  const [contains, setContains] = useState('');
  const narrowed = useFacet(
    attribute === undefined
      ? { ...filter, contains, ...(facet.facet !== 'attribute' && { facet: facet.facet }) }
      : { ...filter, contains, key: attribute },
    contains !== '',
  ).data?.facets[0];
  const shown = contains === '' ? facet : (narrowed ?? facet);
  const values = shown.values.slice(0, VALUES_SHOWN);
  return (
    <>
      {(facet.distinct > VALUES_SHOWN || contains !== '') && (
        <input
          className={s.find}
          value={contains}
          onChange={(event) => setContains(event.target.value)}
          placeholder={`${count(Math.min(VALUES_SHOWN, facet.distinct))} of ${count(facet.distinct)}: find`}
          aria-label={`Find a value of ${attribute ?? TITLES[facet.facet]}`}
          spellCheck={false}
        />
      )}
      {values.length === 0 && <p className="dim">none in this range</p>}
      {values.map((v) => (
        <Value key={v.condition} value={v} facet={facet.facet} />
      ))}
    </>
  );
}

function Value({
  value: v,
  facet,
}: {
  readonly value: FacetAnswer['values'][number];
  readonly facet: FacetAnswer['facet'];
}): ReactNode {
  const { params, change } = useUrlState();
  const question = questionOf(params);
  const ask = (q: string): void => change({ ...NO_FORMER, q, sel: null });
  return (
    <span className={s.row}>
      <label className={s.value} title={`${v.value}: ${count(v.kept)} kept, stands for ${count(v.stands_for)}`}>
        <input
          type="checkbox"
          checked={asksFor(question, v.condition)}
          onChange={() => ask(toggled(question, v.condition))}
        />
        {facet === 'service' && <ServiceDot service={v.value} />}
        <span className={facet === 'operation' || facet === 'attribute' ? 'cut mono' : 'cut'}>
          {v.value === '' ? '(empty)' : v.value}
        </span>
        <span className={s.count}>{shortCount(v.stands_for)}</span>
      </label>
      <button
        type="button"
        className={s.exclude}
        onClick={() => ask(excluded(question, v.condition))}
        aria-label={`Without ${v.value}`}
        title={`Only traces without ${v.condition}`}
      >
        <CircleSlash size={11} aria-hidden="true" />
      </button>
    </span>
  );
}
