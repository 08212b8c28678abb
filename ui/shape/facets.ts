// The facets of an answer by name.
import type { z } from 'zod';
import type { FacetsResponse } from '#proto/api/search.ts';

export type Facets = z.infer<typeof FacetsResponse>;
export type FacetAnswer = Facets['facets'][number];

export function facetOf(facets: Facets | undefined, name: FacetAnswer['facet']): FacetAnswer | undefined {
  return facets?.facets.find(({ facet }) => facet === name);
}
