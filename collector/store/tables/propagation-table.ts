// Encodes where trace context went wrong: increments per cause and pair of services.
import { PROPAGATION_TABLE } from '#proto/tables/propagation.ts';
import { BlockTable } from './block-table.ts';

export interface PropagationRow {
  minuteSeconds: number;
  cause: string;
  /** Empty where there is no caller to name. */
  caller: string;
  callee: string;
  count: number;
  /** What `count` is a part of. */
  of: number;
  /** Trace id as words, zeros for none. */
  example: ArrayLike<number>;
  exampleKept: boolean;
}

const NO_ID = [0, 0, 0, 0];

export class PropagationTable extends BlockTable<typeof PROPAGATION_TABLE> {
  readonly #minute = this.columns.minute;
  readonly #cause = this.columns.cause;
  readonly #caller = this.columns.caller;
  readonly #callee = this.columns.callee;
  readonly #count = this.columns.problems;
  readonly #of = this.columns.of;
  readonly #example = this.columns.example;
  readonly #keptExample = this.columns.kept_example;

  constructor() {
    super(PROPAGATION_TABLE);
  }

  append(row: PropagationRow): void {
    this.#minute.append(row.minuteSeconds);
    this.#cause.appendText(row.cause);
    this.#caller.appendText(row.caller);
    this.#callee.appendText(row.callee);
    this.#count.append(row.count);
    this.#of.append(row.of);
    this.#example.appendId(row.example);
    this.#keptExample.appendId(row.exampleKept ? row.example : NO_ID);
    this.endRow();
  }
}
