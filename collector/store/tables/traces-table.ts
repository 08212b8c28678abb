// Encodes the summary rows of kept traces; a trace with late spans gets a further row that merges into the first.
import { arrayOf, mapOf, tuplesOf } from '../columns/array-columns.ts';
import { FixedStringColumn, Float64Column, Int64Column, UInt32Column, UInt8Column } from '../columns/fixed-columns.ts';
import { StringColumn } from '../columns/string-column.ts';
import { LOOK_EVERY_BYTES } from '../block-limits.ts';
import { BlockTable } from './block-table.ts';
import { appendCountMap } from './map-rows.ts';

export type TraceOperation = {
  service: string;
  name: string;
  spans: number;
  pathNs: number;
  selfNs: number;
  dragNs: number;
  slackNs: number;
};

export type TraceRepeat = {
  firstSpanId: string;
  service: string;
  name: string;
  spans: number;
  totalNs: number;
  spanNs: number;
};

export type TraceRow = {
  /** Trace id, big-endian words. */
  id0: number;
  id1: number;
  id2: number;
  id3: number;
  /** Unix ns, unsigned halves. start is a part of the key: a late row repeats the first one's. */
  startHi: number;
  startLo: number;
  endHi: number;
  endLo: number;
  durationNs: number;
  rootService: string;
  rootName: string;
  rootKind: number;
  /** These three are summed over the rows of a trace. */
  spanCount: number;
  errorCount: number;
  lateCount: number;
  missingParents: number;
  rootPresent: boolean;
  depth: number;
  services: readonly string[];
  serviceSpans: ReadonlyMap<string, number>;
  criticalPathNs: ReadonlyMap<string, number>;
  rule: string;
  trigger: string;
  /** Two 28-bit halves. */
  thresholdHi: number;
  thresholdLo: number;
  weight: number;
  hosts: readonly { host: string; offsetNs: number; errorNs: number }[];
  /** span_id as 16 hex digits, empty when the warning is about the trace. */
  /** On the critical path and off it; ns. */
  operations: readonly TraceOperation[];
  /** Runs of similar siblings; ids as 16 hex digits. */
  repeats: readonly TraceRepeat[];
  warnings: readonly { kind: string; spanId: string }[];
};

export class TracesTable extends BlockTable {
  readonly #traceId = new FixedStringColumn(16);
  readonly #start = new Int64Column('DateTime64(9)');
  readonly #storedAt = new UInt32Column('DateTime');
  readonly #end = new Int64Column('DateTime64(9)');
  readonly #duration = new Int64Column('Int64');
  readonly #rootService = new StringColumn();
  readonly #rootName = new StringColumn();
  readonly #rootKind = new UInt8Column();
  readonly #spanCount = new Int64Column('UInt64');
  readonly #errorCount = new Int64Column('UInt64');
  readonly #lateCount = new Int64Column('UInt64');
  readonly #missingParents = new Int64Column('UInt64');
  readonly #rootPresent = new UInt8Column();
  readonly #depth = new UInt32Column();
  readonly #services = arrayOf(new StringColumn());
  readonly #serviceSpans = mapOf(new StringColumn(), new Int64Column('UInt64'));
  readonly #criticalPath = mapOf(new StringColumn(), new Int64Column('UInt64'));
  readonly #rule = new StringColumn();
  readonly #trigger = new StringColumn();
  readonly #threshold = new Int64Column('UInt64');
  readonly #weight = new Float64Column();
  readonly #weightAtMost = new Float64Column();
  readonly #thresholdAtMost = new Int64Column('UInt64');
  readonly #hosts = tuplesOf(['host', 'offset_ns', 'error_ns'], [
    new StringColumn(),
    new Int64Column('Int64'),
    new Int64Column('Int64'),
  ] as const);
  readonly #warnings = tuplesOf(['kind', 'span_id'], [new StringColumn(), new StringColumn()] as const);
  readonly #operations = tuplesOf(['service', 'name', 'spans', 'path_ns', 'self_ns', 'drag_ns', 'slack_ns'], [
    new StringColumn(),
    new StringColumn(),
    new Int64Column('UInt64'),
    new Int64Column('Int64'),
    new Int64Column('Int64'),
    new Int64Column('Int64'),
    new Int64Column('Int64'),
  ] as const);
  readonly #repeats = tuplesOf(['first_span_id', 'service', 'name', 'spans', 'total_ns', 'span_ns'], [
    new StringColumn(),
    new StringColumn(),
    new StringColumn(),
    new Int64Column('UInt64'),
    new Int64Column('Int64'),
    new Int64Column('Int64'),
  ] as const);
  protected readonly columns = {
    trace_id: this.#traceId,
    start: this.#start,
    stored_at: this.#storedAt,
    end: this.#end,
    duration_ns: this.#duration,
    root_service: this.#rootService,
    root_name: this.#rootName,
    root_kind: this.#rootKind,
    span_count: this.#spanCount,
    error_count: this.#errorCount,
    late_count: this.#lateCount,
    missing_parents: this.#missingParents,
    root_present: this.#rootPresent,
    depth: this.#depth,
    services: this.#services,
    service_spans: this.#serviceSpans,
    critical_path_ns: this.#criticalPath,
    rule: this.#rule,
    trigger: this.#trigger,
    threshold: this.#threshold,
    weight: this.#weight,
    threshold_at_most: this.#thresholdAtMost,
    weight_at_most: this.#weightAtMost,
    hosts: this.#hosts,
    warnings: this.#warnings,
    operations: this.#operations,
    repeats: this.#repeats,
  };

  constructor() {
    super('traces');
  }

  append(row: TraceRow): void {
    this.#traceId.appendWords(row.id0, row.id1, row.id2, row.id3);
    this.#start.appendHalves(row.startHi, row.startLo);
    this.#end.appendHalves(row.endHi, row.endLo);
    this.#duration.append(row.durationNs);
    this.#rootService.appendText(row.rootService);
    this.#rootName.appendText(row.rootName);
    this.#rootKind.append(row.rootKind);
    this.#spanCount.append(row.spanCount);
    this.#errorCount.append(row.errorCount);
    this.#lateCount.append(row.lateCount);
    this.#missingParents.append(row.missingParents);
    this.#rootPresent.append(row.rootPresent ? 1 : 0);
    this.#depth.append(row.depth);
    for (const service of row.services) this.#services.inner[0].appendText(service);
    this.#services.endRow();
    appendCountMap(this.#serviceSpans, row.serviceSpans);
    appendCountMap(this.#criticalPath, row.criticalPathNs);
    this.#rule.appendText(row.rule);
    this.#trigger.appendText(row.trigger);
    this.#threshold.appendThreshold(row.thresholdHi, row.thresholdLo);
    this.#weight.append(row.weight);
    // A trace that stands for nothing may come to stand for something.
    this.#thresholdAtMost.appendThreshold(row.thresholdHi, row.thresholdLo);
    this.#weightAtMost.append(row.weight === 0 ? Infinity : row.weight);
    for (const host of row.hosts) {
      this.#hosts.inner[0].appendText(host.host);
      this.#hosts.inner[1].append(host.offsetNs);
      this.#hosts.inner[2].append(host.errorNs);
    }
    this.#hosts.endRow();
    for (const warning of row.warnings) {
      this.#warnings.inner[0].appendText(warning.kind);
      this.#warnings.inner[1].appendText(warning.spanId);
    }
    this.#warnings.endRow();
    this.#appendOperations(row.operations);
    this.#appendRepeats(row.repeats);
    this.endRow(LOOK_EVERY_BYTES); // names of services and operations: they can be long
  }

  #appendOperations(operations: readonly TraceOperation[]): void {
    const [service, name, spans, pathNs, selfNs, dragNs, slackNs] = this.#operations.inner;
    for (const operation of operations) {
      service.appendText(operation.service);
      name.appendText(operation.name);
      spans.append(operation.spans);
      pathNs.append(operation.pathNs);
      selfNs.append(operation.selfNs);
      dragNs.append(operation.dragNs);
      slackNs.append(operation.slackNs);
    }
    this.#operations.endRow();
  }

  #appendRepeats(repeats: readonly TraceRepeat[]): void {
    const [firstSpanId, service, name, spans, totalNs, spanNs] = this.#repeats.inner;
    for (const repeat of repeats) {
      firstSpanId.appendText(repeat.firstSpanId);
      service.appendText(repeat.service);
      name.appendText(repeat.name);
      spans.append(repeat.spans);
      totalNs.append(repeat.totalNs);
      spanNs.append(repeat.spanNs);
    }
    this.#repeats.endRow();
  }

  protected override storedAt(): UInt32Column {
    return this.#storedAt;
  }
}
