// The rail of values beside the trace list: each is a filter, with the adjusted count of its traces.
import type { ReactNode } from 'react';
import type { Answer } from '#ui/load/api.ts';
import { count, shortCount } from '#ui/shape/format.ts';
import type { FilterKey } from '#ui/state/trace-filter.ts';
import { useUrlState } from '#ui/state/url-state.ts';
import s from './facets.module.css';
import { ServiceDot } from '../widgets/service-mark.tsx';

/** More values are found faster by typing. */
const VALUES_SHOWN = 12;

type Facets = Answer<'facets'>;
const GROUPS: readonly { readonly facet: keyof Facets; readonly key: FilterKey; readonly title: string }[] = [
  { facet: 'service', key: 'service', title: 'Service' },
  { facet: 'status', key: 'status', title: 'Status' },
  { facet: 'rule', key: 'rule', title: 'Kept by' },
  { facet: 'operation', key: 'operation', title: 'Operation' },
];

export function FacetRail({ facets }: { readonly facets: Facets | undefined }): ReactNode {
  const { params, change } = useUrlState();
  return (
    <div className={s.rail}>
      {GROUPS.map(({ facet, key, title }) => {
        const chosen = params.get(key);
        const values = (facets?.[facet] ?? []).slice(0, VALUES_SHOWN);
        if (chosen !== null && !values.some((v) => v.value === chosen))
          values.unshift({ value: chosen, kept: 0, stands_for: 0 });
        return (
          <fieldset key={facet} className={s.group}>
            <legend>{title}</legend>
            {values.length === 0 && <p className="dim">{facets ? 'none in this range' : ' '}</p>}
            {values.map((v) => (
              <label
                key={v.value}
                className={s.value}
                title={`${v.value}: ${count(v.kept)} kept, stands for ${count(v.stands_for)}`}
              >
                <input
                  type="checkbox"
                  checked={chosen === v.value}
                  onChange={() => change({ [key]: chosen === v.value ? null : v.value })}
                />
                {facet === 'service' && <ServiceDot service={v.value} />}
                <span className={facet === 'operation' ? 'cut mono' : 'cut'}>{v.value}</span>
                <span className={s.count}>{shortCount(v.stands_for)}</span>
              </label>
            ))}
          </fieldset>
        );
      })}
    </div>
  );
}
