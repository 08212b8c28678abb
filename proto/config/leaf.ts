// The kinds of setting there are: how each is written, read and described. schema.ts is made of these.
import { z } from 'zod';
import { addressProblem, parseAddress, type Address } from './address.ts';
import { parseBytes, parseDurationMs, parsePercent } from './units.ts';

/** What is known of a setting beside its zod type; scripts and --help print it. */
export interface LeafMeta {
  /** How it is written: `duration`, `bytes`, `HOST:PORT`, `a or b`… */
  readonly type: string;
  /** Default as one would write it; empty when there is none. */
  readonly default: string;
  /** Whether a changed value is applied without a restart. */
  readonly reload: boolean;
  readonly description: string;
}

interface About {
  readonly description: string;
  readonly reload?: boolean;
}

function meta(type: string, written: unknown, about: About): { [key: string]: unknown } {
  const text = written === undefined ? '' : typeof written === 'string' ? written : JSON.stringify(written);
  const made: LeafMeta = { type, default: text, reload: about.reload ?? false, description: about.description };
  return { ...made };
}

function parsed<T>(parse: (text: string) => T | undefined, expected: string | ((text: string) => string)) {
  return z.union([z.string(), z.number()]).transform((written, context): T => {
    const value = parse(String(written));
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: typeof expected === 'string' ? expected : expected(String(written)) });
    return z.NEVER;
  });
}

/** ms; `least` bounds it from below. */
export function duration(written: string, about: About & { readonly least?: number }) {
  const least = about.least ?? 0;
  const schema = parsed<number>(parseDurationMs, 'is no duration: write a number with its unit, as 500ms, 30s, 1h30m');
  return schema
    .refine((value) => value >= least, { message: `is too short: write at least ${least}ms` })
    .prefault(written)
    .meta(meta('duration', written, about));
}

/** Bytes; `least` bounds it from below. */
export function bytes(written: string, about: About & { readonly least?: number }) {
  const least = about.least ?? 0;
  const schema = parsed<number>(parseBytes, 'is no size: write bytes or a number with its unit, as 64MiB');
  return schema
    .refine((value) => value >= least, { message: `is too small: write at least ${least} bytes` })
    .prefault(written)
    .meta(meta('bytes', written, about));
}

/** A percentage as a share, 0 to 1; `above` bounds it from below, itself excluded. */
export function share(written: string, about: About & { readonly above?: number }) {
  const schema = parsed<number>(parsePercent, 'is no percentage: write a number from 0 to 100 with its sign, as 85%');
  return schema
    .refine((value) => value > (about.above ?? -1), { message: `must be above ${(about.above ?? 0) * 100}%` })
    .prefault(written)
    .meta(meta('percentage', written, about));
}

export function address(written: string, about: About) {
  const schema = parsed<Address>(parseAddress, addressProblem);
  return schema.prefault(written).meta(meta('HOST:PORT', written, about));
}

export function text(written: string, about: About) {
  return z
    .union([z.string(), z.number().transform(String)])
    .prefault(written)
    .meta(meta('text', written, about));
}

/** An http(s) address, or nothing. */
export function httpAddress(about: About) {
  return z
    .string()
    .refine(
      (value) =>
        value === '' || /^https?:\/\/(?:[^\s/@]+@)?(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?(?:\/\S*)?$/i.test(value),
      { message: 'is no HTTP address: write http://HOST:PORT, as http://127.0.0.1:8123' },
    )
    .prefault('')
    .meta(meta('text', '', about));
}

/** The path below which something is served: empty, or as `/tools/winnow`, without a slash at its end. */
export function pathPrefix(about: About) {
  return z
    .string()
    .transform((value) => value.replace(/\/$/, ''))
    .refine((value) => value === '' || /^(?:\/[\w.~-]{1,64}){1,8}$/.test(value), {
      message: 'is no path: write it with a slash in front, as /winnow',
    })
    .prefault('')
    .meta(meta('text', '', about));
}

export function flag(written: boolean, about: About) {
  const schema = z.union([z.boolean(), z.enum(['true', 'false']).transform((word) => word === 'true')]);
  return schema.prefault(written).meta(meta('true or false', String(written), about));
}

export function oneOf<const T extends readonly string[]>(words: T, written: T[number], about: About) {
  const schema = z.enum(words) as z.ZodType<T[number], string>;
  return schema.prefault(written).meta(meta(words.join(' or '), written, about));
}

/** A whole number within [least, most]. */
export function count(written: number, about: About & { readonly least?: number; readonly most?: number }) {
  const [least, most] = [about.least ?? 0, about.most ?? Number.MAX_SAFE_INTEGER];
  const expected = `write a whole number from ${least} to ${most}`;
  const schema = z.union([
    z.number(),
    z
      .string()
      .regex(/^\d[\d_]*$/, expected)
      .transform((digits) => Number(digits.replaceAll('_', ''))),
  ]);
  return schema
    .refine((value) => Number.isInteger(value) && value >= least && value <= most, {
      message: `is out of bounds: ${expected}`,
    })
    .prefault(written)
    .meta(meta('number', written, about));
}

/** Strings; on the command line separated by commas. */
export function texts(written: readonly string[], about: About & { readonly of?: readonly string[] }) {
  const split = z.string().transform((line) =>
    line
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== ''),
  );
  const { of } = about;
  return z
    .union([z.array(z.string()), split])
    .refine((words) => of === undefined || words.every((word) => of.includes(word)), {
      message: `names something unknown: valid here: ${of?.join(', ') ?? ''}`,
    })
    .prefault([...written])
    .meta(meta('list of text', written, about));
}

/** Durations in ascending order, ms; on the command line separated by commas. */
export function durations(written: readonly string[], about: About & { readonly most: number }) {
  const schema = z
    .union([z.array(z.union([z.string(), z.number()])), z.string()])
    .transform((raw, context): number[] => {
      const words = typeof raw === 'string' ? raw.split(',') : raw;
      const values = words.map((word) => parseDurationMs(String(word)) ?? NaN);
      const rising = values.every((value, i) => value > (i === 0 ? 0 : values[i - 1]!));
      if (rising && values.length > 0 && values.length <= about.most) return values;
      context.addIssue({
        code: 'custom',
        message: `write 1 to ${about.most} durations above 0 in rising order, as [2ms, 10ms, 1s]`,
      });
      return z.NEVER;
    });
  return schema.prefault([...written]).meta(meta('list of durations', written, about));
}

/** Structure with a schema of its own; absent by default. */
export function structure<T extends z.ZodType>(schema: T, type: string, about: About) {
  return schema.optional().meta(meta(type, undefined, about));
}
