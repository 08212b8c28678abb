// Health: whether each part of Winnow works as it should, what is the matter where it does not, and what to do.
import type { ReactNode } from 'react';
import type { Answer } from '#ui/load/api.ts';
import { useHealth } from '#ui/load/queries.ts';
import s from './health-page.module.css';
import page from '../widgets/page.module.css';
import { Failed, Loading } from '../widgets/state-message.tsx';

type Health = Answer<'state'>;

/** A sentence says what is the matter, then, behind its last colon, what to do. */
function Problem({ text, tone }: { readonly text: string; readonly tone: string }): ReactNode {
  const at = text.lastIndexOf(': ');
  return (
    <li className={s.problem}>
      <b className={tone}>{at < 0 ? text : text.slice(0, at)}</b>
      {at >= 0 && <span>{text.slice(at + 2)}</span>}
    </li>
  );
}

function Part({ name, state, of }: { readonly name: string; readonly state: string; readonly of: string }): ReactNode {
  return (
    <div className={s.part}>
      <span className="dim">{name}</span>
      <b className={state === 'ready' ? s.ok : 'error'}>{state}</b>
      <span className="dim">{of}</span>
    </div>
  );
}

function Parts({ collector, store, not_ready: refusing, degraded }: Health): ReactNode {
  const isWell = collector === 'ready' && store === 'ready' && degraded.length === 0;
  return (
    <>
      <div className={s.parts}>
        <Part name="Collector" state={collector} of="receives, decides, stores" />
        <Part name="ClickHouse" state={store} of="what is stored, as these pages read it" />
      </div>
      {isWell && (
        <p role="status" className={s.ok}>
          All is as it should be.
        </p>
      )}
      <ul className={s.problems}>
        {collector === 'unreachable' && (
          <Problem
            tone="error"
            text="the collector does not answer on its admin address: start it, or check listen.admin"
          />
        )}
        {store === 'unreachable' && (
          <Problem tone="error" text="ClickHouse does not answer: start it, or check clickhouse.url and its user" />
        )}
        {refusing.map((text) => (
          <Problem key={text} tone="error" text={text} />
        ))}
        {degraded.map((text) => (
          <Problem key={text} tone="warn" text={text} />
        ))}
      </ul>
    </>
  );
}

export function HealthPage(): ReactNode {
  const health = useHealth();
  return (
    <div className={page.page}>
      <div className={page.head}>
        <h1>Health</h1>
        <p>What works, what does not, and what to do. Asked again every five seconds.</p>
      </div>
      {health.isError ? (
        <Failed what="The state of Winnow" error={health.error} retry={() => void health.refetch()} />
      ) : health.data ? (
        <Parts {...health.data} />
      ) : (
        <Loading />
      )}
    </div>
  );
}
