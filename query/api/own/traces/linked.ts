// Traces that one trace is linked with, stored or not, and how long the whole took from the first start to the last end.
import type { LinkedTrace } from '#proto/api/trace.ts';
import type { DecisionReader, FirstDecision } from '#query/store/decisions/contract.ts';
import type { TraceHead, TraceReader } from '#query/store/traces/contract.ts';
import { decodeLink } from './decode-event.ts';

/** Linked traces of one answer. */
const MAX_LINKED = 500;
/** How far consumers of consumers are followed. */
const MAX_HOPS = 4;

interface Found {
  readonly direction: LinkedTrace['direction'];
  readonly hops: number;
  /** What the link itself holds about the other trace. */
  readonly service: string;
  readonly name: string;
}

export interface LinkedTraces {
  readonly linked: LinkedTrace[];
  readonly endToEndNs: number;
}

export interface LinkingTrace {
  readonly id: string;
  readonly startNs: string;
  readonly durationNs: number;
  /** OTLP Span.Link messages of its spans. */
  readonly linkMessages: readonly Uint8Array[];
}

export async function linkedTraces(
  { traces, decisions }: { readonly traces: TraceReader; readonly decisions: DecisionReader },
  trace: LinkingTrace,
): Promise<LinkedTraces> {
  const found = new Map<string, Found>();
  for (const link of trace.linkMessages) {
    const { trace_id: id } = decodeLink(link);
    if (id.length === 32 && id !== trace.id && !found.has(id) && found.size < MAX_LINKED)
      found.set(id, { direction: 'upstream', hops: 1, service: '', name: '' });
  }
  await followDownstream(traces, trace.id, found);
  if (found.size === 0) return { linked: [], endToEndNs: trace.durationNs };
  const ids = [...found.keys()];
  const [heads, decided] = await Promise.all([traces.heads(ids), decisions.first(ids)]);
  const headOf = new Map(heads.map((head) => [head.traceId, head]));
  const decisionOf = new Map(decided.map((decision) => [decision.traceId, decision]));
  const linked = [...found].map(([id, link]) => linkedTrace(id, link, headOf.get(id), decisionOf.get(id)));
  return { linked, endToEndNs: endToEnd(trace, linked) };
}

/** Who points at the trace, and at those, and so on. */
async function followDownstream(traces: TraceReader, traceId: string, found: Map<string, Found>): Promise<void> {
  let ids = [traceId];
  for (let hops = 1; hops <= MAX_HOPS && ids.length > 0; hops++) {
    const sources = await traces.linkedFrom(ids, MAX_LINKED);
    ids = [];
    for (const { traceId: id, service, name } of sources) {
      if (id === traceId || found.has(id) || found.size >= MAX_LINKED) continue;
      found.set(id, { direction: 'downstream', hops, service, name });
      ids.push(id);
    }
  }
}

function linkedTrace(
  id: string,
  link: Found,
  head: TraceHead | undefined,
  decision: FirstDecision | undefined,
): LinkedTrace {
  const base = { trace_id: id, direction: link.direction, hops: link.hops };
  if (head !== undefined)
    return { ...base, ...shown('kept', head), rule: head.rule, reason: `Kept by ${ruleText(head.rule)}.` };
  if (decision !== undefined) {
    const { firstDecision, firstRule: rule, thresholdHex, randomnessHex } = decision;
    const wasKept = firstDecision === 'kept';
    const reason = wasKept
      ? `Kept by ${ruleText(rule)}, but past retention or still on its way to the store.`
      : `Sampled out: ${ruleText(rule)}, threshold T = ${thresholdHex} is above its randomness R = ${randomnessHex}.`;
    return { ...base, ...shown(wasKept ? 'kept' : 'dropped', decision), rule, reason };
  }
  return {
    ...base,
    state: 'unknown',
    root_service: link.service,
    root_name: link.name,
    start: '0',
    duration_ns: 0,
    rule: '',
    reason:
      'Winnow knows no decision for it: it still waits, its decision is past retention, or no span of it arrived.',
  };
}

type Shown = Pick<LinkedTrace, 'state' | 'root_service' | 'root_name' | 'start' | 'duration_ns'>;

function shown(state: 'kept' | 'dropped', trace: Omit<TraceHead, 'traceId' | 'rule'>): Shown {
  return {
    state,
    root_service: trace.rootService,
    root_name: trace.rootName,
    start: trace.startNs,
    duration_ns: trace.durationNs,
  };
}

function ruleText(rule: string): string {
  return rule === '' ? 'no rule' : `rule “${rule}”`;
}

/** From the first start of what led here to the last end of what followed. */
function endToEnd(trace: LinkingTrace, linked: readonly LinkedTrace[]): number {
  let first = BigInt(trace.startNs);
  let last = first + BigInt(Math.round(trace.durationNs));
  for (const { start, duration_ns: duration } of linked) {
    if (start === '0') continue;
    const begin = BigInt(start);
    const end = begin + BigInt(Math.max(0, Math.round(duration)));
    if (begin < first) first = begin;
    if (end > last) last = end;
  }
  return Number(last - first);
}
