// Second chances: what was dropped goes into the ring, what happens later (a late error, an error log, a link, a person) asks for it, and
// at the next tick it comes back as a request of its own. Thresholds follow from what the ring took; see docs/rescue.md.
import { STATUS_ERROR } from '#proto/otlp/enums.ts';
import { traceIdHex } from '#proto/model/ids.ts';
import type { SpanColumns } from '../assemble/span-columns.ts';
import { IncomingSampling } from '#collector/decide/randomness/incoming-sampling.ts';
import { HALF, isBelow, weightOf } from '#proto/model/threshold.ts';
import type { Decision, SpanMemory, TraceView } from '../model/trace.ts';
import { CHUNK_FINAL, CHUNK_KEPT, NO_ENTRY } from './chunk-index.ts';
import { RecentIds } from './recent-ids.ts';
import { RescueRing, type RescueRingOptions } from './rescue-ring.ts';
import { RescueWants, RESCUE_WHYS, standsForItself, type RescueWhy, type Want } from './rescue-wants.ts';
import { rescuedRequest } from './rescued-request.ts';

/** What one tick may bring back: a few milliseconds of work. */
const UNPACKS_PER_TICK = 4;
const BYTES_PER_TICK = 1024 * 1024;
/** Traces on their way back; more are forgotten, oldest first, and come back as `requested`. */
const MAX_COMING = 8192;
/** Bits of {@link RecentIds}. */
const MENTIONED_BY_ERROR_LOG = 1;
const MENTIONED_BY_LINK = 2;

/** What became of spans with an error that came after their trace was decided. */
const LATE_ERROR_OUTCOMES = ['kept', 'rescued', 'expired', 'final'] as const;
export type LateErrorOutcome = (typeof LATE_ERROR_OUTCOMES)[number];

export interface RescuerOptions {
  /** undefined: nothing is held, late errors are only counted. */
  readonly ring: RescueRingOptions | undefined;
  /** Reasons that bring traces back by themselves. */
  readonly triggers: readonly string[];
  readonly seed: number;
}

interface Coming {
  readonly why: RescueWhy;
  readonly hi: number;
  readonly lo: number;
}

export class Rescuer {
  readonly ring: RescueRing | undefined;
  readonly rescued = new Map<RescueWhy, number>(RESCUE_WHYS.map((why) => [why, 0]));
  readonly lateErrors = new Map<LateErrorOutcome, number>(LATE_ERROR_OUTCOMES.map((outcome) => [outcome, 0]));
  readonly #wants = new RescueWants();
  readonly #coming = new Map<string, Coming>();
  readonly #mentioned: RecentIds;
  readonly #random = new IncomingSampling();
  #onLateError = false;
  #onErrorLog = false;
  #onLink = false;

  constructor(memory: SpanMemory, { ring, triggers, seed }: RescuerOptions) {
    this.ring = ring === undefined ? undefined : new RescueRing(memory, ring);
    this.#mentioned = new RecentIds(seed);
    this.reactTo(triggers);
  }

  /** @param triggers reasons that bring traces back by themselves from now on */
  reactTo(triggers: readonly string[]): void {
    this.#onLateError = triggers.includes('late-error');
    this.#onErrorLog = triggers.includes('error-log') && this.ring !== undefined;
    this.#onLink = triggers.includes('link') && this.ring !== undefined;
  }

  /** Call it before a decision is recorded: a kept trace that an error log names has the adjusted count 1. */
  adjust(view: TraceView, decision: Decision): void {
    if (this.#mentioned.size === 0 || !decision.keep || this.ring === undefined) return;
    if ((this.#mentionsOf(view) & MENTIONED_BY_ERROR_LOG) === 0 || !this.ring.takes(view) || this.#wants.isFull) return;
    this.#random.read(view);
    lower(decision, this.ring.leastHi, 0, this.#random.thresholdHi, this.#random.thresholdLo);
  }

  /** HOT: per decision on a whole trace. @param isFinal a rule with a condition wants nothing of its kind */
  decided(view: TraceView, decision: Decision, isFinal: boolean): void {
    const { ring } = this;
    if (ring === undefined || (decision.keep && decision.thresholdHi === 0 && decision.thresholdLo === 0)) return;
    const random = this.#random;
    // Most of them, under load.
    if (decision.randomHi !== undefined && decision.randomHi < ring.leastHi) return;
    random.read(view);
    const randomHi = decision.randomHi ?? random.randomHi;
    const entry = decision.keep
      ? ring.note(view, randomHi, view.decidedMs)
      : ring.add(view, isFinal ? CHUNK_FINAL : 0, randomHi, view.decidedMs);
    if (entry === NO_ENTRY) return;
    const first = ring.index.firstOf(entry);
    // T_min of overload is a threshold like one told from upstream.
    ring.index.upstreamHi[first] = random.thresholdHi;
    ring.index.upstreamLo[first] = random.thresholdLo;
    if (this.#mentioned.size === 0 || decision.keep || isFinal) return;
    const mentions = this.#mentionsOf(view);
    if (mentions !== 0)
      this.#wants.add(
        view.id0,
        view.id1,
        view.id2,
        view.id3,
        (mentions & MENTIONED_BY_ERROR_LOG) === 0 ? 'link' : 'error-log',
        0,
      );
  }

  /** HOT: per late span of a dropped trace. */
  late(columns: SpanColumns, span: number, body: Buffer, nowMs: number): void {
    const { ring } = this;
    const isError = columns.status[span] === STATUS_ERROR;
    if (ring === undefined || ring.index.size === 0) {
      if (isError) this.#countLateErrors('expired', 1);
      return;
    }
    const id0 = columns.id0[span]!;
    const id1 = columns.id1[span]!;
    const id2 = columns.id2[span]!;
    const id3 = columns.id3[span]!;
    const first = ring.find(id0, id1, id2, id3);
    const isTaken =
      first !== NO_ENTRY &&
      (ring.index.flags[first]! & CHUNK_KEPT) === 0 &&
      ring.addLate(ring.index.find(id0, id1, id2, id3), columns, span, body, nowMs);
    if (!isError) return;
    if (!isTaken || !this.#onLateError) this.#countLateErrors('expired', 1);
    else if ((ring.index.flags[first]! & CHUNK_FINAL) !== 0) this.#countLateErrors('final', 1);
    else if (!this.#wants.add(id0, id1, id2, id3, 'late-error', 1)) this.#countLateErrors('expired', 1);
  }

  /** Late spans of a kept trace: with an error among them it stands for itself from now on. Whether the decision changed. */
  lateKept(view: TraceView, decision: Decision): boolean {
    if (view.errorCount === 0) return false;
    this.#countLateErrors('kept', view.errorCount);
    return this.#onLateError && this.reweigh(view.id0, view.id1, view.id2, view.id3, decision);
  }

  /** Lets a kept trace stand for itself, if a dropped one of its time would come back. Whether the decision changed. */
  reweigh(id0: number, id1: number, id2: number, id3: number, decision: Decision): boolean {
    const { ring } = this;
    const newest = ring?.index.find(id0, id1, id2, id3) ?? NO_ENTRY;
    if (ring === undefined || newest === NO_ENTRY || this.#wants.isFull) return false;
    const first = ring.index.firstOf(newest);
    if (first === NO_ENTRY) return false;
    return lower(decision, ring.thresholdHi(first), 0, ring.index.upstreamHi[first]!, ring.index.upstreamLo[first]!);
  }

  /** An error log or a link names a trace that is not decided yet. */
  noteMention(id0: number, id1: number, id2: number, id3: number, why: 'error-log' | 'link'): void {
    this.#mentioned.add(id0, id1, id2, id3, why === 'link' ? MENTIONED_BY_LINK : MENTIONED_BY_ERROR_LOG);
  }

  /** Whether that reason brings traces back by itself. */
  reactsTo(why: 'error-log' | 'link'): boolean {
    return why === 'link' ? this.#onLink : this.#onErrorLog;
  }

  /** Whether a trace could be brought back now; null where there is no ring. */
  holds(id0: number, id1: number, id2: number, id3: number): boolean | null {
    if (this.ring === undefined) return null;
    const first = this.ring.find(id0, id1, id2, id3);
    return first !== NO_ENTRY && (this.ring.index.flags[first]! & CHUNK_KEPT) === 0;
  }

  /** Asks for a dropped trace. False when it is not in the ring, or its rule is final and no person asks. */
  askFor(id0: number, id1: number, id2: number, id3: number, why: RescueWhy): boolean {
    const first = this.ring?.find(id0, id1, id2, id3) ?? NO_ENTRY;
    if (this.ring === undefined) return false;
    if (first === NO_ENTRY) return this.#upgrade(id0, id1, id2, id3, why);
    const flags = this.ring.index.flags[first]!;
    if ((flags & CHUNK_KEPT) !== 0 || ((flags & CHUNK_FINAL) !== 0 && why !== 'opened' && why !== 'requested'))
      return false;
    return this.#wants.add(id0, id1, id2, id3, why, 0);
  }

  /** Hands out requests of traces that come back, within the means of a tick. Each MUST be put back into the buffer at once. */
  *due(nowMs: number): Generator<Buffer> {
    const { ring } = this;
    if (ring === undefined) return;
    ring.tick(nowMs);
    let unpacks = UNPACKS_PER_TICK;
    let bytes = BYTES_PER_TICK;
    for (const want of this.#wants) {
      if (bytes <= 0) return;
      if (ring.find(want.id0, want.id1, want.id2, want.id3) !== NO_ENTRY) {
        const newest = ring.index.find(want.id0, want.id1, want.id2, want.id3);
        if (ring.isPacked(newest) && unpacks-- <= 0) continue;
      }
      this.#wants.remove(want);
      const request = this.#take(want);
      if (request === undefined) {
        this.#countLateErrors('expired', want.errors);
        continue;
      }
      this.#countLateErrors('rescued', want.errors);
      bytes -= request.length;
      yield request;
    }
  }

  /** The decision on a trace that came back: kept, by the rule `rescue:` and what this returns. */
  decide(view: TraceView, decision: Decision): RescueWhy {
    const key = traceIdHex(view.id0, view.id1, view.id2, view.id3);
    const { why, hi, lo } = this.#coming.get(key) ?? { why: 'requested' as const, hi: HALF, lo: 0 };
    this.#coming.delete(key);
    decision.keep = true;
    decision.thresholdHi = hi;
    decision.thresholdLo = lo;
    decision.weight = hi >= HALF ? 0 : weightOf(hi, lo);
    this.rescued.set(why, (this.rescued.get(why) ?? 0) + 1);
    return why;
  }

  /** What names the trace, as far as it counts by now: a reload may have changed what brings traces back. */
  #mentionsOf({ id0, id1, id2, id3 }: TraceView): number {
    return (
      this.#mentioned.bitsOf(id0, id1, id2, id3) &
      ((this.#onErrorLog ? MENTIONED_BY_ERROR_LOG : 0) | (this.#onLink ? MENTIONED_BY_LINK : 0))
    );
  }

  /** A trace that is already coming back because of another trace gets a reason of its own, and with it an adjusted count. */
  #upgrade(id0: number, id1: number, id2: number, id3: number, why: RescueWhy): boolean {
    const ring = this.ring!;
    const key = traceIdHex(id0, id1, id2, id3);
    const coming = this.#coming.get(key);
    const newest = ring.index.find(id0, id1, id2, id3);
    const first = newest === NO_ENTRY ? NO_ENTRY : ring.index.firstOf(newest);
    if (coming === undefined || first === NO_ENTRY || !standsForItself(why) || standsForItself(coming.why))
      return false;
    this.#coming.set(key, { why, ...this.#threshold(first) });
    return true;
  }

  /** The threshold under which traces of that kind come back: the ring's own, and that of whoever sampled before us. */
  #threshold(first: number): { readonly hi: number; readonly lo: number } {
    const ring = this.ring!;
    const own: Decision = { keep: true, rule: 0, thresholdHi: HALF, thresholdLo: 0, weight: 0 };
    lower(own, ring.thresholdHi(first), 0, ring.index.upstreamHi[first]!, ring.index.upstreamLo[first]!);
    return { hi: own.thresholdHi, lo: own.thresholdLo };
  }

  #take(want: Want): Buffer | undefined {
    const ring = this.ring!;
    const first = ring.find(want.id0, want.id1, want.id2, want.id3);
    if (first === NO_ENTRY) return undefined;
    const request = rescuedRequest(ring.chunks(ring.index.find(want.id0, want.id1, want.id2, want.id3)));
    ring.gone(first);
    if (request === undefined) return undefined;
    if (this.#coming.size >= MAX_COMING) this.#coming.delete(this.#coming.keys().next().value ?? '');
    this.#coming.set(traceIdHex(want.id0, want.id1, want.id2, want.id3), {
      why: want.why,
      ...(standsForItself(want.why) ? this.#threshold(first) : { hi: HALF, lo: 0 }),
    });
    return request;
  }

  #countLateErrors(outcome: LateErrorOutcome, spans: number): void {
    this.lateErrors.set(outcome, (this.lateErrors.get(outcome) ?? 0) + spans);
  }
}

/** Lowers the threshold of a decision to the greater of two. Whether it was above. */
function lower(decision: Decision, aHi: number, aLo: number, bHi: number, bLo: number): boolean {
  const useA = isBelow(bHi, bLo, aHi, aLo);
  const hi = useA ? aHi : bHi;
  const lo = useA ? aLo : bLo;
  if (!isBelow(hi, lo, decision.thresholdHi, decision.thresholdLo)) return false;
  decision.thresholdHi = hi;
  decision.thresholdLo = lo;
  decision.weight = weightOf(hi, lo);
  return true;
}
