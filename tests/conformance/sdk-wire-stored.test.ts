// Recorded requests of real SDKs, byte for byte over real sockets into the store, and out again through the query API: nothing is changed on the way.
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import type { SpanDetail } from '#proto/api/trace.ts';
import { comparable, decodeSpans, type DecodedSpan } from '../support/decoded-spans.ts';
import { conserved, RunningWinnow } from '../support/running-winnow.ts';
import {
  messageOf,
  signalOf,
  takenRequests,
  WireSender,
  wireSets,
  wireSummaries,
  type WireRequest,
} from '../support/sdk-wire.ts';
import { describeWithData } from '../support/shared-data.ts';
import { storedSpans } from '../support/stored-traces.ts';

const TIMEOUT_MS = 240_000;
const KEEP_ALL = 'sampling: { wait: { quiet: 300ms, after_root: 500ms, max: 1s } }\n';

interface WireSet {
  readonly name: string;
  readonly requests: readonly WireRequest[];
  readonly spans: readonly DecodedSpan[];
  readonly traceIds: readonly string[];
}

/** Sets without a common trace id go into one store together; each is then as if it were alone. */
function groups(sets: readonly WireSet[]): WireSet[][] {
  const made: { ids: Set<string>; sets: WireSet[] }[] = [];
  for (const set of sets) {
    const home = made.find(({ ids }) => !set.traceIds.some((id) => ids.has(id)));
    if (home === undefined) made.push({ ids: new Set(set.traceIds), sets: [set] });
    else {
      home.sets.push(set);
      for (const id of set.traceIds) home.ids.add(id);
    }
  }
  return made.map(({ sets: together }) => together);
}

function load(name: string): WireSet {
  const requests = takenRequests(name);
  const spans = requests.flatMap((request) => {
    const message = signalOf(request) === 'traces' ? messageOf(request) : undefined;
    return message === undefined ? [] : decodeSpans(message);
  });
  return { name, requests, spans, traceIds: [...new Set(spans.map((span) => span.trace_id))] };
}

const id = (text: string): string => (text === '' ? '-' : text);

/** sdk-wire README: `traceid spanid parentid kind start end statuscode flags nattr dropattr nevents dropevents nlinks droplinks name`. */
function spanLine(span: SpanDetail): string {
  return [
    id(span.trace_id),
    id(span.span_id),
    id(span.parent_span_id),
    span.kind,
    span.start,
    span.end,
    span.status_code,
    span.flags,
    span.attributes.length,
    span.dropped_attributes,
    span.events.length,
    span.dropped_events,
    span.links.length,
    span.dropped_links,
    span.name,
  ].join(' ');
}

function digest(lines: readonly string[]): string {
  const sorted = lines.map((line) => Buffer.from(line)).toSorted((a, b) => Buffer.compare(a, b));
  return createHash('sha256')
    .update(Buffer.concat(sorted.flatMap((line, i) => (i === 0 ? [line] : [Buffer.from('\n'), line]))))
    .digest('hex');
}

type Contents = Pick<DecodedSpan, 'span_id' | 'start' | 'status_message' | 'attributes' | 'resource' | 'scope_name'> & {
  events: DecodedSpan['events'];
  links: DecodedSpan['links'];
};

function contents(span: Contents): unknown {
  return {
    span_id: span.span_id,
    status_message: span.status_message,
    scope_name: span.scope_name,
    attributes: span.attributes.map(comparable),
    resource: span.resource.map(comparable),
    events: span.events.map((event) => ({ ...event, attributes: event.attributes.map(comparable) })),
    links: span.links.map((link) => ({
      trace_id: link.trace_id,
      span_id: link.span_id,
      flags: link.flags,
      dropped_attributes: link.dropped_attributes,
      attributes: link.attributes.map(comparable),
    })),
  };
}

const inOrder = <T extends { trace_id: string; span_id: string; start: string; name: string }>(
  spans: readonly T[],
): T[] =>
  spans.toSorted((a, b) =>
    `${a.trace_id}${a.span_id}${a.start}${a.name}` < `${b.trace_id}${b.span_id}${b.start}${b.name}` ? -1 : 1,
  );

describeWithData('recorded SDK requests, stored and read back', () => {
  const summaries = wireSummaries();
  const together = groups(wireSets().map(load));

  // Each has a Winnow of its own, and waits most of the time.
  it.concurrent.each(
    together.map((sets, i) => ({
      title: `group ${i + 1}: ${sets.map((set) => set.name.replace('.jsonl.gz', '')).join(', ')}`,
      sets,
    })),
  )('$title', { timeout: TIMEOUT_MS }, async ({ sets }) => {
    await using winnow = await RunningWinnow.start(KEEP_ALL);
    const sender = new WireSender(winnow.addresses);
    for (const { requests, name } of sets) {
      for (const request of requests) {
        const expected = messageOf(request) === undefined ? 400 : request.transport === 'http' ? 200 : 0;
        expect(await sender.send(request), `${name} ${request.method_or_path}`).toBe(expected);
      }
    }
    sender.close();
    const ledger = await winnow.settled();
    const sum = (count: (name: string) => number): number => sets.reduce((total, set) => total + count(set.name), 0);
    expect(ledger.spans).toMatchObject({
      received: sum((name) => summaries.get(name)?.spans ?? NaN),
      rejected: 0,
      dropped: 0,
    });
    expect(ledger.spans.stored).toBe(ledger.spans.received);
    expect(ledger.log_records.stored).toBe(sum((name) => summaries.get(name)?.logs ?? NaN));
    expect(ledger.metric_points.received).toBe(sum((name) => summaries.get(name)?.points ?? NaN));
    expect(conserved(ledger.metric_points)).toBe(true);
    for (const set of sets) {
      const stored = await storedSpans(winnow, set.traceIds);
      expect(digest(stored.map(spanLine)), set.name).toBe(summaries.get(set.name)?.span_lines_sha256);
      const shown = inOrder(stored).map((span) =>
        contents({ ...span, resource: span.resource.attributes, scope_name: span.scope.name }),
      );
      expect(shown, set.name).toEqual(inOrder(set.spans).map(contents));
    }
  });
});
