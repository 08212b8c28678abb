// Typed requests of Winnow's own API. The shapes are those of proto/api; the server validates, the browser trusts its types.
import type { z } from 'zod';
import type { ROUTES } from '#proto/api/routes.ts';
import { PATHS } from '#proto/api/paths.ts';
import { getJson } from './http.ts';
import type { QueryValue } from './http.ts';

type Routes = typeof ROUTES;
export type RouteName = keyof Routes;
export type Answer<K extends RouteName> = z.infer<Routes[K]['response']>;
type Declared<K extends RouteName> = Routes[K]['query']['shape'];
/** Parameters of a route: those that it declares, and no others, since the server refuses them. */
export type QueryOf<K extends RouteName> = [keyof Declared<K>] extends [never]
  ? Readonly<Record<string, never>>
  : { readonly [P in keyof Declared<K>]?: QueryValue };
/** Body of a route that is a POST. */
export type BodyOf<K extends 'simulate' | 'rescue'> = z.input<Routes[K]['body']>;

/** Asks a route; `:name` parts of its path are taken from `path`. */
export async function ask<K extends RouteName>(
  route: K,
  query: QueryOf<K>,
  signal?: AbortSignal,
  path: Readonly<Record<string, string>> = {},
): Promise<Answer<K>> {
  const address = PATHS[route].replace(/:([a-z_]+)/g, (_, name: string) => encodeURIComponent(path[name] ?? ''));
  return getJson<Answer<K>>(address, query, signal);
}
