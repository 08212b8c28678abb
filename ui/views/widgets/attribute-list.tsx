// Attributes as key and value, text only; each value can become a filter of the trace list.
import { Filter } from 'lucide-react';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { Attribute } from '#proto/api/common.ts';
import { attributeCondition } from '#ui/state/question.ts';
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
            {filter && isSearched(a) && (
              <Link
                href={href('/search', { q: conditionOf(a) })}
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

/** Arrays and maps are searched by their elements, not as a whole. */
function isSearched({ type }: Attribute): boolean {
  return type === 'string' || type === 'int' || type === 'double' || type === 'bool';
}

function conditionOf({ key, type, value }: Attribute): string {
  switch (type) {
    case 'int':
      return attributeCondition(key, { type, text: value });
    case 'double':
      return attributeCondition(key, { type, number: Number(value) });
    case 'bool':
      return attributeCondition(key, { type, bool: value === 'true' });
    default:
      return attributeCondition(key, { type: 'string', text: value });
  }
}
