// Which content coding an answer may have, by the Accept-Encoding of its request.
// https://www.rfc-editor.org/rfc/rfc9110#field.accept-encoding

/** In the order of the server's liking. */
const CODINGS = ['zstd', 'gzip'] as const;
export type Coding = (typeof CODINGS)[number];

/** Longer headers are no browser's. */
const MAX_CHARS = 1000;

/** The coding that the client likes best, of equals the one that the server does; undefined: as it is. */
export function codingFor(accepts: string | undefined): Coding | undefined {
  if (accepts === undefined || accepts.length > MAX_CHARS) return undefined;
  const weights = new Map<string, number>();
  for (const part of accepts.toLowerCase().split(',')) {
    const [coding = '', ...parameters] = part.split(';').map((text) => text.trim());
    const weight = parameters.find((parameter) => parameter.startsWith('q='));
    weights.set(coding, weight === undefined ? 1 : Number(weight.slice(2)) || 0);
  }
  const weightOf = (coding: string): number => weights.get(coding) ?? weights.get('*') ?? 0;
  let best: Coding | undefined;
  for (const coding of CODINGS) if (weightOf(coding) > (best === undefined ? 0 : weightOf(best))) best = coding;
  // Who names `identity` with more weight wants no coding.
  return best !== undefined && (weights.get('identity') ?? 0) > weightOf(best) ? undefined : best;
}
