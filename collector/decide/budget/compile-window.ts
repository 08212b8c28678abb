// `sampling.budget` and `sampling.floor` as written become what a window enforces.
import { configError, type ConfigError } from '#proto/config/config-error.ts';
import { parseBytes, parseDurationMs } from '#proto/config/units.ts';
import type { Compiler } from '../rules/condition.ts';
import { compileStratum, type StratumOf } from '../rates/stratum.ts';
import type { BudgetSettings } from './allowance.ts';

/** What `sampling` says of them; the schema has checked the outline. */
export interface WindowConfig {
  readonly budget?:
    | {
        readonly spans_per_second?: number | undefined;
        readonly bytes_per_second?: number | string | undefined;
        readonly window?: string | undefined;
        readonly burst?: string | undefined;
      }
    | undefined;
  readonly floor?:
    | {
        readonly per?: readonly string[] | undefined;
        readonly traces?: number | undefined;
        readonly every?: string | undefined;
      }
    | undefined;
}

export interface WindowSettings extends BudgetSettings {
  /** How long traces are held, so that the best of them can be chosen. */
  readonly windowMs: number;
  /** Of every stratum so many traces are kept in each such interval. */
  readonly floor: { readonly traces: number; readonly everyMs: number } | undefined;
}

const WINDOW = '1s';
/** Shorter windows see too few traces to choose from, longer ones hold too much memory. */
const LEAST_WINDOW_MS = 100;
const MOST_WINDOW_MS = 60_000;
/** Longer quiet times are not made up for: a day's allowance in one flood would be no limit. */
const MOST_BURST_MS = 3_600_000;
const FLOOR_PER = ['service', 'route', 'status'];
const FLOOR_EVERY = '1m';

/** undefined: neither is configured, or compiler.errors says why not. */
export function compileWindow(
  { budget, floor }: WindowConfig,
  compiler: Compiler,
): { settings: WindowSettings; stratum: StratumOf | undefined } | undefined {
  if (budget === undefined && floor === undefined) return undefined;
  const { errors } = compiler;
  const before = errors.length;
  const windowMs = durationOf(
    budget?.window ?? WINDOW,
    'sampling.budget.window',
    LEAST_WINDOW_MS,
    MOST_WINDOW_MS,
    errors,
  );
  const burstMs =
    budget?.burst === undefined
      ? 0
      : durationOf(budget.burst, 'sampling.budget.burst', LEAST_WINDOW_MS, MOST_BURST_MS, errors);
  let bytesPerSecond: number | undefined;
  if (budget !== undefined) {
    if (budget.spans_per_second === undefined && budget.bytes_per_second === undefined) {
      errors.push(
        configError(
          'sampling.budget',
          budget,
          'names no budget',
          'write { spans_per_second: 20000 } or { bytes_per_second: 10MiB }',
        ),
      );
    }
    if (budget.bytes_per_second !== undefined) {
      bytesPerSecond = parseBytes(String(budget.bytes_per_second));
      if (bytesPerSecond === undefined || bytesPerSecond <= 0) {
        errors.push(
          configError(
            'sampling.budget.bytes_per_second',
            budget.bytes_per_second,
            'is no size',
            'write a number of bytes or one with its unit, as 10MiB',
          ),
        );
      }
    }
  }
  const everyMs = durationOf(floor?.every ?? FLOOR_EVERY, 'sampling.floor.every', LEAST_WINDOW_MS, Infinity, errors);
  const stratum =
    floor === undefined ? undefined : compileStratum(floor.per ?? FLOOR_PER, 'sampling.floor.per', compiler);
  if (errors.length > before) return undefined;
  return {
    settings: {
      windowMs,
      burstMs,
      spansPerSecond: budget?.spans_per_second,
      bytesPerSecond,
      floor: floor === undefined ? undefined : { traces: floor.traces ?? 1, everyMs },
    },
    stratum,
  };
}

function durationOf(written: string, path: string, least: number, most: number, errors: ConfigError[]): number {
  const ms = parseDurationMs(written);
  if (ms !== undefined && ms >= least && ms <= most) return ms;
  const bounds = most === Infinity ? `at least ${least}ms` : `from ${least}ms to ${most / 1000}s`;
  errors.push(
    configError(path, written, 'is no duration that can be kept to', `write a number with its unit, ${bounds}`),
  );
  return least;
}
