// Policies of the Collector in force, with its precedence: dropped beats sampled beats not sampled, drop policies are asked first.
import type { TraceView } from '#collector/model/trace.ts';
import type { AttributeKeys } from '../attribute-reader.ts';
import { TraceCursor } from '../trace-cursor.ts';
import type { Policy } from './policy.ts';

export interface PolicySetOptions {
  /** Stop at the first policy that says sampled. */
  readonly firstMatch: boolean;
  /** Traces held at one time; the oldest is let go undecided for a new one. */
  readonly numTraces: number;
  /** Policies see each batch alone, and their first final answer stands. */
  readonly spanIngest: boolean;
}

export interface PolicyDecision {
  keep: boolean;
  /** Who cast the winning vote; undefined when nobody said sampled or dropped. */
  policy: string | undefined;
}

export class PolicySet {
  readonly numTraces: number;
  readonly spanIngest: boolean;
  readonly #policies: readonly Policy[];
  readonly #firstMatch: boolean;
  readonly #cursor: TraceCursor;

  constructor(policies: readonly Policy[], keys: AttributeKeys, options: PolicySetOptions) {
    this.numTraces = options.numTraces;
    this.spanIngest = options.spanIngest;
    this.#firstMatch = options.firstMatch;
    this.#policies = [...policies].sort((a, b) => Number(b.type === 'drop') - Number(a.type === 'drop'));
    this.#cursor = new TraceCursor(keys, []);
  }

  /** Rows of the view MUST be in arrival order. Every policy is asked, so that limits count what they would there. */
  decide(view: TraceView, decision: PolicyDecision, traceSpans: number = view.count): void {
    this.#cursor.start(view, traceSpans);
    decision.keep = false;
    decision.policy = undefined;
    for (const policy of this.#policies) {
      const vote = policy.evaluate(this.#cursor);
      if (vote === 'dropped') {
        decision.keep = false;
        decision.policy = policy.name;
        return;
      }
      if (vote !== 'sampled') continue;
      decision.keep = true;
      decision.policy ??= policy.name;
      if (this.#firstMatch) return;
    }
  }

  /**
   * The strategy span-ingest on one batch (its spans alone). A drop policy that has not matched yet holds every positive answer back.
   * @param traceSpans spans of the trace so far, this batch included
   * @returns whether the decision is final; what is never final is not sampled
   */
  decideBatch(view: TraceView, decision: PolicyDecision, traceSpans: number): boolean {
    this.decide(view, decision, traceSpans);
    if (decision.keep && this.#policies.some((policy) => policy.type === 'drop')) {
      decision.keep = false;
      decision.policy = undefined;
    }
    return decision.policy !== undefined;
  }
}
