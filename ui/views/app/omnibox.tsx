// One box for a trace id, a service, an operation, `key=value` or `duration > 500ms`; it says what Enter will do. `/` focuses it.
import { Search } from 'lucide-react';
import { useEffect, useId, useRef, useState } from 'react';
import type { KeyboardEvent, ReactNode } from 'react';
import { useLocation } from 'wouter';
import { useServices } from '#ui/load/queries.ts';
import { useRange } from '#ui/state/now.tsx';
import { meaningOf } from '#ui/state/trace-filter.ts';
import type { Meaning } from '#ui/state/trace-filter.ts';
import { useGo, useUrlState } from '#ui/state/url-state.ts';
import { isTyping } from '../widgets/is-typing.ts';
import s from './omnibox.module.css';

const MOST_SUGGESTIONS = 8;

interface Suggestion {
  readonly label: string;
  readonly detail: string;
  readonly meaning: Meaning;
}

function detailOf(meaning: Meaning): string {
  if ('trace' in meaning) return 'open this trace';
  if (meaning.key === 'attr') return 'traces with this attribute';
  if (meaning.key === 'operation') return 'traces with this operation';
  return `filter by ${meaning.key.replaceAll('_', ' ')}`;
}

function suggest(text: string, services: readonly string[]): Suggestion[] {
  const typed = meaningOf(text, services);
  if (!typed) return [];
  const first = { label: text.trim(), detail: detailOf(typed), meaning: typed };
  const low = text.trim().toLowerCase();
  const named = services.filter((name) => name.toLowerCase().includes(low) && name !== first.label);
  return [
    first,
    ...named.map((name) => ({ label: name, detail: 'service', meaning: { key: 'service' as const, value: name } })),
  ].slice(0, MOST_SUGGESTIONS);
}

export function Omnibox(): ReactNode {
  const [text, setText] = useState('');
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(0);
  const input = useRef<HTMLInputElement>(null);
  const id = useId();
  const range = useRange();
  const { params, change } = useUrlState();
  const [path] = useLocation();
  const go = useGo();
  const services = useServices({ start: range.startNs, end: range.endNs }).data?.services.map((x) => x.service) ?? [];
  const suggestions = open ? suggest(text, services) : [];

  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent): void => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || isTyping(event.target)) return;
      event.preventDefault();
      input.current?.focus();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);

  const take = (meaning: Meaning): void => {
    setText('');
    setOpen(false);
    input.current?.blur();
    if ('trace' in meaning) return go(`/trace/${meaning.trace}`);
    const value = meaning.key === 'attr' ? [...params.getAll('attr'), meaning.value] : meaning.value;
    if (path === '/search') change({ [meaning.key]: value, sel: null });
    else go('/search', { [meaning.key]: value });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') input.current?.blur();
    else if (event.key === 'ArrowDown') setActive((i) => Math.min(i + 1, suggestions.length - 1));
    else if (event.key === 'ArrowUp') setActive((i) => Math.max(i - 1, 0));
    else if (event.key === 'Enter') {
      const chosen = suggestions[active] ?? suggestions[0];
      if (chosen) take(chosen.meaning);
    } else return;
    event.preventDefault();
  };

  return (
    <div className={s.box}>
      <div className={`field ${s.field}`}>
        <Search size={14} aria-hidden="true" className={s.icon} />
        <input
          ref={input}
          value={text}
          placeholder="Trace id, service, operation, attribute…"
          aria-label="Trace id, service, operation or attribute"
          role="combobox"
          aria-expanded={suggestions.length > 0}
          aria-controls={id}
          aria-activedescendant={suggestions.length > 0 ? `${id}-${active}` : undefined}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => {
            setText(event.target.value);
            setActive(0);
            setOpen(true);
          }}
          onFocus={() => setOpen(true)}
          onBlur={() => setOpen(false)}
          onKeyDown={onKeyDown}
        />
        <kbd aria-hidden="true">/</kbd>
      </div>
      <ul id={id} role="listbox" className={s.list} hidden={suggestions.length === 0}>
        {suggestions.map((x, i) => (
          <li
            key={`${x.detail}:${x.label}`}
            id={`${id}-${i}`}
            role="option"
            aria-selected={i === active}
            onPointerDown={(event) => {
              event.preventDefault();
              take(x.meaning);
            }}
            onPointerEnter={() => setActive(i)}
          >
            <span className="cut">{x.label}</span>
            <span className="dim">{x.detail}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
