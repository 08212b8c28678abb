// Encodes the inbound side of span links: who points at a span.
import { DictionaryColumn } from '../columns/dictionary-column.ts';
import { FixedStringColumn, Int64Column, UInt32Column, UInt8Column } from '../columns/fixed-columns.ts';
import { BlockTable } from './block-table.ts';

export type LinkRow = {
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
};

export class LinksTable extends BlockTable {
  readonly #targetTraceId = new FixedStringColumn(16);
  readonly #targetSpanId = new FixedStringColumn(8);
  readonly #storedAt = new UInt32Column('DateTime');
  readonly #sourceTraceId = new FixedStringColumn(16);
  readonly #sourceSpanId = new FixedStringColumn(8);
  readonly #sourceService = new DictionaryColumn();
  readonly #sourceName = new DictionaryColumn();
  readonly #sourceStart = new Int64Column('DateTime64(9)');
  readonly #sourceKind = new UInt8Column();
  protected readonly columns = {
    target_trace_id: this.#targetTraceId,
    target_span_id: this.#targetSpanId,
    stored_at: this.#storedAt,
    source_trace_id: this.#sourceTraceId,
    source_span_id: this.#sourceSpanId,
    source_service: this.#sourceService,
    source_name: this.#sourceName,
    source_start: this.#sourceStart,
    source_kind: this.#sourceKind,
  };

  constructor() {
    super('links');
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

  protected override storedAt(): UInt32Column {
    return this.#storedAt;
  }
}
