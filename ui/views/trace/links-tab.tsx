// All traces that a trace is linked with: put together by what they are, each with its outcome and its place in time.
import { useState } from 'react';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { LinkedTrace } from '#proto/api/trace.ts';
import { count, duration, plural, signed } from '#ui/shape/format.ts';
import { endToEnd, linkedTime, outcome } from '#ui/shape/linked-traces.ts';
import type { LinkedGroup } from '#ui/shape/linked-traces.ts';
import { questionWhere } from '#ui/state/question.ts';
import { href } from '#ui/state/url-state.ts';
import { directionMark } from './linked-row.tsx';
import page from '../widgets/page.module.css';
import { ServiceDot } from '../widgets/service-mark.tsx';
import { LinkState } from './span-links.tsx';
import { Empty } from '../widgets/state-message.tsx';
import type { TraceModel } from './trace-model.ts';
import s from './trace-page.module.css';

/** Groups up to this size stand open. */
const OPEN_UP_TO = 6;
/** As many as the server looks up for one trace. */
const MOST_LINKED = 500;

export function LinksTab({ model }: { readonly model: TraceModel }): ReactNode {
  const { linked, tree, trace } = model;
  if (linked.length === 0) {
    return (
      <Empty title="No linked trace">
        <p>
          A link joins traces that one cannot hold: a consumer that takes messages of many producers, a job that an
          answer set off. The SDK sets it when a span is started with the context of another (messaging instrumentation
          does so by itself).
        </p>
      </Empty>
    );
  }
  const all = trace.linked_traces ?? [];
  const whole = endToEnd(linked, tree.startNs, tree.endNs);
  const stored = all.filter((one) => one.state === 'kept').length;
  const upstream = all.filter((one) => one.direction === 'upstream').length;
  return (
    <div className={s.pad} data-testid="links">
      <p className={s.sentence}>
        End to end <b>{duration(whole.to - whole.from)}</b> over {plural(all.length + 1, 'trace')}:{' '}
        {[
          upstream > 0 ? `${count(upstream)} that led here` : '',
          'this one',
          all.length > upstream ? `${count(all.length - upstream)} that followed` : '',
        ]
          .filter((part) => part !== '')
          .join(', ')}
        .{' '}
        <span className="grain">
          {stored === all.length
            ? 'All are stored.'
            : `${count(stored)} of ${count(all.length)} linked are stored; the others are known by name.`}
        </span>
        {all.length >= MOST_LINKED && (
          <span className="dim"> These are the first {count(MOST_LINKED)}; the spans’ own links name the rest.</span>
        )}
      </p>
      <div className={page.scroll}>
        <table className={`${page.table} ${s.links}`}>
          <thead>
            <tr>
              <th>Linked trace</th>
              <th className={page.optional}>How</th>
              <th className={`num ${page.optional}`}>Began</th>
              <th className={`num ${page.optional}`}>Duration</th>
              <th>Outcome</th>
            </tr>
          </thead>
          {linked.map((group) => (
            <Group
              key={`${group.direction}/${group.hops}/${group.service}/${group.name}`}
              group={group}
              model={model}
            />
          ))}
        </table>
      </div>
    </div>
  );
}

function Group({ group, model }: { readonly group: LinkedGroup; readonly model: TraceModel }): ReactNode {
  const many = group.traces.length > 1;
  const [open, setOpen] = useState(group.traces.length <= OPEN_UP_TO);
  const how =
    group.direction === 'upstream' ? 'led here' : group.hops === 1 ? 'followed' : `followed, ${group.hops} links away`;
  const head = (
    <span className={page.name}>
      <span className="grain">{directionMark(group.direction)}</span> <ServiceDot service={group.service} />
      <span className="cut">
        <span className="dim">{group.service || 'unknown service'}</span> <b className="strong">{group.name}</b>
      </span>
    </span>
  );
  return (
    <tbody>
      {many && (
        <tr>
          <td>
            <button
              type="button"
              className={s.groupHead}
              aria-expanded={open}
              onClick={() => setOpen(!open)}
              title={open ? 'Fold these traces' : 'See each trace'}
            >
              {head} <span className="tag">×{count(group.traces.length)}</span>{' '}
              <span className="dim">{open ? '▾' : '▸'}</span>
            </button>
          </td>
          <td className={`dim ${page.optional}`}>{how}</td>
          <td className={`num ${page.optional}`}>
            {group.time ? signed(group.time.from) : <span className="dim">–</span>}
          </td>
          <td className={`num ${page.optional}`}>
            {group.time ? duration(group.time.to - group.time.from) : <span className="dim">–</span>}
          </td>
          <td>{outcome(group)}</td>
        </tr>
      )}
      {open &&
        group.traces.map((one) => (
          <One key={one.trace_id} one={one} model={model} head={many ? null : head} how={many ? '' : how} />
        ))}
    </tbody>
  );
}

function One({
  one,
  model,
  head,
  how,
}: {
  readonly one: LinkedTrace;
  readonly model: TraceModel;
  readonly head: ReactNode;
  readonly how: string;
}): ReactNode {
  const time = linkedTime(model.trace, one);
  return (
    <tr>
      <td className={head === null ? s.member : undefined}>
        <Link href={href(`/trace/${one.trace_id}`, { from: model.trace.summary.trace_id })} title={one.reason}>
          {head ?? <span className="mono link">{one.trace_id.slice(0, 16)}…</span>}
        </Link>
      </td>
      <td className={`dim ${page.optional}`}>{how}</td>
      <td className={`num ${page.optional}`}>{time ? signed(time.from) : <span className="dim">–</span>}</td>
      <td className={`num ${page.optional}`}>{time ? duration(one.duration_ns) : <span className="dim">–</span>}</td>
      <td>
        {one.state === 'kept' ? (
          <Link className="grain" href={href('/search', { q: questionWhere({ rule: one.rule }) })} title={one.reason}>
            kept: {one.rule || 'everything'}
          </Link>
        ) : (
          <LinkState linked={one} />
        )}
      </td>
    </tr>
  );
}
