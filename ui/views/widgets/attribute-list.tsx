// Attributes as key and value, text only. Each can be copied, found in the trace at hand, and become a filter of the trace list; many are grouped and filtered.
import { useState } from 'react';
import type { ReactNode } from 'react';
import type { Attribute } from '#proto/api/common.ts';
import { readableValue } from '#ui/shape/any-value.ts';
import { GROUPED_FROM, attributeGroups, matchingAttributes } from '#ui/shape/attribute-groups.ts';
import { plural } from '#ui/shape/format.ts';
import { visibleName } from '#ui/shape/visible-text.ts';
import { AttributeActions } from './attribute-actions.tsx';
import s from './attribute-list.module.css';
import { LongText } from './long-text.tsx';

interface Props {
  readonly attributes: readonly Attribute[];
  /** The trace list can be asked for them. */
  readonly filter?: boolean;
  /** The trace at hand can be asked for them. */
  readonly find?: boolean;
}

export function AttributeList({ attributes, filter = true, find = false }: Props): ReactNode {
  const [text, setText] = useState('');
  const isLong = attributes.length >= GROUPED_FROM;
  const shown = matchingAttributes(attributes, text);
  return (
    <>
      {isLong && (
        <div className={s.filter}>
          <input
            className="field"
            value={text}
            placeholder="Filter keys and values"
            aria-label="Filter attributes"
            spellCheck={false}
            onChange={(event) => setText(event.target.value)}
          />
          <span className="dim" role="status">
            {text === '' ? '' : `${shown.length} of ${plural(attributes.length, 'attribute')}`}
          </span>
        </div>
      )}
      {attributeGroups(shown).map(({ name, attributes: group }) =>
        name === '' ? (
          <List key="" attributes={group} filter={filter} find={find} />
        ) : (
          <details key={name} open className={s.group}>
            <summary>
              {name} <span className="dim">{group.length}</span>
            </summary>
            <List attributes={group} filter={filter} find={find} />
          </details>
        ),
      )}
    </>
  );
}

function List({ attributes, filter, find }: Required<Props>): ReactNode {
  return (
    <dl className={s.attributes}>
      {attributes.map((a, i) => (
        <div key={`${a.key}-${i}`} className={s.attribute}>
          <dt title={a.type}>
            <bdi>{visibleName(a.key)}</bdi>
          </dt>
          <dd>
            <LongText text={readableValue(a.type, a.value, true)} {...(a.type === 'unset' && { className: 'dim' })} />
            <AttributeActions attribute={a} filter={filter} find={find} />
          </dd>
        </div>
      ))}
    </dl>
  );
}
