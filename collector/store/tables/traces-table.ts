// Encodes the summary rows of kept traces; a trace with late spans gets a further row that merges into the first.
import { HALF } from '#proto/model/threshold.ts';
import { TRACES_TABLE } from '#proto/tables/traces.ts';
import { LOOK_EVERY_BYTES } from '../block-limits.ts';
import type { Int64Column } from '../columns/fixed-columns.ts';
import type { StringColumn } from '../columns/string-column.ts';
import { BlockTable } from './block-table.ts';
import { appendCountMap } from './map-rows.ts';

export interface TraceOperation {
  service: string;
  name: string;
  spans: number;
  pathNs: number;
  selfNs: number;
  dragNs: number;
  slackNs: number;
}

export interface TraceRepeat {
  firstSpanId: string;
  service: string;
  name: string;
  spans: number;
  totalNs: number;
  spanNs: number;
}

export interface TraceRow {
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
  /** Of a row that says what all stored spans of the trace say together, and changes nothing else: its other fields are empty. */
  rebuilt?: RebuiltHead;
}

/** What cannot be merged out of the parts of a trace. */
export interface RebuiltHead {
  /** Stored spans that it was made from. */
  spans: number;
  startHi: number;
  startLo: number;
  durationNs: number;
  rootService: string;
  rootName: string;
  rootKind: number;
  missingParents: number;
  rootPresent: boolean;
  depth: number;
  criticalPathNs: ReadonlyMap<string, number>;
  operations: readonly TraceOperation[];
  repeats: readonly TraceRepeat[];
  warnings: readonly { kind: string; spanId: string }[];
}

const REBUILT_COLUMNS: readonly (keyof typeof TRACES_TABLE.columns)[] = [
  'rebuilt',
  'rebuilt_path',
  'rebuilt_operations',
  'rebuilt_repeats',
  'rebuilt_warnings',
];
const NO_OPERATION: TraceOperation = { service: '', name: '', spans: 0, pathNs: 0, selfNs: 0, dragNs: 0, slackNs: 0 };
const NO_REPEAT: TraceRepeat = { firstSpanId: '', service: '', name: '', spans: 0, totalNs: 0, spanNs: 0 };

export class TracesTable extends BlockTable<typeof TRACES_TABLE> {
  readonly #traceId = this.columns.trace_id;
  readonly #start = this.columns.start;
  readonly #end = this.columns.end;
  readonly #duration = this.columns.duration_ns;
  readonly #rootService = this.columns.root_service;
  readonly #rootName = this.columns.root_name;
  readonly #rootKind = this.columns.root_kind;
  readonly #spanCount = this.columns.span_count;
  readonly #errorCount = this.columns.error_count;
  readonly #lateCount = this.columns.late_count;
  readonly #missingParents = this.columns.missing_parents;
  readonly #rootPresent = this.columns.root_present;
  readonly #depth = this.columns.depth;
  readonly #services = this.columns.services;
  readonly #serviceSpans = this.columns.service_spans;
  readonly #criticalPath = this.columns.critical_path_ns;
  readonly #rule = this.columns.rule;
  readonly #trigger = this.columns.trigger;
  readonly #threshold = this.columns.threshold;
  readonly #weight = this.columns.weight;
  readonly #weightAtMost = this.columns.weight_at_most;
  readonly #thresholdAtMost = this.columns.threshold_at_most;
  readonly #hosts = this.columns.hosts;
  readonly #warnings = this.columns.warnings;
  readonly #operations = this.columns.operations;
  readonly #repeats = this.columns.repeats;
  readonly #rebuilt = this.columns.rebuilt;
  readonly #rebuiltPath = this.columns.rebuilt_path;
  readonly #rebuiltOperations = this.columns.rebuilt_operations;
  readonly #rebuiltRepeats = this.columns.rebuilt_repeats;
  readonly #rebuiltWarnings = this.columns.rebuilt_warnings;
  /** Some row since the last block has them. */
  #hasRebuilt = false;

  constructor() {
    super(TRACES_TABLE);
  }

  /** Nearly all blocks: traces that were put together again are few. */
  protected override unused(): readonly string[] {
    return this.#hasRebuilt ? [] : REBUILT_COLUMNS;
  }

  protected override afterCut(): void {
    this.#hasRebuilt = false;
  }

  append(row: TraceRow): void {
    if (row.rebuilt !== undefined) this.#hasRebuilt = true;
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
    // A weight of 0 may be raised later. A rebuilt row knows nothing of the decision.
    if (row.rebuilt === undefined) this.#thresholdAtMost.appendThreshold(row.thresholdHi, row.thresholdLo);
    else this.#thresholdAtMost.appendThreshold(HALF, 0);
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
    this.#appendRebuilt(row.rebuilt);
    this.endRow(LOOK_EVERY_BYTES); // names of services and operations: they can be long
  }

  /** Each list begins with an entry that holds the number of spans alone: an empty list of more spans is then still the greater one. */
  #appendRebuilt(head: RebuiltHead | undefined): void {
    if (head !== undefined) {
      const { spans } = head;
      const [seen, start, duration, service, name, kind, missing, present, depth] = this.#rebuilt.inner;
      seen.append(spans);
      start.appendHalves(head.startHi, head.startLo);
      duration.append(head.durationNs);
      service.appendText(head.rootService);
      name.appendText(head.rootName);
      kind.append(head.rootKind);
      missing.append(head.missingParents);
      present.append(head.rootPresent ? 1 : 0);
      depth.append(head.depth);
      for (const [its, ns] of [['', 0] as const, ...head.criticalPathNs]) {
        this.#rebuiltPath.inner[0].append(spans);
        this.#rebuiltPath.inner[1].appendText(its);
        this.#rebuiltPath.inner[2].append(ns);
      }
      for (const operation of [NO_OPERATION, ...head.operations]) {
        const [of, ...members] = this.#rebuiltOperations.inner;
        of.append(spans);
        appendOperation(members, operation);
      }
      for (const repeat of [NO_REPEAT, ...head.repeats]) {
        const [of, ...members] = this.#rebuiltRepeats.inner;
        of.append(spans);
        appendRepeat(members, repeat);
      }
      for (const warning of [{ kind: '', spanId: '' }, ...head.warnings]) {
        this.#rebuiltWarnings.inner[0].append(spans);
        this.#rebuiltWarnings.inner[1].appendText(warning.kind);
        this.#rebuiltWarnings.inner[2].appendText(warning.spanId);
      }
    }
    this.#rebuilt.endRow();
    this.#rebuiltPath.endRow();
    this.#rebuiltOperations.endRow();
    this.#rebuiltRepeats.endRow();
    this.#rebuiltWarnings.endRow();
  }

  #appendOperations(operations: readonly TraceOperation[]): void {
    for (const operation of operations) appendOperation(this.#operations.inner, operation);
    this.#operations.endRow();
  }

  #appendRepeats(repeats: readonly TraceRepeat[]): void {
    for (const repeat of repeats) appendRepeat(this.#repeats.inner, repeat);
    this.#repeats.endRow();
  }
}

type OperationColumns = readonly [
  StringColumn,
  StringColumn,
  Int64Column,
  Int64Column,
  Int64Column,
  Int64Column,
  Int64Column,
];
type RepeatColumns = readonly [StringColumn, StringColumn, StringColumn, Int64Column, Int64Column, Int64Column];

function appendOperation(columns: OperationColumns, operation: TraceOperation): void {
  const [service, name, spans, pathNs, selfNs, dragNs, slackNs] = columns;
  service.appendText(operation.service);
  name.appendText(operation.name);
  spans.append(operation.spans);
  pathNs.append(operation.pathNs);
  selfNs.append(operation.selfNs);
  dragNs.append(operation.dragNs);
  slackNs.append(operation.slackNs);
}

function appendRepeat(columns: RepeatColumns, repeat: TraceRepeat): void {
  const [firstSpanId, service, name, spans, totalNs, spanNs] = columns;
  firstSpanId.appendText(repeat.firstSpanId);
  service.appendText(repeat.service);
  name.appendText(repeat.name);
  spans.append(repeat.spans);
  totalNs.append(repeat.totalNs);
  spanNs.append(repeat.spanNs);
}
