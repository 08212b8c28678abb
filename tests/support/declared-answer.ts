// Holds answers against the table of routes, strictly: what a schema does not know fails, also deep inside.
import { isDeepStrictEqual } from 'node:util';
import { ROUTES } from '#proto/api/routes.ts';
import type { OwnRoute } from '#proto/api/route-contract.ts';

const patterns = Object.values(ROUTES as Readonly<Record<string, OwnRoute>>)
  .map((route) => ({ route, pattern: new RegExp(`^${route.path.replaceAll(/:\w+/g, '[^/]+')}$`) }))
  // A path without parameters comes before one that would take its word for one.
  .toSorted((a, b) => a.route.path.split(':').length - b.route.path.split(':').length);

/** @param address path and query of a route of the own API; others are not looked at @throws when the answer is not as declared */
export function requireDeclaredAnswer(address: string, answer: unknown): void {
  const path = address.split('?')[0] ?? '';
  const route = patterns.find(({ pattern }) => pattern.test(path))?.route;
  if (route === undefined) {
    if (path.startsWith('/api/v1/') || !path.startsWith('/api/')) return;
    throw new Error(`${path} is no route of proto/api/routes.ts`);
  }
  const known = route.response.parse(answer);
  const at = firstDifference(answer, known, '');
  if (at !== undefined) throw new Error(`${address}: the answer has ${at}, which its schema does not declare`);
}

function firstDifference(answer: unknown, known: unknown, at: string): string | undefined {
  if (isDeepStrictEqual(answer, known)) return undefined;
  if (typeof answer !== 'object' || answer === null || typeof known !== 'object' || known === null) return at;
  for (const [name, value] of Object.entries(answer)) {
    const place = Array.isArray(answer) ? `${at}[${name}]` : `${at}.${name}`;
    if (!Object.hasOwn(known, name)) return place;
    const found = firstDifference(value, (known as Readonly<Record<string, unknown>>)[name], place);
    if (found !== undefined) return found;
  }
  return at;
}
