// The hosts of a trace and what became of their clocks, in words and as places on one axis.
import type { TraceResponse } from '#proto/api/trace.ts';

export interface TraceHost {
  /** As the server names it (host.id, host.name, an instance or a service). */
  readonly host: string;
  /** host.name where the resource has one. */
  readonly label: string;
  readonly offsetNs: number;
  readonly errorNs: number;
  readonly spans: number;
  readonly services: readonly string[];
  readonly isRoot: boolean;
  readonly verdict: 'reference' | 'moved' | 'as it is' | 'no fit';
}

/** Kinds of warnings that say that a clock could not be corrected. */
const NO_FIT = new Set(['clock_infeasible', 'clock_kept_raw']);

/** Root's host first, then the widest correction. */
export function traceHosts(trace: TraceResponse): TraceHost[] {
  const spans = new Map<string, number>();
  for (const resource of trace.resource) {
    const host = trace.resources[resource]?.host ?? '';
    spans.set(host, (spans.get(host) ?? 0) + 1);
  }
  const rootRow = trace.parent.indexOf(-1);
  const rootHost = trace.resources[trace.resource[rootRow] ?? -1]?.host ?? '';
  const rowOfSpan = new Map(trace.span_id.map((id, row) => [id, row]));
  const unfit = new Set(
    trace.summary.warning_spans
      .filter(({ kind }) => NO_FIT.has(kind))
      .map(({ span_id }) => trace.resources[trace.resource[rowOfSpan.get(span_id) ?? -1] ?? -1]?.host ?? ''),
  );
  const found = trace.summary.hosts.map(({ host, offset_ns: offsetNs, error_ns: errorNs }): TraceHost => {
    const resources = trace.resources.filter((resource) => resource.host === host);
    const name = resources.flatMap((resource) => resource.attributes).find(({ key }) => key === 'host.name')?.value;
    const isRoot = host === rootHost;
    return {
      host,
      offsetNs,
      errorNs,
      isRoot,
      label: name ?? host,
      spans: spans.get(host) ?? 0,
      services: [...new Set(resources.map(({ service }) => service))].sort(),
      verdict: offsetNs !== 0 ? 'moved' : isRoot ? 'reference' : unfit.has(host) ? 'no fit' : 'as it is',
    };
  });
  return found.sort(
    (a, b) =>
      Number(b.isRoot) - Number(a.isRoot) ||
      Math.abs(b.offsetNs) - Math.abs(a.offsetNs) ||
      (a.label < b.label ? -1 : 1),
  );
}

/** Share of the axis that stays free at either end. */
const MARGIN = 1.15;

/** Half length of an axis about 0 that holds every offset with its error, ns; null when nothing was moved. */
export function offsetAxis(hosts: readonly TraceHost[]): number | null {
  const widest = Math.max(0, ...hosts.map(({ offsetNs, errorNs }) => Math.abs(offsetNs) + errorNs));
  return widest === 0 ? null : widest * MARGIN;
}

/** Place on that axis, 0…1. */
export function offsetPlace(ns: number, halfNs: number): number {
  return Math.min(1, Math.max(0, 0.5 + ns / halfNs / 2));
}
