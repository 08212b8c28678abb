// A kept trace becomes rows: spans from their bytes, the resources and scopes they point at, inbound links, the summary; every decision a row of the log.
import { TWO_32 } from '#proto/model/halves.ts';
import type { TraceIdWords } from '#proto/model/ids.ts';
import { HALF, randomnessHi, randomnessLo, thresholdText } from '#proto/model/threshold.ts';
import type { SpanColumns } from '#collector/assemble/span-columns.ts';
import type { IdentityKeeper } from './identity-keeper.ts';
import type { SpanMemory, Decision, TraceView } from '#collector/model/trace.ts';
import type { RebuiltTrace } from '#collector/reconstruct/reconstruct.ts';
import { LinkReader } from '#collector/reconstruct/link-reader.ts';
import { TARGET_WORDS, type TraceLinks } from '#collector/reconstruct/links.ts';
import { newSpanRowContext, type SpanRowContext } from '#collector/store/tables/spans-table.ts';
import { EMPTY_FACTS, LASTING_WARNINGS, traceHead } from './trace-head.ts';
import type { TraceSink, TraceStart } from './trace-sink.ts';
import type { TraceTables } from './trace-tables.ts';

/** Links of one late span that become rows: far more than any batch has. */
const MAX_LINKS_OF_SPAN = 4096;

/** Notes which traces were decided, for a log. */
export interface DecidedNotes {
  /** A trace was decided, and its rows appended if it is kept. */
  noteDecided(view: TraceView, decision: Decision, rule: string): void;
}

export class TraceKeeper implements TraceSink {
  readonly #memory: SpanMemory;
  readonly #tables: TraceTables;
  readonly #nowMs: () => number;
  readonly #notes: DecidedNotes;
  readonly #identities: IdentityKeeper;
  readonly #links = new LinkReader();
  /** Trace id and span id of a link's target, as bytes. */
  readonly #target = Buffer.alloc(TARGET_WORDS * 4);
  readonly #row: SpanRowContext = newSpanRowContext();

  constructor(
    memory: SpanMemory,
    tables: TraceTables,
    identities: IdentityKeeper,
    nowMs: () => number,
    notes: DecidedNotes,
  ) {
    this.#notes = notes;
    this.#memory = memory;
    this.#tables = tables;
    this.#identities = identities;
    this.#nowMs = nowMs;
  }

  keep(
    view: TraceView,
    rebuilt: RebuiltTrace,
    decision: Decision,
    rule: string,
    lateOf: { startHi: number; startLo: number } | undefined,
  ): void {
    const row = this.#row;
    row.traceStartHi = lateOf?.startHi ?? view.startHi;
    row.traceStartLo = lateOf?.startLo ?? view.startLo;
    row.thresholdHi = decision.writesTh === false ? HALF : decision.thresholdHi;
    row.thresholdLo = decision.writesTh === false ? 0 : decision.thresholdLo;
    row.weight = decision.weight;
    row.randomness = foreignRandomness(view, decision);
    this.#appendSpans(view, rebuilt);
    this.linked(view, rebuilt.links);
    this.#appendSummary(view, rebuilt, decision, rule);
  }

  decided(view: TraceView, decision: Decision, rule: string): void {
    const { spans, resources, services, names } = this.#memory;
    this.#tables.decisions.append({
      id0: view.id0,
      id1: view.id1,
      id2: view.id2,
      id3: view.id3,
      decidedAtMs: this.#nowMs(),
      decision: decision.keep ? 'kept' : 'dropped',
      rule,
      trigger: view.trigger,
      thresholdHi: decision.writesTh === false ? HALF : decision.thresholdHi,
      thresholdLo: decision.writesTh === false ? 0 : decision.thresholdLo,
      weight: decision.weight,
      randomHi: decision.randomHi ?? randomnessHi(view.id2, view.id3),
      randomLo: decision.randomHi === undefined ? randomnessLo(view.id3) : (decision.randomLo ?? 0),
      rootService: services.text(resources.service[spans.resource[view.rootRow]!]!),
      rootName: names.text(spans.name[view.rootRow]!),
      startHi: view.startHi,
      startLo: view.startLo,
      durationNs: decision.correctedNs ?? view.durationNs,
      spanCount: view.count,
      bytes: view.payloadBytes,
      errorCount: view.errorCount,
      rootPresent: view.rootPresent,
      missingParents: view.missingParents,
    });
    this.#notes.noteDecided(view, decision, rule);
  }

  /** A row that changes nothing but the adjusted count of the trace. */
  reweighed(id: TraceIdWords, decision: Decision, rule: string, start: TraceStart): void {
    this.#tables.traces.append({
      ...id,
      ...start,
      ...EMPTY_FACTS,
      endHi: start.startHi,
      endLo: start.startLo,
      rule,
      thresholdHi: decision.writesTh === false ? HALF : decision.thresholdHi,
      thresholdLo: decision.writesTh === false ? 0 : decision.thresholdLo,
      weight: decision.weight,
    });
  }

  /** HOT: per kept span. */
  #appendSpans(view: TraceView, rebuilt: RebuiltTrace): void {
    const { spans, slabs, resources, scopes, services } = this.#memory;
    const table = this.#tables.spans;
    const row = this.#row;
    const nowMs = this.#nowMs();
    let lastResource = -1;
    let lastScope = -1;
    for (let i = 0; i < view.count; i++) {
      if (rebuilt.isDuplicate(i)) continue;
      const span = view.rows[i]!;
      const resource = spans.resource[span]!;
      if (resource !== lastResource) {
        lastResource = resource;
        row.resourceIdHi = resources.idHi[resource]!;
        row.resourceIdLo = resources.idLo[resource]!;
        row.serviceBytes = services.bytesOf(resources.service[resource]!);
        this.#identities.resource(resource, nowMs);
      }
      const scope = spans.scope[span]!;
      if (scope !== lastScope) {
        lastScope = scope;
        row.scopeIdHi = scopes.idHi[scope]!;
        row.scopeIdLo = scopes.idLo[scope]!;
        this.#identities.scope(scope, nowMs);
      }
      row.skewNs = rebuilt.skewNs[i]!;
      row.skewErrorNs = rebuilt.skewErrorNs[i]!;
      const from = spans.offset[span]!;
      table.append(slabs.bytes(spans.slab[span]!), from, from + spans.length[span]!, row);
    }
  }

  linked(view: TraceView, links: TraceLinks): void {
    const { spans, resources, services, names } = this.#memory;
    const { targets } = links;
    for (let i = 0; i < links.count; i++) {
      const at = i * TARGET_WORDS;
      for (let word = 0; word < TARGET_WORDS; word++) this.#target.writeUInt32BE(targets[at + word]!, word * 4);
      const row = view.rows[links.sourceNode[i]!]!;
      this.#tables.links.append({
        targetTraceId: this.#target.subarray(0, 16),
        targetSpanId: this.#target.subarray(16),
        sourceId0: view.id0,
        sourceId1: view.id1,
        sourceId2: view.id2,
        sourceId3: view.id3,
        sourceSpanHi: spans.spanIdHi[row]!,
        sourceSpanLo: spans.spanIdLo[row]!,
        sourceService: services.text(resources.service[spans.resource[row]!]!),
        sourceName: names.text(spans.name[row]!),
        sourceStartHi: spans.startHi[row]!,
        sourceStartLo: spans.startLo[row]!,
        sourceKind: spans.kind[row]!,
      });
    }
  }

  linkedSpan(columns: SpanColumns, span: number, body: Buffer): void {
    const { resources, services, names } = this.#memory;
    const links = this.#links;
    const from = columns.offset[span]!;
    links.openBytes(body, from, from + columns.length[span]!);
    for (let count = 0; count < MAX_LINKS_OF_SPAN && links.next(); count++) {
      if (!links.valid) continue;
      for (const [word, value] of [links.id0, links.id1, links.id2, links.id3, links.spanHi, links.spanLo].entries())
        this.#target.writeUInt32BE(value >>> 0, word * 4);
      this.#tables.links.append({
        targetTraceId: this.#target.subarray(0, 16),
        targetSpanId: this.#target.subarray(16),
        sourceId0: columns.id0[span]! >>> 0,
        sourceId1: columns.id1[span]! >>> 0,
        sourceId2: columns.id2[span]! >>> 0,
        sourceId3: columns.id3[span]! >>> 0,
        sourceSpanHi: columns.spanIdHi[span]! >>> 0,
        sourceSpanLo: columns.spanIdLo[span]! >>> 0,
        sourceService: services.text(resources.service[columns.resource[span]!]!),
        sourceName: names.text(columns.name[span]!),
        sourceStartHi: columns.startHi[span]!,
        sourceStartLo: columns.startLo[span]!,
        sourceKind: columns.kind[span]!,
      });
    }
  }

  #appendSummary(view: TraceView, rebuilt: RebuiltTrace, decision: Decision, rule: string): void {
    const { summary, clock } = rebuilt;
    const { hosts } = this.#memory;
    const { services, serviceSpans, ...head } = traceHead(rebuilt, this.#memory);
    const isLate = view.trigger === 'late';
    this.#tables.traces.append({
      id0: view.id0,
      id1: view.id1,
      id2: view.id2,
      id3: view.id3,
      startHi: this.#row.traceStartHi,
      startLo: this.#row.traceStartLo,
      endHi: summary.endHi,
      endLo: summary.endLo,
      // Measured from the first start, so that a late span that ends later makes the trace longer.
      durationNs: isLate
        ? (summary.endHi - this.#row.traceStartHi) * TWO_32 + (summary.endLo - this.#row.traceStartLo)
        : summary.durationNs,
      // What late spans say of the root stays empty: the first row knows better, and the larger value wins until all are looked at together.
      rootService: isLate ? '' : head.rootService,
      rootName: isLate ? '' : head.rootName,
      rootKind: isLate ? 0 : head.rootKind,
      spanCount: summary.spanCount,
      errorCount: summary.errorCount,
      lateCount: isLate ? summary.spanCount : 0,
      missingParents: isLate ? 0 : summary.missingParents,
      rootPresent: summary.rootPresent,
      depth: isLate ? 0 : summary.depth,
      services,
      serviceSpans,
      criticalPathNs: isLate ? new Map() : head.criticalPathNs,
      rule,
      trigger: isLate ? '' : view.trigger,
      thresholdHi: this.#row.thresholdHi,
      thresholdLo: this.#row.thresholdLo,
      weight: decision.weight,
      hosts: Array.from({ length: clock.hosts.size }, (_, i) => ({
        host: hosts.text(clock.hosts.slots[i]!),
        offsetNs: Math.round(clock.offsetNs[i]!),
        errorNs: Math.round(clock.errorNs[i]!),
      })),
      warnings: isLate ? head.warnings.filter(({ kind }) => LASTING_WARNINGS.has(kind)) : head.warnings,
      operations: isLate ? [] : head.operations,
      repeats: isLate ? [] : head.repeats,
    });
  }
}

/** R that is not in the trace's id; undefined for nearly all traces. */
function foreignRandomness({ id2, id3 }: TraceView, { randomHi, randomLo = 0 }: Decision): string | undefined {
  if (randomHi === undefined || (randomHi === randomnessHi(id2, id3) && randomLo === randomnessLo(id3)))
    return undefined;
  return thresholdText(randomHi, randomLo);
}
