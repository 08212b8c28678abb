// What sets the chosen traces apart from the rest: facet values whose share among the chosen is far from their share elsewhere.
import type { FacetAnswer, Facets } from './facets.ts';

interface DifferenceValue {
  readonly value: string;
  readonly condition: string;
  readonly chosen: number;
  readonly rest: number;
}
export interface Difference {
  readonly facet: FacetAnswer['facet'];
  readonly values: readonly DifferenceValue[];
  readonly gap: number;
}

/** More than two values a card would be a table. */
const VALUES_SHOWN = 2;

/** Shares 0…1 of stands-for among the chosen and among the rest; facets with the widest gap first. */
export function differences(chosen: Facets, all: Facets, chosenTotal: number, allTotal: number): Difference[] {
  const restTotal = allTotal - chosenTotal;
  if (chosenTotal <= 0 || restTotal <= 0) return [];
  const found = all.facets.map((facet) => {
    const mineOf = chosen.facets.find((other) => other.facet === facet.facet)?.values ?? [];
    const inChosen = new Map(mineOf.map((v) => [v.value, v.stands_for]));
    const values = facet.values
      .map((v) => {
        const mine = inChosen.get(v.value) ?? 0;
        return {
          value: v.value,
          condition: v.condition,
          chosen: Math.min(1, mine / chosenTotal),
          rest: Math.min(1, Math.max(0, v.stands_for - mine) / restTotal),
        };
      })
      .sort((a, b) => Math.abs(b.chosen - b.rest) - Math.abs(a.chosen - a.rest))
      .slice(0, VALUES_SHOWN);
    return { facet: facet.facet, values, gap: Math.abs((values[0]?.chosen ?? 0) - (values[0]?.rest ?? 0)) };
  });
  return found.filter((d) => d.values.length > 0).sort((a, b) => b.gap - a.gap);
}
