// Reads one block of a Collector configuration key by key: types as the Collector's, unknown keys with the nearest right one.
// Where the Collector silently does something other than was written (a fraction cut to an int), this refuses.
import { isList } from '#proto/model/untyped.ts';
import { configError, type ConfigError } from '#proto/config/config-error.ts';
import { didYouMean } from '#proto/config/nearest-key.ts';
import { isMap, mapExpected } from '../rules/written-map.ts';

export type Kind = 'int' | 'uint' | 'float' | 'text' | 'bool' | 'texts' | 'duration' | 'list' | 'map';

const EXPECTED: Readonly<Record<Kind, string>> = {
  int: 'write a whole number',
  uint: 'write a whole number of at least 0',
  float: 'write a number, without quotes or %',
  text: 'write a text',
  bool: 'write true or false',
  texts: 'write a list of texts',
  duration: 'write a duration, as 30s',
  list: 'write a list',
  map: 'write a map',
};

export class Block {
  readonly #written: Readonly<Record<string, unknown>>;
  readonly #path: string;
  readonly #errors: ConfigError[];
  readonly #failedBefore: number;

  /** @param keys all keys of the block with their kinds */
  constructor(written: unknown, path: string, keys: Readonly<Record<string, Kind>>, errors: ConfigError[]) {
    this.#failedBefore = errors.length;
    this.#path = path;
    this.#errors = errors;
    this.#written = isMap(written) ? written : {};
    if (!isMap(written) && written !== undefined && written !== null)
      errors.push(mapExpected(path, written, 'write a map'));
    for (const [key, value] of Object.entries(this.#written)) {
      const kind = keys[key];
      const where = path === '' ? key : `${path}.${key}`;
      if (kind === undefined)
        errors.push(configError(where, undefined, 'is no key here', didYouMean(key, Object.keys(keys))));
      else if (value !== null && !isKind(value, kind))
        errors.push(configError(where, value, 'has the wrong type', EXPECTED[kind]));
    }
  }

  get failed(): boolean {
    return this.#errors.length > this.#failedBefore;
  }

  /** Written, though it may be as null. */
  names(key: string): boolean {
    return this.#written[key] !== undefined;
  }

  has(key: string): boolean {
    return this.#written[key] !== undefined && this.#written[key] !== null;
  }

  number(key: string): number {
    const value = this.#written[key];
    return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : 0;
  }

  /** A whole number with all its bits; 0 when absent. */
  int64(key: string): bigint {
    const value = this.#written[key];
    return typeof value === 'bigint' || typeof value === 'number' ? BigInt(value) : 0n;
  }

  /** Of a Go duration, ms; 0 when absent. */
  durationMs(key: string): number {
    const value = this.#written[key];
    if (typeof value !== 'string') return 0;
    return [...value.matchAll(GO_DURATION_PART)].reduce(
      (sum, [, number, unit]) => sum + Number(number) * MS_PER_UNIT[unit!]!,
      0,
    );
  }

  text(key: string): string {
    const value = this.#written[key];
    return typeof value === 'string' ? value : '';
  }

  bool(key: string): boolean {
    return this.#written[key] === true;
  }

  texts(key: string): readonly string[] {
    const value = this.#written[key];
    if (typeof value === 'string') return [value];
    return isList(value) ? value.map(String) : [];
  }

  list(key: string): readonly unknown[] {
    const value = this.#written[key];
    return Array.isArray(value) ? value : [];
  }

  fail(key: string, message: string, remedy: string): void {
    this.#errors.push(configError(`${this.#path}.${key}`, this.#written[key], message, remedy));
  }
}

/** Durations of Go without a sign; the days that Winnow's own settings take it has not. */
const GO_DURATION = /^\+?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|\u00b5s|\u03bcs|ms|s|m|h))+)$/;
const GO_DURATION_PART = /(\d+\.?\d*|\.\d+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/g;
const MS_PER_UNIT: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  '\u00b5s': 1e-3,
  '\u03bcs': 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};
const INT64_MIN = -(1n << 63n);
const INT64_MAX = (1n << 63n) - 1n;

function isInteger(value: unknown): value is number | bigint {
  return typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value));
}

function isKind(value: unknown, kind: Kind): boolean {
  switch (kind) {
    case 'int':
      return isInteger(value) && BigInt(value) >= INT64_MIN && BigInt(value) <= INT64_MAX;
    case 'uint':
      return isInteger(value) && value >= 0;
    case 'float':
      return typeof value === 'number' || typeof value === 'bigint';
    case 'text':
      return typeof value === 'string';
    case 'bool':
      return typeof value === 'boolean';
    case 'texts':
      // A text alone is a list of one; with a comma the Collector would cut it, which is not what was written.
      return typeof value === 'string'
        ? !value.includes(',')
        : Array.isArray(value) && value.every((one) => typeof one === 'string');
    case 'duration':
      return typeof value === 'string' ? GO_DURATION.test(value) : value === 0n || value === 0;
    case 'list':
      return Array.isArray(value);
    case 'map':
      return isMap(value);
  }
}
