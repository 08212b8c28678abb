// Reads the parameters of the Prometheus API as Prometheus reads them, with its messages for what it cannot read.
import { parseDurationMs } from '#query/promql/literals.ts';
import type { Matcher } from '#query/promql/matcher.ts';
import { parseSelector } from '#query/promql/parse.ts';
import { PromqlError } from '#query/promql/promql-error.ts';
import type { TimeRange } from '#query/promql/storage.ts';

/** Milliseconds that stand for "since ever" and "for ever": 2^53 − 1, far beyond any stored sample. */
export const END_OF_TIME_MS = Number.MAX_SAFE_INTEGER;
/** Go's durations are 64-bit nanoseconds. */
const MAX_DURATION_SECONDS = 2 ** 63 / 1e9;

const FLOAT = /^[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|0[xX][0-9a-fA-F]+|inf(?:inity)?|nan)$/i;
const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/;

/** Parameters of a GET query and of a form body together; the body comes first. */
export class Params {
  readonly #sources: readonly URLSearchParams[];

  constructor(sources: readonly URLSearchParams[]) {
    this.#sources = sources;
  }

  /** The first value, or ''. */
  get(name: string): string {
    for (const source of this.#sources) {
      const value = source.get(name);
      if (value !== null) return value;
    }
    return '';
  }

  all(name: string): string[] {
    return this.#sources.flatMap((source) => source.getAll(name));
  }
}

export function invalidParameter(name: string, message: string): PromqlError {
  return new PromqlError('bad_data', `invalid parameter "${name}": ${message}`);
}

/** Rethrows an error about the text of a parameter with the parameter's name. */
export function inParameter<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof PromqlError && error.type === 'bad_data') throw invalidParameter(name, error.message);
    throw error;
  }
}

function parseFloatText(text: string): number | undefined {
  if (!FLOAT.test(text)) return undefined;
  const lower = text.toLowerCase();
  if (lower.includes('inf')) return lower.startsWith('-') ? -Infinity : Infinity;
  if (lower.includes('nan')) return NaN;
  const number = Number(text);
  // Beyond what a double holds Go reads no number.
  return Number.isFinite(number) ? number : undefined;
}

/** Unix milliseconds of float seconds or RFC 3339. Absurd times are moved to the end of time rather than refused. */
export function parseTimeMs(text: string): number {
  const seconds = parseFloatText(text);
  if (seconds !== undefined) {
    const timeMs = Number.isNaN(seconds) ? -END_OF_TIME_MS : Math.round(seconds * 1000);
    return Math.min(END_OF_TIME_MS, Math.max(-END_OF_TIME_MS, timeMs));
  }
  const parsedMs = RFC3339.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(parsedMs))
    throw new PromqlError('bad_data', `cannot parse ${JSON.stringify(text)} to a valid timestamp`);
  return parsedMs;
}

/** Milliseconds (fractions possible) of float seconds or a Prometheus duration. */
export function parseDuration(text: string): number {
  const seconds = parseFloatText(text);
  if (seconds !== undefined) {
    if (Math.abs(seconds) > MAX_DURATION_SECONDS)
      throw new PromqlError('bad_data', `cannot parse ${JSON.stringify(text)} to a valid duration. It overflows int64`);
    return Number.isNaN(seconds) ? 0 : seconds * 1000;
  }
  const durationMs = parseDurationMs(text);
  if (durationMs === undefined)
    throw new PromqlError('bad_data', `cannot parse ${JSON.stringify(text)} to a valid duration`);
  return durationMs;
}

export function requiredTime(params: Params, name: string): number {
  return inParameter(name, () => parseTimeMs(params.get(name)));
}

export function optionalTime(params: Params, name: string, otherwiseMs: number): number {
  const text = params.get(name);
  if (text === '') return otherwiseMs;
  try {
    return parseTimeMs(text);
  } catch (error) {
    throw invalidParameter(
      name,
      `invalid time value for '${name}': ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

export function optionalRange(params: Params): TimeRange {
  return {
    startMs: optionalTime(params, 'start', -END_OF_TIME_MS),
    endMs: optionalTime(params, 'end', END_OF_TIME_MS),
  };
}

/** Prometheus keeps two hours together in a block. */
const BLOCK_MS = 7_200_000;

/** Names and values of labels are looked for in whole blocks, as Prometheus does: a series that ended shortly before is still found. */
export function optionalBlocks(params: Params): TimeRange {
  const { startMs, endMs } = optionalRange(params);
  return {
    startMs: Math.abs(startMs) < END_OF_TIME_MS ? Math.floor(startMs / BLOCK_MS) * BLOCK_MS : startMs,
    endMs: Math.abs(endMs) < END_OF_TIME_MS ? (Math.floor(endMs / BLOCK_MS) + 1) * BLOCK_MS - 1 : endMs,
  };
}

/** 0 means no limit. */
export function parseLimit(params: Params, name = 'limit', otherwise = 0): number {
  const text = params.get(name);
  if (text === '') return otherwise;
  if (!/^[+-]?\d+$/.test(text))
    throw invalidParameter(name, `strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

export function parseNonNegativeLimit(params: Params): number {
  const limit = parseLimit(params);
  if (limit < 0) throw invalidParameter('limit', 'limit must be non-negative');
  return limit;
}

/** The time limit of a query: the asked one, never more than the server's. */
export function parseTimeout(params: Params, mostMs: number): number {
  const text = params.get('timeout');
  if (text === '') return mostMs;
  const timeoutMs = inParameter('timeout', () => parseDuration(text));
  return Math.min(mostMs, timeoutMs);
}

/** The lookback asked for, or the default. Its error is not wrapped, as Prometheus has it. */
export function parseLookback(params: Params, otherwiseMs: number): number {
  const text = params.get('lookback_delta');
  if (text === '') return otherwiseMs;
  let lookbackMs: number;
  try {
    lookbackMs = parseDuration(text);
  } catch (error) {
    throw new PromqlError(
      'bad_data',
      `error parsing lookback delta duration: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  return lookbackMs > 0 ? Math.trunc(lookbackMs) : otherwiseMs;
}

/** The selectors of `match[]`. Each must name something: an empty one would match everything. */
export function parseMatcherSets(params: Params, wrapEmpty: boolean): readonly (readonly Matcher[])[] {
  return params.all('match[]').map((text) => {
    const matchers = inParameter('match[]', () => parseSelector(text).matchers);
    if (matchers.some((matcher) => !matcher.matches(''))) return matchers;
    const message = 'match[] must contain at least one non-empty matcher';
    throw wrapEmpty ? invalidParameter('match[]', message) : new PromqlError('bad_data', message);
  });
}
