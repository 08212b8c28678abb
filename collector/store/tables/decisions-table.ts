// Encodes the decision log: one row per decided trace, kept or not.
import { DictionaryColumn } from '../columns/dictionary-column.ts';
import { FixedStringColumn, Float64Column, Int64Column, UInt32Column, UInt8Column } from '../columns/fixed-columns.ts';
import { BlockTable } from './block-table.ts';

export type DecisionRow = {
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
};

export class DecisionsTable extends BlockTable {
  readonly #traceId = new FixedStringColumn(16);
  readonly #decidedAt = new Int64Column('DateTime64(3)');
  readonly #decision = new DictionaryColumn();
  readonly #rule = new DictionaryColumn();
  readonly #trigger = new DictionaryColumn();
  readonly #threshold = new Int64Column('UInt64');
  readonly #weight = new Float64Column();
  readonly #randomness = new Int64Column('UInt64');
  readonly #rootService = new DictionaryColumn();
  readonly #rootName = new DictionaryColumn();
  readonly #start = new Int64Column('DateTime64(9)');
  readonly #duration = new Int64Column('Int64');
  readonly #spanCount = new UInt32Column();
  readonly #bytes = new Int64Column('UInt64');
  readonly #errorCount = new UInt32Column();
  readonly #rootPresent = new UInt8Column();
  readonly #missingParents = new UInt32Column();
  protected readonly columns = {
    trace_id: this.#traceId,
    decided_at: this.#decidedAt,
    decision: this.#decision,
    rule: this.#rule,
    trigger: this.#trigger,
    threshold: this.#threshold,
    weight: this.#weight,
    randomness: this.#randomness,
    root_service: this.#rootService,
    root_name: this.#rootName,
    start: this.#start,
    duration_ns: this.#duration,
    span_count: this.#spanCount,
    bytes: this.#bytes,
    error_count: this.#errorCount,
    root_present: this.#rootPresent,
    missing_parents: this.#missingParents,
  };

  constructor() {
    super('decisions');
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

  protected override storedAt(): undefined {
    return undefined;
  }
}
