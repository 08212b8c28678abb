// Encodes the inbound side of span links: who points at a span.
import { LINKS_TABLE } from '#proto/tables/links.ts';
import { BlockTable } from './block-table.ts';

export interface LinkRow {
  /** 16 and 8 bytes, as in the link. */
  targetTraceId: Uint8Array;
  targetSpanId: Uint8Array;
  /** Big-endian words of the linking trace and span. */
  sourceId0: number;
  sourceId1: number;
  sourceId2: number;
  sourceId3: number;
  sourceSpanHi: number;
  sourceSpanLo: number;
  sourceService: string;
  sourceName: string;
  /** Unix ns, unsigned halves. */
  sourceStartHi: number;
  sourceStartLo: number;
  sourceKind: number;
}

export class LinksTable extends BlockTable<typeof LINKS_TABLE> {
  readonly #targetTraceId = this.columns.target_trace_id;
  readonly #targetSpanId = this.columns.target_span_id;
  readonly #sourceTraceId = this.columns.source_trace_id;
  readonly #sourceSpanId = this.columns.source_span_id;
  readonly #sourceService = this.columns.source_service;
  readonly #sourceName = this.columns.source_name;
  readonly #sourceStart = this.columns.source_start;
  readonly #sourceKind = this.columns.source_kind;

  constructor() {
    super(LINKS_TABLE);
  }

  append(row: LinkRow): void {
    this.#targetTraceId.appendWhole(row.targetTraceId);
    this.#targetSpanId.appendWhole(row.targetSpanId);
    this.#sourceTraceId.appendWords(row.sourceId0, row.sourceId1, row.sourceId2, row.sourceId3);
    this.#sourceSpanId.appendWords(row.sourceSpanHi, row.sourceSpanLo);
    this.#sourceService.appendText(row.sourceService);
    this.#sourceName.appendText(row.sourceName);
    this.#sourceStart.appendHalves(row.sourceStartHi, row.sourceStartLo);
    this.#sourceKind.append(row.sourceKind);
    this.endRow();
  }
}
