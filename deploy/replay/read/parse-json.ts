// JSON.parse that keeps integers beyond 2^53 exact, since some captures write nanoseconds without quotes.

const LONG_NUMBER = /[:[,]\s*-?\d{16,}/u;

/** Members of an unknown JSON object. */
export interface JsonObject {
  [key: string]: unknown;
}

/** Parses; integers that a double cannot hold come as their decimal text. Throws SyntaxError like JSON.parse. */
export function parseJson(text: string): unknown {
  if (!LONG_NUMBER.test(text)) return JSON.parse(text);
  return JSON.parse(text, exactInteger);
}

function exactInteger(_key: string, value: unknown, context?: { source?: string }): unknown {
  const lossy = typeof value === 'number' && !Number.isSafeInteger(value);
  return lossy && context?.source !== undefined && /^-?\d+$/u.test(context.source) ? context.source : value;
}

/** Whether a value is a JSON object (no array, not null). */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A list of objects; anything else in it, or no list at all, counts as nothing. */
export function objectsOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** A string, or the fallback when it is none. */
export function textOf(value: unknown, fallback = ''): string {
  return typeof value === 'string' ? value : fallback;
}

/** An integer given as number or decimal text, or 0n. */
export function integerOf(value: unknown): bigint {
  if (typeof value === 'number' && Number.isFinite(value)) return BigInt(Math.round(value));
  return typeof value === 'string' && /^-?\d+$/u.test(value) ? BigInt(value) : 0n;
}
