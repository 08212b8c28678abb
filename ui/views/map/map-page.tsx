// Service map: who calls whom, how often, how badly. Counted from all spans; databases, queues and outside hosts are nodes too.
import { Cloud, Database, MessagesSquare } from 'lucide-react';
import { useMemo, useState } from 'react';
import type { ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { edgePath } from '#ui/layout/map-layout.ts';
import type { MapInput } from '#ui/layout/map-layout.ts';
import { arrowOf, nearestNode } from '#ui/layout/nearest-node.ts';
import type { Answer } from '#ui/load/api.ts';
import { useDependencies } from '#ui/load/queries.ts';
import { count, milliseconds, percent, plural, shortCount } from '#ui/shape/format.ts';
import { visibleName } from '#ui/shape/visible-text.ts';
import { hueOf } from '#ui/shape/service-hue.ts';
import { useRange } from '#ui/state/now.tsx';
import { href, rangeOnly, useUrlState } from '#ui/state/url-state.ts';
import s from './map-page.module.css';
import page from '../widgets/page.module.css';
import { hueStyle } from '../widgets/service-mark.tsx';
import { Empty, Failed, Loading } from '../widgets/state-message.tsx';
import { useMapLayout } from './use-map-layout.ts';

type Edge = Answer<'dependencies'>['edges'][number];
const ICONS = { db: Database, queue: MessagesSquare, external: Cloud } as const;
/** Above this share of errors an edge is drawn red; below it a call in a thousand would paint the map. */
const BAD_SHARE = 0.01;
/** Wide maps shrink to the page down to this; smaller letters cannot be read. */
const LEAST_SCALE = 0.85;

/** One number per edge label: calls, and the share of errors when it is bad. */
function edgeText(edge: Edge): string {
  const share = edge.errors / Math.max(1, edge.calls);
  return `${shortCount(edge.calls)}${share >= BAD_SHARE ? ` · ${percent(share)}` : ''}`;
}

/** A node has room for so many letters of its name. */
const MOST_LETTERS = 26;

function shortName(name: string): string {
  const id = visibleName(name);
  return id.length > MOST_LETTERS ? `${id.slice(0, MOST_LETTERS - 1)}…` : id;
}

function nodeText({ calls, errors }: { readonly calls: number; readonly errors: number }): string {
  const share = errors / Math.max(1, calls);
  return `${shortCount(calls)} calls${share >= BAD_SHARE ? ` · ${percent(share)} errors` : ''}`;
}

/** All nodes of the drawing that holds this one, in the order in which they were placed. */
function nodesOf(node: SVGGElement): SVGGElement[] {
  return [...(node.ownerSVGElement?.querySelectorAll<SVGGElement>('g[tabindex]') ?? [])];
}

export function MapPage(): ReactNode {
  const range = useRange();
  const { params, change } = useUrlState();
  const answer = useDependencies({ start: range.startNs, end: range.endNs });
  const input = useMemo<MapInput | null>(
    () =>
      answer.data
        ? {
            nodes: answer.data.nodes.map(({ id, kind }) => ({ id, kind })),
            edges: answer.data.edges.map(({ caller, callee, kind }) => ({ caller, callee, kind })),
          }
        : null,
    [answer.data],
  );
  const placed = useMapLayout(input);
  const [focus, setFocus] = useState<string | null>(null);
  /** The one node that Tab stops at. */
  const [stop, setStop] = useState(0);
  const chosen = params.get('node');
  const [, navigate] = useLocation();
  const keep = rangeOnly(params);
  if (answer.isError) return <Failed what="The map" error={answer.error} retry={() => void answer.refetch()} />;
  if (!answer.data) return <Loading rows={10} />;
  const { nodes, edges } = answer.data;
  if (nodes.length === 0) {
    return (
      <Empty page title="No call between services in this range">
        <p>
          An edge appears when a span’s parent is in another service, or when a span names a database, a queue or an
          outside host. Both ends are needed: is context propagated between your services?
        </p>
      </Empty>
    );
  }
  /** A service has a page of its own; what sends no spans has the calls below. */
  const open = (node: { readonly id: string; readonly kind: string }): void => {
    if (node.kind === 'service') navigate(href(`/services/${encodeURIComponent(node.id)}`, keep));
    else change({ node: node.id === chosen ? null : node.id }, true);
  };
  const listed = chosen === null ? edges : edges.filter((e) => e.caller === chosen || e.callee === chosen);
  const byEdge = new Map(edges.map((e) => [`${e.caller}>${e.callee}/${e.kind}`, e]));
  const byNode = new Map(nodes.map((n) => [n.id, n]));
  const dimmed = (edge: { caller: string; callee: string }): boolean =>
    focus !== null && edge.caller !== focus && edge.callee !== focus;
  return (
    <div className={page.page}>
      <div className={page.head}>
        <h1>Service map</h1>
        <p>
          {plural(nodes.length, 'node')},{' '}
          {edges.length < answer.data.edge_count
            ? `the ${count(edges.length)} busiest of ${plural(answer.data.edge_count, 'edge')}`
            : plural(edges.length, 'edge')}
          , counted from 100 % of the spans
        </p>
      </div>
      <div className={s.frame} data-testid="map">
        {placed && (
          <svg
            width={placed.width}
            viewBox={`0 0 ${placed.width} ${placed.height}`}
            style={{ minWidth: placed.width * LEAST_SCALE }}
            role="group"
            aria-label="Service map: arrow keys go from node to node"
          >
            <defs>
              <marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
                <path className={s.arrow} d="M0 0L8 4L0 8z" />
              </marker>
              <marker id="arrow-bad" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
                <path className={s.arrowBad} d="M0 0L8 4L0 8z" />
              </marker>
            </defs>
            {placed.edges.map((edge) => {
              const key = `${edge.caller}>${edge.callee}/${edge.kind}`;
              const data = byEdge.get(key);
              if (!data) return null;
              const bad = data.errors / Math.max(1, data.calls) >= BAD_SHARE;
              return (
                <g
                  key={key}
                  className={s.edge}
                  data-bad={bad}
                  data-kind={edge.kind}
                  data-dimmed={dimmed(edge)}
                  onClick={() => change({ node: edge.callee }, true)}
                >
                  <title>{`${edge.caller} → ${edge.callee} (${edge.kind})\n${count(data.calls)} calls, ${count(data.errors)} errors\nmean ${milliseconds(data.mean_ms)}, p95 ${milliseconds(data.p95_ms)}${data.lag_ms === null ? '' : `\nlag ${milliseconds(data.lag_ms)}`}`}</title>
                  <path d={edgePath(edge.points)} markerEnd={bad ? 'url(#arrow-bad)' : 'url(#arrow)'} />
                  <text x={edge.labelX} y={edge.labelY - 5}>
                    {edgeText(data)}
                  </text>
                  <text x={edge.labelX} y={edge.labelY + 13} className={s.second}>
                    {data.lag_ms === null ? milliseconds(data.p95_ms) : `lag ${milliseconds(data.lag_ms)}`}
                  </text>
                </g>
              );
            })}
            {placed.nodes.map((node, i) => {
              const data = byNode.get(node.id);
              const Icon =
                node.kind === 'db' || node.kind === 'queue' || node.kind === 'external' ? ICONS[node.kind] : null;
              const bad = data !== undefined && data.errors / Math.max(1, data.calls) >= BAD_SHARE;
              return (
                <g
                  key={node.id}
                  transform={`translate(${node.x - node.width / 2} ${node.y - node.height / 2})`}
                  className={s.node}
                  data-kind={node.kind}
                  data-chosen={node.id === chosen}
                  tabIndex={i === stop ? 0 : -1}
                  role={node.kind === 'service' ? 'link' : 'button'}
                  aria-label={`${shortName(node.id)} ${data ? nodeText(data) : ''}, ${node.kind}${node.id.length > MOST_LETTERS ? `, ${node.id}` : ''}`}
                  onPointerEnter={() => setFocus(node.id)}
                  onPointerLeave={() => setFocus(null)}
                  onFocus={() => {
                    setFocus(node.id);
                    setStop(i);
                  }}
                  onBlur={() => setFocus(null)}
                  onClick={() => open(node)}
                  onKeyDown={(event) => {
                    const arrow = arrowOf(event.key);
                    if (arrow) nodesOf(event.currentTarget)[nearestNode(placed.nodes, i, arrow)]?.focus();
                    else if (event.key === 'Enter') open(node);
                    else return;
                    event.preventDefault();
                  }}
                >
                  <title>{node.id}</title>
                  <rect className={s.box} width={node.width} height={node.height} rx="6" />
                  {Icon ? (
                    <Icon x={10} y={14} width={15} height={15} className={s.icon} />
                  ) : (
                    <rect
                      className={s.mark}
                      style={hueStyle(hueOf(node.id))}
                      x="10"
                      y="12"
                      width="4"
                      height="20"
                      rx="1"
                    />
                  )}
                  <text x={Icon ? 32 : 22} y="19" className={s.name}>
                    {shortName(node.id)}
                  </text>{' '}
                  <text x={Icon ? 32 : 22} y="35" className={bad ? s.bad : s.second}>
                    {data ? nodeText(data) : ''}
                  </text>
                </g>
              );
            })}
          </svg>
        )}
      </div>
      {chosen !== null && (
        <p className={page.head} role="status">
          {plural(listed.length, 'edge')} of {chosen}
          <button type="button" className="chip" onClick={() => change({ node: null }, true)}>
            All {count(edges.length)}
          </button>
        </p>
      )}
      <div className={page.scroll}>
        <table className={page.table}>
          <thead>
            <tr>
              <th>Caller</th>
              <th>Callee</th>
              <th className={page.optional}>Kind</th>
              <th className="num">Calls</th>
              <th className="num">Errors</th>
              <th className={`num ${page.optional}`}>Mean</th>
              <th className={`num ${page.optional}`}>p95</th>
              <th className={`num ${page.optional}`}>Lag</th>
            </tr>
          </thead>
          <tbody>
            {listed
              .toSorted((a, b) => b.errors - a.errors || b.calls - a.calls)
              .map((e) => (
                <tr key={`${e.caller}>${e.callee}/${e.kind}`}>
                  <td className="cut">
                    <Link href={href(`/services/${encodeURIComponent(e.caller)}`, keep)}>{e.caller}</Link>
                  </td>
                  <td className="cut">
                    {byNode.get(e.callee)?.kind === 'service' ? (
                      <Link href={href(`/services/${encodeURIComponent(e.callee)}`, keep)}>{e.callee}</Link>
                    ) : (
                      e.callee
                    )}
                  </td>
                  <td className={`dim ${page.optional}`}>{e.kind}</td>
                  <td className="num">{count(e.calls)}</td>
                  <td className="num">
                    {e.errors === 0 ? (
                      <span className="dim">0</span>
                    ) : (
                      <span className="error">{percent(e.errors / Math.max(1, e.calls))}</span>
                    )}
                  </td>
                  <td className={`num ${page.optional}`}>{milliseconds(e.mean_ms)}</td>
                  <td className={`num ${page.optional}`}>{milliseconds(e.p95_ms)}</td>
                  <td className={`num ${page.optional}`}>{milliseconds(e.lag_ms)}</td>
                </tr>
              ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}
