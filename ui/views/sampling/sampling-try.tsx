// Try rules before they are in force: an editor that starts with the running ones, before and after of what was received, and how to apply them.
import { useMutation } from '@tanstack/react-query';
import { Suspense, lazy, useMemo, useRef, useState } from 'react';
import type { ReactNode } from 'react';
import type { Answer } from '#ui/load/api.ts';
import { tryRules } from '#ui/load/simulate.ts';
import { duration } from '#ui/shape/format.ts';
import { linesOf } from '#ui/shape/sampling.ts';
import { SamplingComparison } from './sampling-comparison.tsx';
import s from './sampling-page.module.css';
import { Failed } from '../widgets/state-message.tsx';

const RulesEditor = lazy(() => import('./rules-editor.tsx').then((m) => ({ default: m.RulesEditor })));
/** The server looks back no further: the decision log is kept so long. */
const MAX_SINCE_MS = 3 * 86_400_000;
const LEAST_SINCE_MS = 1_000;
const NS_PER_MS = 1e6;

type Config = NonNullable<Answer<'sampling'>['config']>;

export function SamplingTry({
  config,
  startNs,
  nowMs,
}: {
  readonly config: Config;
  readonly startNs: string;
  readonly nowMs: number;
}): ReactNode {
  const [text, setText] = useState(config.yaml);
  const [base, setBase] = useState(config.yaml);
  // Rules that come into force while nothing was written are the new start; what somebody wrote stays.
  if (base !== config.yaml) {
    if (text === base) setText(config.yaml);
    setBase(config.yaml);
  }
  const sinceMs = Math.min(
    MAX_SINCE_MS,
    Math.max(LEAST_SINCE_MS, Math.round(nowMs - Number(BigInt(startNs) / 1_000_000n))),
  );
  const [showsHow, setShowsHow] = useState(false);
  const running = useRef<AbortController | null>(null);
  const trial = useMutation({
    mutationFn: (written: string) => {
      running.current?.abort();
      running.current = new AbortController();
      return tryRules(written, sinceMs, running.current.signal);
    },
  });
  const mistakes = trial.data?.kind === 'refused' ? trial.data.mistakes : [];
  const lines = useMemo(
    () => linesOf(trial.data?.kind === 'refused' ? trial.data.mistakes.map((m) => m.source) : []),
    [trial.data],
  );
  const changed = text !== config.yaml;
  const attempt = (): void => {
    if (!trial.isPending) trial.mutate(text);
  };
  return (
    <section aria-label="Try rules">
      <div className={s.editor}>
        <Suspense fallback={<div className={s.editorHold} />}>
          <RulesEditor value={text} mistakeLines={lines} onChange={setText} onTry={attempt} />
        </Suspense>
      </div>
      <div className={s.actions}>
        <button
          type="button"
          className="button primary"
          onClick={attempt}
          disabled={trial.isPending}
          title="Ctrl-Enter"
        >
          {trial.isPending ? 'Trying…' : 'Try'}
        </button>
        <button
          type="button"
          className="button"
          onClick={() => setText(config.yaml)}
          disabled={!changed}
          title="Back to the rules in force"
        >
          Rules in force
        </button>
        <button
          type="button"
          className="button"
          onClick={() => setShowsHow(!showsHow)}
          aria-expanded={showsHow}
          title="How these rules come into force"
        >
          Reload…
        </button>
        <span className="dim">
          on the last {duration(sinceMs * NS_PER_MS)} · Ctrl-Enter · a Collector’s tail_sampling is understood, too
        </span>
      </div>
      {showsHow && <HowToApply config={config} text={text} />}
      {mistakes.length > 0 && (
        <ul className={s.mistakes} role="alert" data-testid="mistakes">
          {mistakes.map((m) => (
            <li key={`${m.path} ${m.source} ${m.message}`}>
              <span className="mono error">{m.path || 'configuration'}</span>{' '}
              {m.source !== 'configuration' && <span>{m.source.replace('configuration:', 'line ')}:</span>} {m.message}
              {m.value !== '' && (
                <>
                  , got <span className="mono">{m.value}</span>
                </>
              )}
              ; {m.remedy}
            </li>
          ))}
        </ul>
      )}
      {trial.isError && <Failed what="The effect of these rules" error={trial.error} />}
      {trial.data?.kind === 'done' && (
        <div className={s.result}>
          {trial.variables !== text && (
            <p className="warn">The rules were changed since: this is what the ones before would keep.</p>
          )}
          <SamplingComparison comparison={trial.data.response} />
        </div>
      )}
    </section>
  );
}

function HowToApply({ config, text }: { readonly config: Config; readonly text: string }): ReactNode {
  const [copied, setCopied] = useState(false);
  const copy = (): void => {
    void navigator.clipboard.writeText(text).then(() => setCopied(true));
  };
  return (
    <div className={s.apply} data-testid="apply">
      <h3>Put them in force</h3>
      <p>
        {config.file === '' ? (
          <>
            Winnow runs without a configuration file: save these rules as one and start with{' '}
            <span className="mono">npm start -- --config FILE</span>.
          </>
        ) : (
          <>
            Put them in place of <span className="mono">sampling:</span> in <span className="mono">{config.file}</span>.
            A change of the file is read by itself, or at once with{' '}
            <span className="mono">curl -X POST {config.reload_url}</span>; what waits in the buffer is decided by the
            new rules.
          </>
        )}{' '}
        <button type="button" className="link" onClick={copy}>
          {copied ? 'Copied' : 'Copy these rules'}
        </button>
      </p>
    </div>
  );
}
