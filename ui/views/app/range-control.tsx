// The time range of the page: a length up to now, or two times; the way back from a zoom; the zone that times are shown in.
import { ChevronDown, ZoomOut } from 'lucide-react';
import { useId, useRef, useState } from 'react';
import type { FormEvent, ReactNode } from 'react';
import { fieldText, timeOfField, zoneName } from '#ui/shape/time-words.ts';
import { useNow, useRange } from '#ui/state/now.tsx';
import { useZoomBack } from '#ui/state/range-history.ts';
import { RANGES, UNITS } from '#ui/state/time-range.ts';
import { useTimeWords } from '#ui/state/time-reader.ts';
import { useUrlState } from '#ui/state/url-state.ts';
import { useZone } from '#ui/state/zone.ts';
import s from './range-control.module.css';

export function RangeControl(): ReactNode {
  const range = useRange();
  const { full } = useTimeWords();
  const zoomBack = useZoomBack();
  const menu = useRef<HTMLDivElement>(null);
  const id = useId();
  return (
    <div className={s.control}>
      <button
        type="button"
        className={`field ${s.open}`}
        popoverTarget={id}
        aria-label={`Time range: ${range.label}`}
        title={`${full(range.startNs)}\n${full(range.endNs)}`}
        data-testid="range"
      >
        <span className="cut">{range.label}</span>
        <ChevronDown size={12} aria-hidden="true" />
      </button>
      {range.relative === null && (
        <button
          type="button"
          className="button"
          onClick={zoomBack}
          aria-label="Zoom back"
          title="Back to the range before"
        >
          <ZoomOut size={14} aria-hidden="true" />
        </button>
      )}
      <div ref={menu} id={id} popover="auto" className={s.menu} role="dialog" aria-label="Time range">
        <RangeMenu key={`${range.relative}/${range.label}`} onDone={() => menu.current?.hidePopover()} />
      </div>
    </div>
  );
}

function RangeMenu({ onDone }: { readonly onDone: () => void }): ReactNode {
  const range = useRange();
  const { nowMs, refresh } = useNow();
  const { change } = useUrlState();
  const { zone, choose } = useZone();
  const relative = (key: string): void => {
    refresh();
    change({ range: key, start: null, end: null, sel: null });
    onDone();
  };
  return (
    <>
      <ul className={s.lengths}>
        {RANGES.map(({ key, label }) => (
          <li key={key}>
            <button
              type="button"
              className={s.length}
              aria-pressed={range.relative === key}
              onClick={() => relative(key)}
            >
              {label}
            </button>
          </li>
        ))}
      </ul>
      <div className={s.own}>
        <OwnLength onChoose={relative} />
        <FixedRange
          key={zone}
          onChoose={(start, end) => {
            change({ range: null, start, end, sel: null });
            onDone();
          }}
        />
        <fieldset className={s.zones}>
          <legend className="dim">Times in</legend>
          {(['local', 'utc'] as const).map((one) => (
            <label key={one}>
              <input type="radio" name="zone" checked={zone === one} onChange={() => choose(one)} />{' '}
              {one === 'utc' ? 'UTC' : zoneName(nowMs, 'local')}
            </label>
          ))}
        </fieldset>
      </div>
    </>
  );
}

function OwnLength({ onChoose }: { readonly onChoose: (key: string) => void }): ReactNode {
  const { relative } = useRange();
  const [n, setN] = useState(relative?.slice(0, -1) ?? '45');
  const [unit, setUnit] = useState(relative?.slice(-1) ?? 'm');
  const valid = /^[1-9]\d{0,5}$/.test(n);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (valid) onChoose(n + unit);
  };
  return (
    <form className={s.line} onSubmit={submit}>
      <span>Last</span>
      <input
        className={`field ${s.number}`}
        inputMode="numeric"
        aria-label="Length"
        aria-invalid={!valid}
        value={n}
        onChange={(event) => setN(event.target.value.trim())}
      />
      <select className="field" aria-label="Unit" value={unit} onChange={(event) => setUnit(event.target.value)}>
        {UNITS.map(({ key, name }) => (
          <option key={key} value={key}>
            {name}
          </option>
        ))}
      </select>
      <button type="submit" className="button" disabled={!valid}>
        Show
      </button>
    </form>
  );
}

function FixedRange({ onChoose }: { readonly onChoose: (start: string, end: string) => void }): ReactNode {
  const range = useRange();
  const { zone } = useZone();
  const [from, setFrom] = useState(() => fieldText(range.startNs, zone));
  const [to, setTo] = useState(() => fieldText(range.endNs, zone));
  const start = timeOfField(from, zone);
  const end = timeOfField(to, zone);
  const wrong =
    start === null || end === null
      ? 'Both need a date and a time, from 1970 to 2262'
      : BigInt(start) >= BigInt(end)
        ? 'The end must be after the start'
        : '';
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (start !== null && end !== null && wrong === '') onChoose(start, end);
  };
  const field = (label: string, value: string, set: (text: string) => void): ReactNode => (
    <label className={s.line}>
      <span className={s.label}>{label}</span>
      <input
        className={`field ${s.time}`}
        type="datetime-local"
        step="1"
        max="2262-04-11T23:47:16"
        value={value}
        onChange={(event) => set(event.target.value)}
      />
    </label>
  );
  return (
    <form className={s.fixed} onSubmit={submit} noValidate>
      {field('From', from, setFrom)}
      {field('To', to, setTo)}
      <div className={s.line}>
        <span className="dim" role="status">
          {wrong}
        </span>
        <button type="submit" className={`button ${s.apply}`} disabled={wrong !== ''}>
          Show these times
        </button>
      </div>
    </form>
  );
}
