// What can be done with one attribute: copy its value, look for it in this trace or for its absence, look for traces that have it.
import { Check, Copy, Filter, Minus, Search } from 'lucide-react';
import { useState } from 'react';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { Attribute } from '#proto/api/common.ts';
import { findText } from '#ui/shape/find-terms.ts';
import { visibleLine } from '#ui/shape/visible-text.ts';
import { attributeCondition } from '#ui/state/question.ts';
import { href, useUrlState } from '#ui/state/url-state.ts';
import s from './attribute-list.module.css';

/** Of a value in the name of a button. */
const NAMED = 40;
/** The trace list and the search in a trace take no longer ones. */
const MOST_ASKED = 400;

interface Props {
  readonly attribute: Attribute;
  readonly filter: boolean;
  readonly find: boolean;
}

export function AttributeActions({ attribute, filter, find }: Props): ReactNode {
  const { key, value } = attribute;
  const { change } = useUrlState();
  const [isCopied, setCopied] = useState(false);
  if (value === '') return null;
  const words = visibleLine(`${key} = ${value.length > NAMED ? `${value.slice(0, NAMED)}…` : value}`);
  const canAsk = key.length + value.length <= MOST_ASKED;
  const copy = (): void => void navigator.clipboard?.writeText(value).then(() => setCopied(true));
  const finds = (isExcluded: boolean): void => change({ find: findText(key, value, isExcluded) }, true);
  return (
    <span className={s.actions} onPointerLeave={() => setCopied(false)}>
      <button type="button" onClick={copy} aria-label={`Copy ${words}`} title={isCopied ? 'Copied' : 'Copy the value'}>
        {isCopied ? <Check size={11} aria-hidden="true" /> : <Copy size={11} aria-hidden="true" />}
      </button>
      {find && canAsk && (
        <>
          <button
            type="button"
            onClick={() => finds(false)}
            aria-label={`Find ${words} in this trace`}
            title="Find it in this trace"
          >
            <Search size={11} aria-hidden="true" />
          </button>
          <button
            type="button"
            onClick={() => finds(true)}
            aria-label={`Exclude ${words} in this trace`}
            title="Find the spans of this trace without it"
          >
            <Minus size={11} aria-hidden="true" />
          </button>
        </>
      )}
      {filter && canAsk && isSearched(attribute) && (
        <Link
          href={href('/search', { q: conditionOf(attribute) })}
          aria-label={`Traces with ${words}`}
          title="Traces with this value"
        >
          <Filter size={11} aria-hidden="true" />
        </Link>
      )}
    </span>
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
