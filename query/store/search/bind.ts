// Values of a question, bound under names of their own: text of a user never becomes a part of the SQL.
import type { Bindings } from '../database.ts';

type Bound = Bindings[string];

export class Binder {
  readonly #values: Record<string, Bound> = {};
  #count = 0;

  /** A placeholder for the value. @param type of ClickHouse */
  bind(value: Bound, type: string): string {
    const name = `v${this.#count++}`;
    this.#values[name] = value;
    return `{${name}:${type}}`;
  }

  get bindings(): Bindings {
    return this.#values;
  }
}
