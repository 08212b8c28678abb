// The traces that one trace is linked with, put together by what they are, so that the consumer of a hundred messages stays readable.
import type { LinkedTrace, TraceResponse } from '#proto/api/trace.ts';

/** Linked traces of one direction, distance, root service and root operation. Times in ns from the start of the trace at hand. */
export interface LinkedGroup {
  readonly direction: LinkedTrace['direction'];
  readonly hops: number;
  readonly service: string;
  readonly name: string;
  /** Stored ones first, each part by start. */
  readonly traces: readonly LinkedTrace[];
  readonly kept: number;
  readonly dropped: number;
  readonly unknown: number;
  /** Rules that let members go, most first. */
  readonly droppedBy: readonly string[];
  /** From the first start to the last end; null when no time is known. */
  readonly time: { readonly from: number; readonly to: number } | null;
}

const ORDER: Readonly<Record<LinkedTrace['state'], number>> = { kept: 0, dropped: 1, unknown: 2 };

/** Time of a linked trace relative to the trace at hand, ns; null when it is not known. */
export function linkedTime(trace: TraceResponse, linked: LinkedTrace): { from: number; to: number } | null {
  if (linked.start === '0') return null;
  const from = Number(BigInt(linked.start) - BigInt(trace.summary.start));
  return { from, to: from + Math.max(0, linked.duration_ns) };
}

/** Upstream first, then by distance and time. */
export function linkedGroups(trace: TraceResponse): LinkedGroup[] {
  const byKind = new Map<string, LinkedTrace[]>();
  for (const linked of trace.linked_traces ?? []) {
    const key = [linked.direction, linked.hops, linked.root_service, linked.root_name].join('\u0000');
    const list = byKind.get(key);
    if (list) list.push(linked);
    else byKind.set(key, [linked]);
  }
  const groups = [...byKind.values()].map((members) => groupOf(trace, members));
  const first = (group: LinkedGroup): number => group.time?.from ?? Number.POSITIVE_INFINITY;
  return groups.sort((a, b) =>
    a.direction === b.direction
      ? a.hops - b.hops || first(a) - first(b) || b.traces.length - a.traces.length
      : a.direction === 'upstream'
        ? -1
        : 1,
  );
}

function groupOf(trace: TraceResponse, members: readonly LinkedTrace[]): LinkedGroup {
  const { direction, hops, root_service: service, root_name: name } = members[0]!;
  const rules = new Map<string, number>();
  const states = { kept: 0, dropped: 0, unknown: 0 };
  let time: { from: number; to: number } | null = null;
  for (const member of members) {
    states[member.state]++;
    if (member.state === 'dropped') rules.set(member.rule, (rules.get(member.rule) ?? 0) + 1);
    const at = linkedTime(trace, member);
    if (at) time = time ? { from: Math.min(time.from, at.from), to: Math.max(time.to, at.to) } : at;
  }
  return {
    direction,
    hops,
    service,
    name,
    ...states,
    time,
    traces: members.toSorted((a, b) => ORDER[a.state] - ORDER[b.state] || (BigInt(a.start) < BigInt(b.start) ? -1 : 1)),
    droppedBy: [...rules].sort((a, b) => b[1] - a[1]).map(([rule]) => rule || 'no rule'),
  };
}

/** `kept`, `sampled out: the rest`, or for several `5 kept, 92 sampled out: the rest`. */
export function outcome(group: Pick<LinkedGroup, 'kept' | 'dropped' | 'unknown' | 'droppedBy'>): string {
  const { kept, dropped, unknown } = group;
  const total = kept + dropped + unknown;
  const by =
    group.droppedBy.length === 0
      ? ''
      : `: ${group.droppedBy.slice(0, 2).join(', ')}${group.droppedBy.length > 2 ? ', …' : ''}`;
  const number = (n: number): string => (total === 1 ? '' : `${n} `);
  const parts = [
    kept > 0 ? `${number(kept)}kept` : '',
    unknown > 0 ? `${number(unknown)}not known` : '',
    dropped > 0 ? `${number(dropped)}sampled out${by}` : '',
  ];
  return parts.filter((part) => part !== '').join(', ');
}

/** Longest extension of the time axis over linked traces that still leaves the trace itself readable. */
const READABLE_STRETCH = 2;

/** Time over the trace and all that is linked, ns from its start, and whether showing it leaves the trace readable. */
export function endToEnd(
  groups: readonly LinkedGroup[],
  startNs: number,
  endNs: number,
): { readonly from: number; readonly to: number; readonly readable: boolean } {
  let from = startNs;
  let to = endNs;
  for (const { time } of groups) {
    if (!time) continue;
    from = Math.min(from, time.from);
    to = Math.max(to, time.to);
  }
  return { from, to, readable: to - from <= READABLE_STRETCH * Math.max(1, endNs - startNs) };
}
