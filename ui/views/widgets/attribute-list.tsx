// Attributes as key and value, text only; each value can become a filter of the trace list.
import { Filter } from 'lucide-react';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { Attribute } from '#proto/api/common.ts';
import { href } from '#ui/state/url-state.ts';
import s from '../trace/span-panel.module.css';

export function AttributeList({
  attributes,
  filter = true,
}: {
  readonly attributes: readonly Attribute[];
  readonly filter?: boolean;
}): ReactNode {
  return (
    <dl className={s.attributes}>
      {attributes.map((a, i) => (
        <div key={`${a.key}-${i}`} className={s.attribute}>
          <dt title={a.type}>{a.key}</dt>
          <dd>
            <span className={a.type === 'unset' ? 'dim' : undefined}>{a.type === 'unset' ? 'unset' : a.value}</span>
            {filter && a.value !== '' && (
              <Link
                href={href('/search', { attr: `${a.key}=${a.value}` })}
                className={s.filter}
                aria-label={`Traces with ${a.key} = ${a.value}`}
                title="Traces with this value"
              >
                <Filter size={11} aria-hidden="true" />
              </Link>
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}
