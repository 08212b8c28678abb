// Where second chances meet the pipeline: what the stages tell the rescuer, and the way back of what it hands out.
import { traceIdOf, traceIdWords, type TraceId, type TraceIdWords } from '#proto/model/ids.ts';
import { parseDurationMs } from '#proto/config/units.ts';
import type { RescueRequest, RescueResponse } from '#proto/api/rescue.ts';
import type { RequestIndex } from '#collector/assemble/request-index.ts';
import { LateAges } from '#collector/assemble/late-ages.ts';
import { ageMs, DECIDED_DROPPED, UNDECIDED, type PastDecision } from '#collector/assemble/decision-lookup.ts';
import type { SpanColumns } from '#collector/assemble/span-columns.ts';
import type { DecisionMemory } from '#collector/decide/memory/decision-memory.ts';
import type { OwnedSpanMemory } from '#collector/model/span-memory.ts';
import type { Decision, TraceView } from '#collector/model/trace.ts';
import type { TraceStart } from '#collector/rows/trace-sink.ts';
import { TARGET_WORDS, type TraceLinks } from '#collector/reconstruct/links.ts';
import { Rescuer, type RescuerOptions } from '#collector/rescue/rescuer.ts';
import { searchRing } from '#collector/rescue/rescue-search.ts';
import { RESCUE_WHYS, type RescueWhy } from '#collector/rescue/rescue-wants.ts';

export const rescueRule = (why: RescueWhy): string => `rescue:${why}`;
/** Rules under which traces come back. */
export const RESCUE_RULES: readonly string[] = RESCUE_WHYS.map(rescueRule);

export interface TraceRescueParts {
  readonly memory: OwnedSpanMemory;
  readonly decisions: DecisionMemory;
  readonly index: RequestIndex;
  /** Puts the indexed request of a dropped trace back into the buffer. */
  readonly bringBack: (body: Buffer, nowMs: number) => void;
  /** The adjusted count of a stored trace has changed. */
  readonly reweighed: (id: TraceIdWords, decision: Decision, start: TraceStart) => void;
  readonly onFailure: (error: unknown) => void;
}

export class TraceRescue {
  readonly rescuer: Rescuer;
  readonly ages = new LateAges();
  readonly #parts: TraceRescueParts;
  /** Words of the ids of traces that kept ones link to; a trace has 65,536 links at most, and they leave after each input. */
  #linked: number[] = [];
  readonly #past: PastDecision = { rule: 0, seenSeconds: 0 };
  readonly #decision: Decision = { keep: true, rule: 0, thresholdHi: 0, thresholdLo: 0, weight: 0 };

  constructor(parts: TraceRescueParts, options: RescuerOptions) {
    this.#parts = parts;
    this.rescuer = new Rescuer(parts.memory, options);
  }

  /** HOT: per decision on a whole trace, which is thereby final. @param isFinal see Decider.isFinal */
  noteDecision(view: TraceView, decision: Decision, isFinal: boolean): void {
    this.rescuer.adjust(view, decision);
    this.#parts.decisions.remember(view, decision);
    this.rescuer.decided(view, decision, isFinal);
  }

  /** HOT: per late span of a dropped trace. @param past of that trace */
  lateDropped(columns: SpanColumns, span: number, body: Buffer, past: PastDecision, nowMs: number): void {
    this.ages.add(ageMs(past, nowMs), 1);
    this.rescuer.late(columns, span, body, nowMs);
  }

  /** Late spans of a kept trace; `decision` is the one they follow, and may become another. */
  late(view: TraceView, decision: Decision): void {
    const { decisions } = this.#parts;
    const entry = decisions.lookup(view.id0, view.id1, view.id2, view.id3, this.#past);
    this.ages.add(ageMs(this.#past, view.firstSeenMs), view.count);
    if (this.rescuer.lateKept(view, decision)) decisions.revise(entry, decision);
  }

  /** The links of a trace that is kept for its own sake: those it points at are asked for, too, of the shards that own them. */
  addLinks(view: TraceView, { count, targets }: TraceLinks): void {
    if (!this.rescuer.reactsTo('link')) return;
    for (let i = 0; i < count; i++) {
      const at = i * TARGET_WORDS;
      const [id0, id1, id2, id3] = [targets[at]!, targets[at + 1]!, targets[at + 2]!, targets[at + 3]!];
      if (id3 === view.id3 && id2 === view.id2 && id1 === view.id1 && id0 === view.id0) continue;
      this.#linked.push(id0, id1, id2, id3);
    }
  }

  /** Traces that were linked to since the last call, four words each; undefined: none. */
  flushLinks(): Uint32Array | undefined {
    if (this.#linked.length === 0) return undefined;
    const traceIds = Uint32Array.from(this.#linked);
    this.#linked = [];
    return traceIds;
  }

  /** Kept traces link to these. @param traceIds four words each */
  noteLinked(traceIds: Uint32Array): void {
    const { rescuer } = this;
    if (!rescuer.reactsTo('link')) return;
    for (let at = 0; at + 3 < traceIds.length; at += 4) {
      const [id0, id1, id2, id3] = [traceIds[at]!, traceIds[at + 1]!, traceIds[at + 2]!, traceIds[at + 3]!];
      const past = this.#parts.decisions.lookup(id0, id1, id2, id3);
      if (past === UNDECIDED) rescuer.noteMention(id0, id1, id2, id3, 'link');
      else if (past === DECIDED_DROPPED) rescuer.askFor(id0, id1, id2, id3, 'link');
    }
  }

  /** Error logs that name traces. @param traceIds four words of each, big-endian */
  errorLogs(traceIds: Uint32Array): void {
    const { rescuer } = this;
    if (!rescuer.reactsTo('error-log')) return;
    for (let at = 0; at + 3 < traceIds.length; at += 4)
      this.#errorLog(traceIds[at]!, traceIds[at + 1]!, traceIds[at + 2]!, traceIds[at + 3]!);
  }

  #errorLog(id0: number, id1: number, id2: number, id3: number): void {
    const { rescuer } = this;
    const { decisions, reweighed } = this.#parts;
    const past = decisions.lookup(id0, id1, id2, id3);
    if (past === UNDECIDED) rescuer.noteMention(id0, id1, id2, id3, 'error-log');
    else if (past === DECIDED_DROPPED) rescuer.askFor(id0, id1, id2, id3, 'error-log');
    else {
      const decision = this.#decision;
      decision.rule = decisions.ruleOf(past);
      decision.thresholdHi = decisions.thresholdHi(past);
      decision.thresholdLo = decisions.thresholdLo(past);
      decision.writesTh = decisions.writesTh(past);
      if (!rescuer.reweigh(id0, id1, id2, id3, decision)) return;
      decisions.revise(past, decision);
      reweighed({ id0, id1, id2, id3 }, decision, {
        startHi: decisions.startHi(past),
        startLo: decisions.startLo(past),
      });
    }
  }

  /** Whether a trace could be brought back now; null where there is no ring. */
  holds(id0: number, id1: number, id2: number, id3: number): boolean | null {
    return this.rescuer.holds(id0, id1, id2, id3);
  }

  /** Asks for dropped traces, for a person. undefined when there is no ring. @param pause lets other work have its turn */
  async request(
    request: RescueRequest,
    nowMs: number,
    pause: () => Promise<void>,
  ): Promise<RescueResponse | undefined> {
    const { rescuer } = this;
    const { ring } = rescuer;
    if (ring === undefined) return undefined;
    const { service, name, error, last, limit, why } = request;
    const asked = request.trace_ids?.map(traceIdOf);
    const sinceMs = last === undefined ? 0 : nowMs - (parseDurationMs(last) ?? 0);
    let found: { ids: readonly TraceId[]; more: boolean } = {
      ids: (asked ?? []).slice(0, limit),
      more: (asked ?? []).length > limit,
    };
    if (
      asked === undefined ||
      service !== undefined ||
      name !== undefined ||
      error !== undefined ||
      last !== undefined
    ) {
      const ids = asked === undefined ? undefined : new Set(asked);
      found = await searchRing(
        ring,
        this.#parts.memory,
        { service, name, error, ids, sinceMs },
        ids?.size ?? limit,
        pause,
      );
      if (asked !== undefined) found = { ids: asked.filter((id) => found.ids.includes(id)), more: false };
    }
    const coming = found.ids.filter((id) => {
      const { id0, id1, id2, id3 } = traceIdWords(id);
      return rescuer.askFor(id0, id1, id2, id3, why);
    });
    return {
      trace_ids: coming,
      not_found: (asked ?? []).filter((id) => !coming.includes(id)),
      more: found.more || (asked === undefined && coming.length < found.ids.length),
      horizon_seconds: Math.round(ring.horizonMs(nowMs) / 1000),
    };
  }

  /** Call at every tick: brings back what was asked for. */
  tick(nowMs: number): void {
    const { rescuer } = this;
    const { bringBack, index, onFailure } = this.#parts;
    for (const body of rescuer.due(nowMs)) {
      // It was valid when it came, and is made of the same bytes.
      const malformed = index.index(body);
      if (malformed === undefined) bringBack(body, nowMs);
      else onFailure(new Error(`a rescued trace does not read: ${malformed}`));
    }
  }
}
