// Typed requests of Winnow's own API. The shapes are those of proto/api; the server validates, the browser trusts its types.
import type { z } from 'zod';
import type { ROUTES } from '#proto/api/routes.ts';
import { PATHS } from '#proto/api/paths.ts';
import { getJson } from './http.ts';
import type { Query } from './http.ts';

type Routes = typeof ROUTES;
export type RouteName = keyof Routes;
export type Answer<K extends RouteName> = z.infer<Routes[K]['response']>;

/** Asks a route; `:name` parts of its path are taken from `path`. */
export async function ask<K extends RouteName>(route: K, query: Query, signal?: AbortSignal, path: Readonly<Record<string, string>> = {}): Promise<Answer<K>> {
  const address = PATHS[route].replace(/:([a-z_]+)/g, (_, name: string) => encodeURIComponent(path[name] ?? ''));
  return (await getJson(address, query, signal)) as Answer<K>;
}
