// humanize and its family, times and durations.
import { formatGo } from '#query/promql/format-number.ts';
import { quote } from '#query/promql/quote.ts';
import { parsePrometheusDuration } from '../../duration-text.ts';
import { formatSignificant } from '../format-float.ts';
import { timeText } from '../go-time.ts';
import { TemplateError } from '../template-error.ts';
import { typeName, type TimeValue, type Value } from '../value.ts';
import { textOf, type FunctionTable, type TemplateFunction } from './function.ts';

const DIGITS = 4;
const LARGE = ['k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'] as const;
const BINARY = ['ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei', 'Zi', 'Yi'] as const;
const SMALL = ['m', 'u', 'n', 'p', 'f', 'a', 'z', 'y'] as const;
const MAX_INT64 = 2 ** 63;
const NANOSECONDS = 1e9;

const FLOAT_WORDS: Readonly<Record<string, number>> = {
  inf: Infinity,
  '+inf': Infinity,
  '-inf': -Infinity,
  infinity: Infinity,
  '+infinity': Infinity,
  '-infinity': -Infinity,
  nan: NaN,
};

function parseFloatText(text: string): number {
  const word = FLOAT_WORDS[text.toLowerCase()];
  if (word !== undefined) return word;
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text))
    throw new TemplateError(`strconv.ParseFloat: parsing ${quote(text)}: invalid syntax`);
  const value = Number(text);
  if (!Number.isFinite(value))
    throw new TemplateError(`strconv.ParseFloat: parsing ${quote(text)}: value out of range`);
  return value;
}

function toFloat(value: Value): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'string') return parseFloatText(value);
  throw new TemplateError(`can't convert ${typeName(value)} to float`);
}

function short(value: number): string {
  return formatSignificant(value, DIGITS);
}

function scaledUp(value: number, step: number, prefixes: readonly string[], unit: string): string {
  let left = value;
  let prefix = '';
  for (const next of prefixes) {
    if (Math.abs(left) < step) break;
    prefix = next;
    left /= step;
  }
  return short(left) + prefix + unit;
}

function scaledDown(value: number, unit: string): string {
  let left = value;
  let prefix = '';
  for (const next of SMALL) {
    if (Math.abs(left) >= 1) break;
    prefix = next;
    left *= 1000;
  }
  return short(left) + prefix + unit;
}

function humanize(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return short(value);
  return Math.abs(value) >= 1 ? scaledUp(value, 1000, LARGE, '') : scaledDown(value, '');
}

function humanizeBinary(value: number): string {
  return Math.abs(value) <= 1 || !Number.isFinite(value) ? short(value) : scaledUp(value, 1024, BINARY, '');
}

function humanizeDuration(value: number): string {
  if (!Number.isFinite(value)) return short(value);
  if (value === 0) return `${short(value)}s`;
  if (Math.abs(value) < 1) return scaledDown(value, 's');
  const sign = value < 0 ? '-' : '';
  const size = Math.abs(value);
  const whole = size >= MAX_INT64 ? -(2n ** 63n) : BigInt(Math.trunc(size));
  const seconds = whole % 60n;
  const minutes = (whole / 60n) % 60n;
  const hours = (whole / 3600n) % 24n;
  const days = whole / 86_400n;
  if (days !== 0n) return `${sign}${days}d ${hours}h ${minutes}m ${seconds}s`;
  if (hours !== 0n) return `${sign}${hours}h ${minutes}m ${seconds}s`;
  if (minutes !== 0n) return `${sign}${minutes}m ${seconds}s`;
  return `${sign}${short(size)}s`;
}

/** Times have milliseconds. */
function timeOf(value: number): TimeValue {
  if (!Number.isFinite(value)) throw new TemplateError('value is NaN or Inf');
  const nanoseconds = value * NANOSECONDS;
  if (nanoseconds > MAX_INT64 || nanoseconds < -MAX_INT64)
    throw new TemplateError(
      `${formatGo(value)} cannot be represented as a nanoseconds timestamp since it overflows int64`,
    );
  return { kind: 'time', timeMs: Number(BigInt(Math.trunc(nanoseconds)) / 1_000_000n) };
}

function onFloat(run: (value: number) => Value): TemplateFunction {
  return { parameters: ['any'], run: ([value]) => run(toFloat(value)) };
}

function durationNanoseconds(seconds: number): bigint {
  const nanoseconds = seconds * NANOSECONDS;
  if (!(Math.abs(nanoseconds) < MAX_INT64)) return -(2n ** 63n);
  return BigInt(Math.trunc(nanoseconds));
}

export const NUMBERS: FunctionTable = {
  humanize: onFloat(humanize),
  humanize1024: onFloat(humanizeBinary),
  humanizeDuration: onFloat(humanizeDuration),
  humanizePercentage: onFloat((value) => `${short(value * 100)}%`),
  humanizeTimestamp: onFloat((value) => (Number.isFinite(value) ? timeText(timeOf(value)) : short(value))),
  toTime: onFloat(timeOf),
  toDuration: onFloat((value) => ({ kind: 'duration', nanoseconds: durationNanoseconds(value) })),
  now: { parameters: [], run: (_, { atMs }) => atMs / 1000 },
  parseDuration: {
    parameters: ['string'],
    run: ([text]) => {
      const written = textOf(text);
      const isNegative = written.startsWith('-');
      const read = parsePrometheusDuration(isNegative ? written.slice(1) : written);
      if (typeof read !== 'number') throw new TemplateError(read.error);
      return (isNegative ? -read : read) / 1000;
    },
  },
};
