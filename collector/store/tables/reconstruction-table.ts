// Encodes what traces were repaired for: increments per service and kind of warning.
import { DictionaryColumn } from '../columns/dictionary-column.ts';
import { FixedStringColumn, Int64Column, UInt32Column } from '../columns/fixed-columns.ts';
import { BlockTable } from './block-table.ts';

export type ReconstructionRow = {
  minuteSeconds: number;
  service: string;
  kind: string;
  traces: number;
  spans: number;
  /** Trace id as words. */
  example: ArrayLike<number>;
  exampleKept: boolean;
};

const NO_ID = [0, 0, 0, 0];

export class ReconstructionTable extends BlockTable {
  readonly #minute = new UInt32Column('DateTime');
  readonly #service = new DictionaryColumn();
  readonly #kind = new DictionaryColumn();
  readonly #storedAt = new UInt32Column('DateTime');
  readonly #traces = new Int64Column('UInt64');
  readonly #spans = new Int64Column('UInt64');
  readonly #example = new FixedStringColumn(16);
  readonly #keptExample = new FixedStringColumn(16);
  protected readonly columns = {
    minute: this.#minute,
    service: this.#service,
    kind: this.#kind,
    stored_at: this.#storedAt,
    traces: this.#traces,
    spans: this.#spans,
    example: this.#example,
    kept_example: this.#keptExample,
  };

  constructor() {
    super('reconstruction');
  }

  append(row: ReconstructionRow): void {
    this.#minute.append(row.minuteSeconds);
    this.#service.appendText(row.service);
    this.#kind.appendText(row.kind);
    this.#traces.append(row.traces);
    this.#spans.append(row.spans);
    this.#example.appendId(row.example);
    this.#keptExample.appendId(row.exampleKept ? row.example : NO_ID);
    this.endRow();
  }

  protected override storedAt(): UInt32Column {
    return this.#storedAt;
  }
}
