// Encodes what traces were repaired for: increments per service and kind of warning.
import { RECONSTRUCTION_TABLE } from '#proto/tables/reconstruction.ts';
import { BlockTable } from './block-table.ts';

export interface ReconstructionRow {
  minuteSeconds: number;
  service: string;
  kind: string;
  traces: number;
  spans: number;
  /** Trace id as words. */
  example: ArrayLike<number>;
  exampleKept: boolean;
}

const NO_ID = [0, 0, 0, 0];

export class ReconstructionTable extends BlockTable<typeof RECONSTRUCTION_TABLE> {
  readonly #minute = this.columns.minute;
  readonly #service = this.columns.service;
  readonly #kind = this.columns.kind;
  readonly #traces = this.columns.traces;
  readonly #spans = this.columns.spans;
  readonly #example = this.columns.example;
  readonly #keptExample = this.columns.kept_example;

  constructor() {
    super(RECONSTRUCTION_TABLE);
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
}
