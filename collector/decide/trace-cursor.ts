// Where a rule set stands while it decides one trace: the span looked at, its attributes (read once, when asked for), and which
// span predicates some or all spans meet (one pass for all rules, when the first of them asks).
import { RESOURCE, SPAN } from '#proto/otlp/fields.ts';
import type { TraceView } from '#collector/model/trace.ts';
import { rawClocks, Reconstructor, type RebuiltTrace } from '#collector/reconstruct/reconstruct.ts';
import { AttributeReader, MISSING, type AttributeKeys } from './values/attribute-reader.ts';
import type { ValueTest } from './values/attribute-test.ts';
import { PathFingerprint } from './paths/path-fingerprint.ts';

/** HOT. A condition on the span the cursor stands on. */
export type SpanTest = (cursor: TraceCursor) => boolean;
/** HOT. A condition on the whole trace. */
export type TraceTest = (cursor: TraceCursor) => boolean;

/** Tag of Span.attributes (field 9) and of Resource.attributes (field 1). */
const { attributes: SPAN_ATTRIBUTES_TAG } = SPAN;
const { attributes: RESOURCE_ATTRIBUTES_TAG } = RESOURCE;
/** Resources whose attributes stay read during one trace; most traces have fewer. A power of two. */
const RESOURCE_CACHE = 16;
const NO_ROW = -1;

/** Puts traces together by the clock offsets in force. */
export interface TraceRebuilder {
  rebuild(view: TraceView): RebuiltTrace;
  /** HOT: its duration by those offsets, ns; undefined where they change nothing. */
  correctedNs(view: TraceView): number | undefined;
  /** HOT: the most by which that could differ from the view's duration, ns; without it anything is possible. */
  reachNs?(view: TraceView): number;
}

export class TraceCursor {
  view!: TraceView;
  row = NO_ROW;
  traceSpans = 0;
  /** Duration by corrected clocks, ns, once it was asked for and where it differs from the view's. */
  correctedNs: number | undefined;
  /** By the clocks as they are, unless the pipeline knows better. */
  rebuilder: TraceRebuilder | undefined;
  #rebuilt: RebuiltTrace | undefined;
  readonly #path = new PathFingerprint();
  #pathKnown = false;
  #durationKnown = false;
  #reachKnown = false;
  #reachNs = 0;
  readonly #predicates: readonly SpanTest[];
  readonly #some: Uint8Array;
  readonly #notAll: Uint8Array;
  readonly #span: AttributeReader;
  #spanRead = false;
  readonly #resources: AttributeReader[] = [];
  readonly #resourceSlots = new Float64Array(RESOURCE_CACHE);
  #scanned = false;

  constructor(keys: AttributeKeys, predicates: readonly SpanTest[]) {
    this.#predicates = predicates;
    this.#some = new Uint8Array(predicates.length);
    this.#notAll = new Uint8Array(predicates.length);
    this.#span = new AttributeReader(keys);
    for (let i = 0; i < RESOURCE_CACHE; i++) this.#resources.push(new AttributeReader(keys));
  }

  /** HOT: per trace. @param traceSpans spans of the trace so far, where the view is only a part of it */
  start(view: TraceView, traceSpans: number = view.count): void {
    this.view = view;
    this.traceSpans = traceSpans;
    this.#scanned = false;
    this.#rebuilt = undefined;
    this.#pathKnown = false;
    this.correctedNs = undefined;
    this.#durationKnown = false;
    this.#reachKnown = false;
    this.row = NO_ROW;
    this.#resourceSlots.fill(-1);
  }

  /** HOT: per span and rule set. */
  moveTo(row: number): void {
    this.row = row;
    this.#spanRead = false;
  }

  /** HOT. Whether some span meets predicate `index`. */
  some(index: number): boolean {
    if (!this.#scanned) this.#scan();
    return this.#some[index] === 1;
  }

  /** HOT. Whether every span meets predicate `index`. */
  every(index: number): boolean {
    if (!this.#scanned) this.#scan();
    return this.#notAll[index] === 0;
  }

  /** HOT. The span's attribute with that key slot; where the span lacks the key, its resource's. */
  attribute(slot: number, test: ValueTest): boolean {
    if (!this.#spanRead) this.#readSpan();
    const type = this.#span.types[slot]!;
    if (type === MISSING) return this.resourceAttribute(slot, test);
    return test(this.#span.bytes, type, this.#span.starts[slot]!, this.#span.ends[slot]!);
  }

  /** HOT. The span's own attribute with that key slot. */
  spanAttribute(slot: number, test: ValueTest): boolean {
    if (!this.#spanRead) this.#readSpan();
    return test(this.#span.bytes, this.#span.types[slot]!, this.#span.starts[slot]!, this.#span.ends[slot]!);
  }

  /** The trace put together, once for all rules. */
  rebuilt(): RebuiltTrace {
    if (this.rebuilder === undefined) {
      const reconstructor = new Reconstructor(rawClocks);
      this.rebuilder = { rebuild: (view) => reconstructor.run(view), correctedNs: () => undefined };
    }
    this.#rebuilt ??= this.rebuilder.rebuild(this.view);
    return this.#rebuilt;
  }

  /** HOT: the most by which {@link durationNs} can differ from the view's, ns. Cheaper than asking it. */
  durationReachNs(): number {
    if (this.#durationKnown) return Math.abs((this.correctedNs ?? this.view.durationNs) - this.view.durationNs);
    if (this.#rebuilt !== undefined) return Number.POSITIVE_INFINITY;
    if (!this.#reachKnown) {
      this.#reachKnown = true;
      this.#reachNs =
        this.rebuilder === undefined ? 0 : (this.rebuilder.reachNs?.(this.view) ?? Number.POSITIVE_INFINITY);
    }
    return this.#reachNs;
  }

  /** HOT: latest end minus earliest start by corrected clocks, ns. They are looked at only where that can make a difference. */
  durationNs(): number {
    if (!this.#durationKnown) {
      this.#durationKnown = true;
      if (this.#rebuilt === undefined) this.correctedNs = this.rebuilder?.correctedNs(this.view);
      else if (this.#rebuilt.clock.moved) this.correctedNs = this.#rebuilt.summary.durationNs;
    }
    return this.correctedNs ?? this.view.durationNs;
  }

  /** The fingerprint of the path of the trace, computed once for all rules. */
  path(): PathFingerprint {
    if (!this.#pathKnown) this.#path.compute(this.view.memory, this.rebuilt().dag);
    this.#pathKnown = true;
    return this.#path;
  }

  /** The Span message the cursor stands on: bytes[from, to). */
  spanBytes(): { readonly bytes: Buffer; readonly from: number; readonly to: number } {
    const { spans, slabs } = this.view.memory;
    const from = spans.offset[this.row]!;
    return { bytes: slabs.bytes(spans.slab[this.row]!), from, to: from + spans.length[this.row]! };
  }

  /** HOT. The resource's attribute with that key slot. */
  resourceAttribute(slot: number, test: ValueTest): boolean {
    const resource = this.view.memory.spans.resource[this.row]!;
    const cached = resource & (RESOURCE_CACHE - 1);
    const reader = this.#resources[cached]!;
    if (this.#resourceSlots[cached] !== resource) {
      const message = this.view.memory.resources.messageOf(resource);
      reader.read(message, 0, message.length, RESOURCE_ATTRIBUTES_TAG);
      this.#resourceSlots[cached] = resource;
    }
    return test(reader.bytes, reader.types[slot]!, reader.starts[slot]!, reader.ends[slot]!);
  }

  #readSpan(): void {
    const { spans, slabs } = this.view.memory;
    const from = spans.offset[this.row]!;
    this.#span.read(slabs.bytes(spans.slab[this.row]!), from, from + spans.length[this.row]!, SPAN_ATTRIBUTES_TAG);
    this.#spanRead = true;
  }

  #scan(): void {
    const { rows, count } = this.view;
    const predicates = this.#predicates;
    this.#some.fill(0);
    this.#notAll.fill(0);
    for (let i = 0; i < count; i++) {
      this.moveTo(rows[i]!);
      for (let p = 0; p < predicates.length; p++) {
        // Both answers known: some span met it and some did not.
        if (this.#some[p] === 1 && this.#notAll[p] === 1) continue;
        if (predicates[p]!(this)) this.#some[p] = 1;
        else this.#notAll[p] = 1;
      }
    }
    this.#scanned = true;
  }
}
