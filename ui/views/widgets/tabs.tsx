// A list of tabs that arrow keys move through, and the panel of the one that is chosen.
import { useRef } from 'react';
import type { KeyboardEvent, ReactNode } from 'react';
import s from './tabs.module.css';

interface Props<K extends string> {
  /** Part of the ids that join tabs and panel. */
  readonly id: string;
  readonly label: string;
  readonly tabs: readonly { readonly key: K; readonly title: string }[];
  readonly selected: K;
  readonly onSelect: (key: K) => void;
}

const stepOf = (key: string, at: number, last: number): number | undefined =>
  ({ ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at === 0 ? last : at - 1, Home: 0, End: last })[key];

export function TabList<K extends string>({ id, label, tabs, selected, onSelect }: Props<K>): ReactNode {
  const list = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent): void => {
    const next = stepOf(
      event.key,
      tabs.findIndex((tab) => tab.key === selected),
      tabs.length - 1,
    );
    const tab = next === undefined ? undefined : tabs[next];
    if (next === undefined || !tab) return;
    event.preventDefault();
    event.stopPropagation();
    onSelect(tab.key);
    list.current?.querySelectorAll('button')[next]?.focus();
  };
  return (
    <div ref={list} className={s.tabs} role="tablist" aria-label={label} onKeyDown={onKeyDown}>
      {tabs.map(({ key, title }) => (
        <button
          key={key}
          type="button"
          role="tab"
          id={`${id}-tab-${key}`}
          aria-controls={`${id}-panel`}
          aria-selected={key === selected}
          tabIndex={key === selected ? 0 : -1}
          className={s.tab}
          onClick={() => onSelect(key)}
        >
          {title}
        </button>
      ))}
    </div>
  );
}

export function TabPanel({
  id,
  selected,
  children,
}: {
  readonly id: string;
  readonly selected: string;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <div id={`${id}-panel`} role="tabpanel" aria-labelledby={`${id}-tab-${selected}`} className={s.panel}>
      {children}
    </div>
  );
}
