// The spans of a trace that hold all terms: names, services, ids, kind and status are here, attributes are the server's answer.
import type { TraceResponse } from '#proto/api/trace.ts';
import type { FindTerm } from './find-terms.ts';
import type { TraceTree } from './trace-tree.ts';

/** As OpenTelemetry numbers them. */
const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];
const STATUSES = ['unset', 'ok', 'error'];
const ID_PART = /^[0-9a-f]{4,16}$/;

/** What is in the trace's own columns under names of their own. */
type Columns = Readonly<Record<string, (p: number) => boolean>>;

/** Positions by what they hold: 1 where all terms hold. @param held span ids that hold a term in an attribute, by the term */
export function findSpans(
  trace: TraceResponse,
  tree: TraceTree,
  terms: readonly FindTerm[],
  held: ReadonlyMap<string, ReadonlySet<string>>,
): Uint8Array {
  const found = new Uint8Array(tree.count).fill(terms.length > 0 ? 1 : 0);
  for (const term of terms) {
    const inColumns = columnTest(trace, tree, term);
    const ids = held.get(term.text);
    for (let p = 0; p < tree.count; p++) {
      if (found[p] === 0) continue;
      const holds = inColumns(p) || (ids !== undefined && ids.has(trace.span_id[tree.row[p]!] ?? ''));
      if (holds === term.isExcluded) found[p] = 0;
    }
  }
  return found;
}

/** Strings are compared once per name, not per span. */
function columnTest(trace: TraceResponse, tree: TraceTree, { key, value }: FindTerm): (p: number) => boolean {
  const low = value.toLowerCase();
  const isPart = (text: string): boolean => text.toLowerCase().includes(low);
  const names = trace.names.map(isPart);
  const services = trace.services.map(isPart);
  if (key === null) {
    const isId = ID_PART.test(low);
    return (p) =>
      names[tree.name[p]!] === true ||
      services[tree.service[p]!] === true ||
      (isId && (trace.span_id[tree.row[p]!] ?? '').startsWith(low));
  }
  const columns: Columns = {
    name: (p) => names[tree.name[p]!] === true,
    service: (p) => services[tree.service[p]!] === true,
    status: (p) => STATUSES[tree.status[p]!] === low,
    kind: (p) => KINDS[tree.kind[p]!] === low,
  };
  return columns[key] ?? ((): boolean => false);
}

/** How many are found. */
export function countFound(found: Uint8Array): number {
  let n = 0;
  for (const one of found) n += one;
  return n;
}
