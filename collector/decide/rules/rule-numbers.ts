// Rule numbers over reloads. Decisions and counts refer to rules by number; a rule that a reload removed keeps its name for what it
// decided before, so that late spans and counts stay credited to it.

/** Removed rules that are still counted by name; older ones share one. */
const MAX_RETIRED = 1000;
/** Name shared by rules that were removed so long ago. */
export const RETIRED_RULES = 'retired rules';

export class RuleNumbers {
  #names: readonly string[];
  readonly #own: readonly string[];

  /** @param names of the rules in force, '' for "no rule" @param own names that Winnow itself decides under, whatever the rules */
  constructor(names: readonly string[], own: readonly string[] = []) {
    this.#own = own;
    this.#names = [...names, ...own.filter((name) => !names.includes(name))];
  }

  /** Number of a rule in force, or of one of Winnow's own. */
  numberOf(name: string): number {
    return this.#names.indexOf(name);
  }

  /** By number: the rules in force, then those that are no longer. */
  get names(): readonly string[] {
    return this.#names;
  }

  /** Rules of a reload get the first numbers, in their order. Returns the new number of each old one. */
  renew(names: readonly string[]): Uint16Array {
    const stay = [...names, ...this.#own.filter((name) => !names.includes(name))];
    const retired = this.#names.filter((name) => name !== RETIRED_RULES && !stay.includes(name));
    const named = [...stay, ...retired.slice(0, MAX_RETIRED), RETIRED_RULES];
    const numbers = new Map(named.map((name, number) => [name, number]));
    const map = Uint16Array.from(this.#names, (name) => numbers.get(name) ?? named.length - 1);
    this.#names = named;
    return map;
  }
}
