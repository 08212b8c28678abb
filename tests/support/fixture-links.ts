// Made-up traces that are linked with others: a checkout that takes up messages and tells a consumer, a consumer of a hundred messages.
import type { TraceSummary } from '#proto/api/search.ts';
import type { LinkedTrace } from '#proto/api/trace.ts';
import { fixtureTrace, MS, spanId, type FixtureTrace } from './fixture-trace.ts';

const LINKED = '7f3a0c52be914d7ea1c4d0926fb01e';

/** What the checkout is linked with: it told a consumer, and took up three messages of others, two of them sampled out. */
export function linkCheckout({ trace }: FixtureTrace): void {
  const startNs = BigInt(trace.summary.start);
  const at = (ms: number): string => String(startNs + BigInt(ms * MS));
  const producer = trace.span_id[trace.link_count.findIndex((n) => n > 0)] ?? '';
  trace.inbound_links.push({
    span_id: producer,
    source_trace_id: `${LINKED}99`,
    source_span_id: spanId(77),
    source_service: 'accounting',
    source_name: 'orders process',
    source_start: at(1302),
  });
  const dropped = {
    state: 'dropped',
    rule: 'the rest 5 %',
    reason:
      'Sampled out: rule “the rest 5 %”, threshold T = f3333333333333 is above its randomness R = 0926fb01e40000.',
  } as const;
  const kept = { state: 'kept', rule: 'errors', reason: 'Kept by rule “errors”.' } as const;
  trace.linked_traces = [
    {
      trace_id: `${LINKED}40`,
      direction: 'upstream',
      hops: 1,
      root_service: 'frontend',
      root_name: 'POST /cart',
      start: at(-420),
      duration_ns: 46 * MS,
      ...kept,
    },
    {
      trace_id: `${LINKED}41`,
      direction: 'upstream',
      hops: 1,
      root_service: 'frontend',
      root_name: 'POST /cart',
      start: at(-310),
      duration_ns: 52 * MS,
      ...dropped,
    },
    {
      trace_id: `${LINKED}42`,
      direction: 'upstream',
      hops: 1,
      root_service: 'frontend',
      root_name: 'POST /cart',
      start: at(-200),
      duration_ns: 38 * MS,
      ...dropped,
    },
    {
      trace_id: `${LINKED}99`,
      direction: 'downstream',
      hops: 1,
      root_service: 'accounting',
      root_name: 'orders process',
      start: at(1302),
      duration_ns: 122 * MS,
      ...kept,
    },
    {
      trace_id: `${LINKED}98`,
      direction: 'downstream',
      hops: 2,
      root_service: 'email',
      root_name: 'digest',
      start: at(9800),
      duration_ns: 80 * MS,
      ...dropped,
    },
  ];
  trace.summary.end_to_end_ns = 10_300 * MS;
}

/** A consumer span that takes a hundred messages at once: 100 links, five of the producing traces stored. */
export function batchTrace(summary: TraceSummary): FixtureTrace {
  const made = fixtureTrace(summary, {
    service: 'accounting',
    name: 'orders process',
    at: 0,
    ms: 184,
    kind: 'server',
    links: 100,
    children: [{ service: 'accounting', name: 'INSERT ledger', at: 4, ms: 170, kind: 'client' }],
  });
  const { trace, details } = made;
  const root = details.get(trace.span_id[0] ?? '');
  const links = Array.from({ length: 100 }, (_, i) => `${LINKED}${(0x40 + i).toString(16).padStart(2, '0')}`);
  if (root)
    details.set(root.span_id, { ...root, links: root.links.map((link, i) => ({ ...link, trace_id: links[i] ?? '' })) });
  trace.linked_traces = links.map((id, i): LinkedTrace => {
    const isKept = i % 20 === 7;
    return {
      trace_id: id,
      direction: 'upstream',
      hops: 1,
      state: isKept ? 'kept' : 'dropped',
      root_service: i % 25 === 0 ? 'mobile' : 'frontend',
      root_name: 'POST /checkout',
      start: String(BigInt(summary.start) - BigInt((2400 - i * 20) * MS)),
      duration_ns: (60 + i) * MS,
      rule: isKept ? 'floor' : 'the rest 5 %',
      reason: isKept
        ? 'Kept by rule “floor”.'
        : `Sampled out: rule “the rest 5 %”, threshold T = f3333333333333 is above its randomness R = ${id.slice(18)}.`,
    };
  });
  trace.summary.end_to_end_ns = 2584 * MS;
  return made;
}
