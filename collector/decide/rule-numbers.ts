// Rule numbers over reloads. Decisions and counts refer to rules by number; a rule that a reload removed keeps its name for what it
// decided before, so that late spans and counts stay credited to it.

/** Removed rules that are still told by name; older ones share one. */
const MAX_RETIRED = 1000;
/** Name shared by rules that were removed so long ago. */
export const RETIRED_RULES = 'retired rules';

export class RuleNumbers {
  #names: readonly string[];

  /** @param names of the rules in force, '' for "no rule" */
  constructor(names: readonly string[]) {
    this.#names = names;
  }

  /** By number: the rules in force, then those that are no longer. */
  get names(): readonly string[] {
    return this.#names;
  }

  /** Rules of a reload take the first numbers, in their order. Returns the new number of each old one. */
  renew(names: readonly string[]): Uint16Array {
    const retired = this.#names.filter((name) => name !== RETIRED_RULES && !names.includes(name));
    const named = [...names, ...retired.slice(0, MAX_RETIRED), RETIRED_RULES];
    const numbers = new Map(named.map((name, number) => [name, number]));
    const map = Uint16Array.from(this.#names, (name) => numbers.get(name) ?? named.length - 1);
    this.#names = named;
    return map;
  }
}
