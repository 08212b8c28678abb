// Encodes where trace context went wrong: increments per cause and pair of services.
import { DictionaryColumn } from '../columns/dictionary-column.ts';
import { FixedStringColumn, Int64Column, UInt32Column } from '../columns/fixed-columns.ts';
import { BlockTable } from './block-table.ts';

export type PropagationRow = {
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
};

const NO_ID = [0, 0, 0, 0];

export class PropagationTable extends BlockTable {
  readonly #minute = new UInt32Column('DateTime');
  readonly #cause = new DictionaryColumn();
  readonly #caller = new DictionaryColumn();
  readonly #callee = new DictionaryColumn();
  readonly #storedAt = new UInt32Column('DateTime');
  readonly #count = new Int64Column('UInt64');
  readonly #of = new Int64Column('UInt64');
  readonly #example = new FixedStringColumn(16);
  readonly #keptExample = new FixedStringColumn(16);
  protected readonly columns = {
    minute: this.#minute,
    cause: this.#cause,
    caller: this.#caller,
    callee: this.#callee,
    stored_at: this.#storedAt,
    problems: this.#count,
    of: this.#of,
    example: this.#example,
    kept_example: this.#keptExample,
  };

  constructor() {
    super('propagation');
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

  protected override storedAt(): UInt32Column {
    return this.#storedAt;
  }
}
