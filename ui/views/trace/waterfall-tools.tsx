// The strip above the waterfall: what is shown, in which clocks, of which service, and the box that finds spans.
import { ChevronDown, ChevronUp } from 'lucide-react';
import type { ReactNode, RefObject } from 'react';
import { count, plural } from '#ui/shape/format.ts';
import { visibleName } from '#ui/shape/visible-text.ts';
import { useUrlState } from '#ui/state/url-state.ts';
import type { TraceModel } from './trace-model.ts';
import s from './trace-page.module.css';
import type { Found } from './use-find.ts';

interface Props {
  readonly model: TraceModel;
  readonly findBox: RefObject<HTMLInputElement | null>;
  readonly find: string;
  readonly found: Found;
  readonly isZoomed: boolean;
  /** Linked traces reach beyond this one. */
  readonly canReach: boolean;
  readonly reaching: boolean;
  readonly isFolded: boolean;
  readonly logRecords: number;
  readonly onWhole: () => void;
  readonly onFold: () => void;
  readonly onMatch: (backwards: boolean) => void;
  readonly onHelp: () => void;
}

export function WaterfallTools(props: Props): ReactNode {
  const { model, found } = props;
  const { params, change } = useUrlState();
  /** A switch that is in the address where it is not as usual. */
  const toggle = (key: string, label: string, isOn: boolean, off: string | null, title?: string): ReactNode => (
    <button
      type="button"
      className="chip"
      aria-pressed={isOn}
      title={title}
      onClick={() => change({ [key]: off }, true)}
    >
      {label}
    </button>
  );
  const critical = params.get('critical') !== '0';
  const raw = params.get('clocks') === 'raw';
  const logs = params.get('logs') === '1';
  return (
    <div className={s.tools}>
      {props.isZoomed && (
        <button type="button" className="chip" onClick={props.onWhole}>
          All of it <kbd>0</kbd>
        </button>
      )}
      <ServiceFilter model={model} />
      {model.runs.size > 0 && (
        <button
          type="button"
          className="chip"
          aria-pressed={props.isFolded}
          onClick={props.onFold}
          title={`${plural(model.runs.size, 'run')} of similar spans as one row each (r)`}
        >
          Fold repeats
        </button>
      )}
      {props.canReach && (
        <button
          type="button"
          className="chip"
          aria-pressed={props.reaching}
          onClick={() => change({ reach: props.reaching ? 'own' : 'linked', z: null }, true)}
          title="The time axis over the linked traces, too"
        >
          End to end
        </button>
      )}
      {props.logRecords > 0 &&
        toggle(
          'logs',
          `Logs ${count(props.logRecords)}`,
          logs,
          logs ? null : '1',
          'Log records as rows below their spans',
        )}
      {toggle('critical', 'Critical path', critical, critical ? '0' : null)}
      {toggle('clocks', 'Corrected clocks', !raw, raw ? null : 'raw')}
      <FindBox {...props} />
      <span className="hidden-label" role="status">
        {props.find === '' || found.isAsking ? '' : `${plural(found.count, 'span')} found`}
      </span>
      <button type="button" className="chip" onClick={props.onHelp} aria-label="Keys: ?">
        <kbd>?</kbd>
      </button>
    </div>
  );
}

/** Services of the trace to show alone. */
function ServiceFilter({ model }: { readonly model: TraceModel }): ReactNode {
  const { params, change } = useUrlState();
  const only = params.get('only') ?? '';
  const { services } = model.trace;
  if (services.length < 2) return null;
  return (
    <label className={`chip ${s.only}`} data-chosen={only !== ''}>
      <span className="hidden-label">Spans of service</span>
      <select value={only} onChange={(event) => change({ only: event.target.value || null }, true)}>
        <option value="">All services</option>
        {services.map((service) => (
          <option key={service} value={service}>
            {visibleName(service)}
          </option>
        ))}
      </select>
    </label>
  );
}

function FindBox({ find, found, findBox, onMatch }: Props): ReactNode {
  const { change } = useUrlState();
  const words = found.error
    ? 'names only'
    : `${count(found.count)}${found.isCut ? '+' : ''}${found.isAsking ? '…' : ''}`;
  return (
    <div className={`chip ${s.find}`}>
      <input
        ref={findBox}
        value={find}
        placeholder="Find"
        aria-label="Find in this trace"
        title={'Words of names, services and attributes; key=value; "with spaces"; -not this'}
        spellCheck={false}
        onChange={(event) => change({ find: event.target.value === '' ? null : event.target.value }, true)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') onMatch(event.shiftKey);
          else if (event.key === 'Escape') event.currentTarget.blur();
        }}
      />
      {find === '' ? (
        <kbd>f</kbd>
      ) : (
        <>
          <span className={found.error ? 'error' : undefined} title={found.error?.message} data-testid="found">
            {words}
          </span>
          <button type="button" onClick={() => onMatch(true)} aria-label="Previous match" title="Previous match (N)">
            <ChevronUp size={12} aria-hidden="true" />
          </button>
          <button type="button" onClick={() => onMatch(false)} aria-label="Next match" title="Next match (n)">
            <ChevronDown size={12} aria-hidden="true" />
          </button>
        </>
      )}
    </div>
  );
}
