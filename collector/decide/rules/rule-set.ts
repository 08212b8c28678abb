// Compiled rules in force: ordered, the first that matches yields the threshold, and R >= T decides.
import type { Decision, TraceView } from '#collector/model/trace.ts';
import type { AttributeKeys } from '../values/attribute-reader.ts';
import { passes, type Candidate } from '../budget/candidate.ts';
import type { WindowSettings } from '../budget/compile-window.ts';
import { IncomingSampling } from '../randomness/incoming-sampling.ts';
import type { PathShares } from '../paths/path-shares.ts';
import type { Rate } from '../rates/compile-rate.ts';
import type { RatePart, RateAnswer } from '../rates/rate-book.ts';
import type { StratumOf } from '../rates/stratum.ts';
import { ProducerRandomness } from '../randomness/producer-randomness.ts';
import { HALF, KEEP_ALL, KEEP_NONE, weightOf, type Threshold } from '#proto/model/threshold.ts';
import { TraceCursor, type SpanTest, type TraceRebuilder, type TraceTest } from '../trace-cursor.ts';

export interface Rule {
  readonly name: string;
  readonly threshold: Threshold;
  /** Its threshold in force stands instead of the fixed one. */
  readonly rate: Rate | undefined;
  /** undefined = every trace. */
  readonly test: TraceTest | undefined;
  /** The budget neither cuts its traces nor counts them. */
  readonly outsideBudget: boolean;
  /** As they stand in the configuration: the same text means the same conditions; and the counters of those on paths. */
  readonly conditions: string;
  readonly paths: readonly PathShares[];
}

/** Whose randomness decides on a trace with links: its own, or that of the trace it is linked to. */
export type Linked = 'own' | 'producer';

export interface RuleSetOptions {
  readonly window?: { readonly settings: WindowSettings; readonly stratum: StratumOf | undefined } | undefined;
  readonly linked?: Linked | undefined;
}

export class RuleSet {
  /** Decision.rule is an index into these; the last one is '' for "no rule matched". */
  readonly names: readonly string[];
  /** Index of the name '' in {@link names}. */
  readonly noRule: number;
  /** Threshold and randomness sub-keys of tracestate that were malformed and ignored, since the start. */
  malformedTraceStates = 0;
  /** Traces whose incoming `th` contradicts their randomness and was ignored, since the start. */
  inconsistentThresholds = 0;
  readonly #tests: readonly (TraceTest | undefined)[];
  readonly #rules: readonly Rule[];
  readonly #rates: (Rate | undefined)[];
  readonly #outsideBudget: readonly boolean[];
  readonly #thresholdHi: Float64Array;
  readonly #thresholdLo: Float64Array;
  readonly #cursor: TraceCursor;
  /** Budget and floor; undefined when rules alone decide. */
  readonly window: WindowSettings | undefined;
  readonly #stratum: StratumOf | undefined;
  /** `sampling.linked: producer`. */
  readonly #producer: ProducerRandomness | undefined;
  /** Of the trace last decided. */
  #rule = 0;
  #ruleHi = 0;
  #ruleLo = 0;
  readonly #incoming = new IncomingSampling();
  #randomHi = 0;
  #randomLo = 0;
  #upstreamHi = 0;
  #upstreamLo = 0;

  constructor(
    rules: readonly Rule[],
    keys: AttributeKeys,
    predicates: readonly SpanTest[],
    options: RuleSetOptions = {},
  ) {
    const { window, linked } = options;
    this.#producer = linked === 'producer' ? new ProducerRandomness() : undefined;
    this.window = window?.settings;
    this.#stratum = window?.stratum;
    this.names = [...rules.map((rule) => rule.name), ''];
    this.noRule = rules.length;
    this.#tests = rules.map((rule) => rule.test);
    this.#rules = rules;
    this.#rates = rules.map((rule) => rule.rate);
    this.#outsideBudget = rules.map((rule) => rule.outsideBudget);
    const thresholds = [...rules.map((rule) => rule.threshold), KEEP_NONE];
    this.#thresholdHi = Float64Array.from(thresholds, (threshold) => threshold.hi);
    this.#thresholdLo = Float64Array.from(thresholds, (threshold) => threshold.lo);
    this.#cursor = new TraceCursor(keys, predicates);
  }

  /** How rules that ask for the tree or for corrected times get them: by the clock offsets in force. */
  rebuildWith(rebuilder: TraceRebuilder): void {
    this.#cursor.rebuilder = rebuilder;
  }

  /** Takes over what the rules before a reload have learned: averages of rates that stand unchanged under the same name, and counts. */
  adopt(previous: RuleSet): void {
    this.malformedTraceStates = previous.malformedTraceStates;
    this.inconsistentThresholds = previous.inconsistentThresholds;
    if (this.#producer !== undefined && previous.#producer !== undefined)
      this.#producer.taken.adopt(previous.#producer.taken);
    for (const rule of this.#rules) {
      if (rule.paths.length === 0) continue;
      const twin = previous.#rules.find(({ name, conditions }) => name === rule.name && conditions === rule.conditions);
      for (const [i, paths] of rule.paths.entries()) if (twin?.paths[i] !== undefined) paths.adopt(twin.paths[i]);
    }
    for (const [i, rate] of this.#rates.entries()) {
      const old = previous.#rates[previous.names.indexOf(this.names[i]!)];
      if (rate !== undefined && old?.written === rate.written) this.#rates[i] = { ...rate, sampler: old.sampler };
    }
  }

  /** From now on the counts of intervals are handed out, and {@link setRates} answers. */
  handOutRates(onInterval: (part: RatePart) => void): void {
    for (const [i, rate] of this.#rates.entries()) {
      if (rate === undefined) continue;
      const { sampler } = rate;
      const name = this.#rateName(i, rate);
      sampler.onInterval = (interval) => onInterval({ rate: name, goal: sampler.goal, interval });
    }
  }

  /** Ignored where a reload has removed the rate meanwhile. */
  setRates({ rate: name, thresholds }: RateAnswer): void {
    for (const [i, rate] of this.#rates.entries())
      if (rate !== undefined && this.#rateName(i, rate) === name) rate.sampler.setThresholds(thresholds);
  }

  /** The same in all shards, and after a reload that leaves the rate as it is. */
  #rateName(rule: number, { written }: Rate): string {
    return `${this.names[rule]} ${written}`;
  }

  /** {@link LinkedRandomness.flush} */
  flushRandomness(): Float64Array | undefined {
    return this.#producer?.taken.flush();
  }

  /** {@link LinkedRandomness.learn} */
  learnRandomness(traces: Float64Array): void {
    this.#producer?.taken.learn(traces);
  }

  /** Whether the rule has a condition and keeps nothing. */
  isFinal(rule: number): boolean {
    return this.#tests[rule] !== undefined && this.#rates[rule] === undefined && this.#thresholdHi[rule]! >= HALF;
  }

  /** HOT: per trace. Fills `decision`: first matching rule, T never below an incoming one, keep iff R >= T. */
  decide(view: TraceView, decision: Decision): void {
    const cursor = this.#cursor;
    cursor.start(view);
    const tests = this.#tests;
    let rule = 0;
    for (; rule < tests.length; rule++) {
      const test = tests[rule];
      if (test === undefined || test(cursor)) break;
    }
    this.#readTraceStates(view);
    let hi = this.#thresholdHi[rule]!;
    let lo = this.#thresholdLo[rule]!;
    const rate = this.#rates[rule];
    if (rate !== undefined) {
      const threshold = rate.sampler.threshold(
        rate.stratum(cursor),
        view.count * weightOf(view.leastHi, 0),
        view.firstSeenMs,
      );
      hi = threshold.hi;
      lo = threshold.lo;
    }
    this.#rule = rule;
    this.#ruleHi = hi;
    this.#ruleLo = lo;
    if (this.#upstreamHi > hi || (this.#upstreamHi === hi && this.#upstreamLo > lo)) {
      // Whoever sampled at this th kept only R >= th. A trace that is here although its R is below was not sampled by it: the th is no weight.
      if (
        this.#randomHi > this.#upstreamHi ||
        (this.#randomHi === this.#upstreamHi && this.#randomLo >= this.#upstreamLo)
      ) {
        hi = this.#upstreamHi;
        lo = this.#upstreamLo;
      } else this.inconsistentThresholds++;
    }
    if (view.leastHi > hi) {
      // Overload: only R >= T_min was accepted.
      hi = view.leastHi;
      lo = 0;
    }
    const keep = this.#randomHi > hi || (this.#randomHi === hi && this.#randomLo >= lo);
    decision.rule = rule;
    decision.thresholdHi = hi;
    decision.thresholdLo = lo;
    decision.keep = keep;
    decision.weight = keep ? weightOf(hi, lo) : 0;
    decision.randomHi = this.#randomHi;
    decision.randomLo = this.#randomLo;
    decision.correctedNs = cursor.correctedNs;
  }

  /** Late spans follow a decision made before: sets its randomness where it was not the id's and is still known. */
  recall({ id0, id1, id2, id3 }: TraceView, decision: Decision): void {
    const taken = this.#producer?.taken.find(id0, id1, id2, id3);
    decision.randomHi = taken?.hi;
    decision.randomLo = taken?.lo;
  }

  /**
   * The trace last decided, when budget or floor may decide otherwise than its rule did; undefined when that is final.
   * The view MUST still be the one that was decided.
   */
  candidate(view: TraceView): Candidate | undefined {
    if (this.window === undefined || this.#ruleHi >= HALF) return undefined;
    const outsideBudget = this.#outsideBudget[this.#rule] ?? false;
    if (outsideBudget && this.#ruleHi === 0 && this.#ruleLo === 0) return undefined;
    const random = { randomHi: this.#randomHi, randomLo: this.#randomLo };
    const rule = { hi: this.#ruleHi, lo: this.#ruleLo };
    const upstream = { hi: this.#upstreamHi, lo: this.#upstreamLo };
    const candidate = {
      ...random,
      rule,
      upstream,
      spans: view.count,
      bytes: view.payloadBytes,
      stratum: '',
      outsideBudget,
      correctedNs: this.#cursor.correctedNs,
    };
    // Contradicted by the trace itself: no weight (see decide).
    if (!passes(candidate, upstream)) candidate.upstream = KEEP_ALL;
    if (view.leastHi > candidate.upstream.hi) candidate.upstream = { hi: view.leastHi, lo: 0 };
    // With linked traces the window must see the others of the same R, too.
    if (this.#stratum === undefined)
      return this.#producer !== undefined || passes(candidate, rule) ? candidate : undefined;
    candidate.stratum = this.#stratum(this.#cursor);
    return candidate;
  }

  /**
   * R: the explicit `rv` (the least, should spans disagree, so that their order does not matter), else that of the trace it is linked
   * to, where that is configured, else the id's low 56 bits. Upstream T: the greatest `th` of the spans, 0 without one.
   * Who was sampled by its own R on its way (`th`) or under overload keeps it: one chance after another would be no threshold.
   */
  #readTraceStates(view: TraceView): void {
    const incoming = this.#incoming;
    incoming.read(view);
    this.malformedTraceStates += incoming.malformed;
    this.#upstreamHi = incoming.greatestHi;
    this.#upstreamLo = incoming.greatestLo;
    this.#randomHi = incoming.randomHi;
    this.#randomLo = incoming.randomLo;
    if (
      this.#producer === undefined ||
      incoming.isExplicit ||
      this.#upstreamHi > 0 ||
      this.#upstreamLo > 0 ||
      view.leastHi > 0
    )
      return;
    if (!this.#producer.read(view)) return;
    this.#randomHi = this.#producer.hi;
    this.#randomLo = this.#producer.lo;
  }
}
