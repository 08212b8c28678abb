// What sets the chosen traces apart from the rest: facet values whose share among the chosen is far from their share elsewhere.
import type { z } from 'zod';
import type { FacetsResponse } from '#proto/api/search.ts';

type Facets = z.infer<typeof FacetsResponse>;
interface DifferenceValue {
  readonly value: string;
  readonly chosen: number;
  readonly rest: number;
}
export interface Difference {
  readonly facet: keyof Facets;
  readonly values: readonly DifferenceValue[];
  readonly gap: number;
}

const FACETS: readonly (keyof Facets)[] = ['operation', 'status', 'rule', 'service'];
/** More than two values a card would be a table. */
const VALUES_SHOWN = 2;

/** Shares 0…1 of stands-for among the chosen and among the rest; facets with the widest gap first. */
export function differences(chosen: Facets, all: Facets, chosenTotal: number, allTotal: number): Difference[] {
  const restTotal = allTotal - chosenTotal;
  if (chosenTotal <= 0 || restTotal <= 0) return [];
  const found = FACETS.map((facet) => {
    const inChosen = new Map(chosen[facet].map((v) => [v.value, v.stands_for]));
    const values = all[facet]
      .map((v) => {
        const mine = inChosen.get(v.value) ?? 0;
        return {
          value: v.value,
          chosen: Math.min(1, mine / chosenTotal),
          rest: Math.min(1, Math.max(0, v.stands_for - mine) / restTotal),
        };
      })
      .sort((a, b) => Math.abs(b.chosen - b.rest) - Math.abs(a.chosen - a.rest))
      .slice(0, VALUES_SHOWN);
    return { facet, values, gap: Math.abs((values[0]?.chosen ?? 0) - (values[0]?.rest ?? 0)) };
  });
  return found.filter((d) => d.values.length > 0).sort((a, b) => b.gap - a.gap);
}
