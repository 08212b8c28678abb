// Encodes the decision log: one row per decided trace, kept or not.
import { DECISIONS_TABLE } from '#proto/tables/decisions.ts';
import { BlockTable } from './block-table.ts';

export interface DecisionRow {
  /** Trace id, big-endian words. */
  id0: number;
  id1: number;
  id2: number;
  id3: number;
  decidedAtMs: number;
  decision: 'kept' | 'dropped';
  rule: string;
  trigger: string;
  /** Two 28-bit halves. */
  thresholdHi: number;
  thresholdLo: number;
  weight: number;
  /** R, two 28-bit halves. */
  randomHi: number;
  randomLo: number;
  rootService: string;
  rootName: string;
  startHi: number;
  startLo: number;
  durationNs: number;
  spanCount: number;
  bytes: number;
  errorCount: number;
  rootPresent: boolean;
  missingParents: number;
}

export class DecisionsTable extends BlockTable<typeof DECISIONS_TABLE> {
  readonly #traceId = this.columns.trace_id;
  readonly #decidedAt = this.columns.decided_at;
  readonly #decision = this.columns.decision;
  readonly #rule = this.columns.rule;
  readonly #trigger = this.columns.trigger;
  readonly #threshold = this.columns.threshold;
  readonly #weight = this.columns.weight;
  readonly #randomness = this.columns.randomness;
  readonly #rootService = this.columns.root_service;
  readonly #rootName = this.columns.root_name;
  readonly #start = this.columns.start;
  readonly #duration = this.columns.duration_ns;
  readonly #spanCount = this.columns.span_count;
  readonly #bytes = this.columns.bytes;
  readonly #errorCount = this.columns.error_count;
  readonly #rootPresent = this.columns.root_present;
  readonly #missingParents = this.columns.missing_parents;

  constructor() {
    super(DECISIONS_TABLE);
  }

  append(row: DecisionRow): void {
    this.#traceId.appendWords(row.id0, row.id1, row.id2, row.id3);
    this.#decidedAt.append(row.decidedAtMs);
    this.#decision.appendText(row.decision);
    this.#rule.appendText(row.rule);
    this.#trigger.appendText(row.trigger);
    this.#threshold.appendThreshold(row.thresholdHi, row.thresholdLo);
    this.#weight.append(row.weight);
    this.#randomness.appendThreshold(row.randomHi, row.randomLo);
    this.#rootService.appendText(row.rootService);
    this.#rootName.appendText(row.rootName);
    this.#start.appendHalves(row.startHi, row.startLo);
    this.#duration.append(row.durationNs);
    this.#spanCount.append(row.spanCount);
    this.#bytes.append(row.bytes);
    this.#errorCount.append(row.errorCount);
    this.#rootPresent.append(row.rootPresent ? 1 : 0);
    this.#missingParents.append(row.missingParents);
    this.endRow();
  }
}
