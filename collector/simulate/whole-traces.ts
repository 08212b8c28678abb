// All traces of captures, each whole, through the collector's own index: what `simulate` decides on.
import { WireWalk } from '#proto/wire/walk.ts';
import { RESOURCE_SPANS, TRACES_DATA } from '#proto/otlp/fields.ts';
import { TWO_32 } from '#proto/model/halves.ts';
import { traceIdHex } from '#proto/model/ids.ts';
import { RequestIndex } from '#collector/assemble/request-index.ts';
import { resourceSpansBytes } from '#collector/decide/otelcol/pdata-size.ts';
import { createSpanMemory, type OwnedSpanMemory } from '#collector/model/span-memory.ts';
import { NO_ROW } from '#collector/model/span-table.ts';
import type { TraceView, Trigger } from '#collector/model/trace.ts';
import { traceViewOf } from './trace-view-of.ts';

/** One trace in numbers; `start` Unix ns, decimal; bytes of span payload. */
export interface TraceFacts {
  readonly traceId: string;
  readonly spans: number;
  readonly bytes: number;
  readonly errors: number;
  readonly byService: ReadonlyMap<string, { readonly spans: number; readonly bytes: number }>;
  readonly rootService: string;
  readonly rootName: string;
  readonly start: string;
  readonly durationNs: number;
}

export class WholeTraces {
  /** Spans that the collector would refuse for their ids or times. */
  rejectedSpans = 0;
  /** Requests that the collector would refuse whole. */
  malformedRequests = 0;
  readonly #memory: OwnedSpanMemory;
  readonly #index: RequestIndex;
  readonly #rows = new Map<string, number[]>();
  /** ResourceSpans that a row came in, counted over all requests. */
  readonly #batchOf: number[] = [];
  #batches = 0;
  /** ScopeSpans that a row came in, counted over all requests. */
  readonly #scopeSpansOf: number[] = [];
  #scopeSpans = 0;

  /** @param spanCapacity most spans of all captures together; untouched rows cost no memory */
  constructor(spanCapacity: number) {
    // A fixed seed: there is no peer here that could choose names, and runs repeat exactly.
    this.#memory = createSpanMemory(spanCapacity, 1);
    this.#index = new RequestIndex(this.#memory);
  }

  /** Takes the spans of one ExportTraceServiceRequest. @throws Error when the capacity is used up */
  add(body: Buffer): void {
    const index = this.#index;
    if (index.index(body) !== undefined) {
      this.malformedRequests++;
      return;
    }
    this.rejectedSpans += index.rejectedCount;
    if (index.count === 0) return;
    const { spans, slabs, resources, scopes } = this.#memory;
    const place = slabs.store(body, index.count);
    const slab = Math.floor(place / TWO_32);
    const offset = place % TWO_32;
    const from = index.columns;
    const { ends, scopeEnds } = groupEnds(body);
    let group = 0;
    let scopeGroup = 0;
    for (let i = 0; i < index.count; i++) {
      const row = spans.allocate();
      if (row === NO_ROW)
        throw new Error(`the captures hold more than ${spans.capacity} spans: simulate fewer at a time`);
      while (group < ends.length && from.offset[i]! >= ends[group]!) group++;
      this.#batchOf[row] = this.#batches + group;
      while (scopeGroup < scopeEnds.length && from.offset[i]! >= scopeEnds[scopeGroup]!) scopeGroup++;
      this.#scopeSpansOf[row] = this.#scopeSpans + scopeGroup;
      spans.slab[row] = slab;
      spans.offset[row] = offset + from.offset[i]!;
      spans.length[row] = from.length[i]!;
      spans.resource[row] = from.resource[i]!;
      spans.scope[row] = from.scope[i]!;
      spans.spanIdHi[row] = from.spanIdHi[i]!;
      spans.spanIdLo[row] = from.spanIdLo[i]!;
      spans.parentHi[row] = from.parentHi[i]!;
      spans.parentLo[row] = from.parentLo[i]!;
      spans.startHi[row] = from.startHi[i]!;
      spans.startLo[row] = from.startLo[i]!;
      spans.endHi[row] = from.endHi[i]!;
      spans.endLo[row] = from.endLo[i]!;
      spans.name[row] = from.name[i]!;
      spans.kind[row] = from.kind[i]!;
      spans.status[row] = from.status[i]!;
      spans.marks[row] = from.marks[i]!;
      resources.retain(from.resource[i]!, 1);
      scopes.retain(from.scope[i]!, 1);
      const id = traceIdHex(from.id0[i]!, from.id1[i]!, from.id2[i]!, from.id3[i]!);
      const rows = this.#rows.get(id);
      if (rows === undefined) this.#rows.set(id, [row]);
      else rows.push(row);
    }
    this.#batches += ends.length;
    this.#scopeSpans += scopeEnds.length;
  }

  /** Ids, 32 hex digits, sorted. */
  ids(): string[] {
    return [...this.#rows.keys()].sort();
  }

  /** Ids in order of first appearance. */
  idsByAppearance(): string[] {
    return [...this.#rows.keys()];
  }

  /** Rows in file order. @throws Error for an id that no capture holds */
  viewInFileOrder(id: string): TraceView {
    const rows = this.#rows.get(id);
    if (rows === undefined) throw new Error(`no capture holds trace ${id}`);
    return traceViewOf(this.#memory, id, Int32Array.from(rows));
  }

  /** The trace's spans of each ResourceSpans apart, in file order. */
  batches(id: string): TraceView[] {
    const parts = new Map<number, number[]>();
    for (const row of this.#rows.get(id) ?? []) {
      const batch = this.#batchOf[row]!;
      const part = parts.get(batch);
      if (part === undefined) parts.set(batch, [row]);
      else part.push(row);
    }
    return [...parts.values()].map((rows) => traceViewOf(this.#memory, id, Int32Array.from(rows)));
  }

  /** Bytes of one of {@link batches} as the Collector encodes a ResourceSpans. */
  batchBytes({ memory, rows, count }: TraceView): number {
    return resourceSpansBytes(memory, rows, count, (row) => this.#scopeSpansOf[row]!);
  }

  /** Rows by span id, without those that the collector would know as copies. @throws Error for an id that no capture holds */
  view(id: string): TraceView {
    const known = this.#rows.get(id);
    if (known === undefined) throw new Error(`no capture holds trace ${id}`);
    const rows = this.#withoutCopies(known);
    const { spans } = this.#memory;
    // Ordered by span id, so that of two equal roots the same one stands for the trace as in the collector.
    rows.sort((a, b) => spans.spanIdHi[a]! - spans.spanIdHi[b]! || spans.spanIdLo[a]! - spans.spanIdLo[b]!);
    const view = traceViewOf(this.#memory, id, Int32Array.from(rows));
    view.trigger = triggerOf(view);
    return view;
  }

  /** What of a trace the tables of a comparison count. @throws Error for an id that no capture holds */
  facts(id: string): TraceFacts {
    const view = this.view(id);
    const { spans, resources, services, names } = this.#memory;
    const serviceOf = (row: number): string => services.text(resources.service[spans.resource[row]!]!);
    const byService = new Map<string, { spans: number; bytes: number }>();
    for (const row of view.rows) {
      const name = serviceOf(row);
      const known = byService.get(name);
      if (known === undefined) byService.set(name, { spans: 1, bytes: spans.length[row]! });
      else {
        known.spans++;
        known.bytes += spans.length[row]!;
      }
    }
    return {
      traceId: id,
      spans: view.count,
      bytes: view.payloadBytes,
      errors: view.errorCount,
      byService,
      rootService: serviceOf(view.rootRow),
      rootName: names.text(spans.name[view.rootRow]!),
      start: String((BigInt(view.startHi) << 32n) | BigInt(view.startLo)),
      durationNs: view.durationNs,
    };
  }

  /** Of rows that are the same span, the first. */
  #withoutCopies(rows: readonly number[]): number[] {
    const s = this.#memory.spans;
    const seen = new Set<string>();
    return rows.filter((row) => {
      const key = [
        s.spanIdHi[row],
        s.spanIdLo[row],
        s.parentHi[row],
        s.parentLo[row],
        s.kind[row],
        s.name[row],
        s.status[row],
        s.startHi[row],
        s.startLo[row],
        s.endHi[row],
        s.endLo[row],
      ].join(' ');
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    });
  }
}

/** Where each ResourceSpans and each ScopeSpans of a request ends. */
function groupEnds(body: Buffer): { readonly ends: number[]; readonly scopeEnds: number[] } {
  const ends: number[] = [];
  const scopeEnds: number[] = [];
  const fields = new WireWalk();
  const inner = new WireWalk();
  fields.open(body, 0, body.length);
  while (fields.next()) {
    if (fields.tag !== TRACES_DATA.resourceSpans) continue;
    ends.push(fields.to);
    inner.open(body, fields.from, fields.to);
    while (inner.next()) if (inner.tag === RESOURCE_SPANS.scopeSpans) scopeEnds.push(inner.to);
  }
  return { ends, scopeEnds };
}

/** What would make the collector decide, had all spans come together. */
function triggerOf(view: TraceView): Trigger {
  if (!view.rootPresent) return 'timeout';
  return view.missingParents === 0 ? 'complete' : 'after_root';
}
