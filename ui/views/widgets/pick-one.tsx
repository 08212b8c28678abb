// A small choice among values, with a word before it; nothing chosen means all.
import { ChevronDown } from 'lucide-react';
import type { ReactNode } from 'react';
import s from './pick-one.module.css';

interface Props {
  readonly label: string;
  readonly all: string;
  readonly value: string | null;
  readonly options: readonly string[];
  readonly shown?: (value: string) => string;
  readonly onPick: (value: string | null) => void;
}

export function PickOne({ label, all, value, options, shown = (text) => text, onPick }: Props): ReactNode {
  const known = value === null || options.includes(value) ? options : [value, ...options];
  return (
    <label className={s.pick}>
      <span className="dim">{label}</span>
      <span className={`field ${s.box}`} data-chosen={value !== null}>
        <select value={value ?? ''} onChange={(event) => onPick(event.target.value === '' ? null : event.target.value)}>
          <option value="">{all}</option>
          {known.map((option) => (
            <option key={option} value={option}>
              {shown(option)}
            </option>
          ))}
        </select>
        <ChevronDown size={12} aria-hidden="true" className={s.caret} />
      </span>
    </label>
  );
}
