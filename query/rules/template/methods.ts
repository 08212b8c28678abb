// Fields and methods of values that are no maps: times, durations, histograms, samples.
import type { TemplateFunction } from './functions/function.ts';
import { textOf } from './functions/function.ts';
import { dayOfYear, formatTime, monthName, weekdayName } from './go-time.ts';
import type { DurationValue, TimeValue, Value } from './value.ts';
import { valueText } from './value-text.ts';

function getter(value: Value): TemplateFunction {
  return { parameters: [], run: () => value };
}

function timeMethods(time: TimeValue): Readonly<Record<string, TemplateFunction>> {
  const date = new Date(time.timeMs);
  const seconds = Math.floor(time.timeMs / 1000);
  return {
    Unix: getter(BigInt(seconds)),
    UnixMilli: getter(BigInt(time.timeMs)),
    UnixNano: getter(BigInt(time.timeMs) * 1_000_000n),
    Year: getter(BigInt(date.getUTCFullYear())),
    Month: getter(monthName(date)),
    Day: getter(BigInt(date.getUTCDate())),
    Hour: getter(BigInt(date.getUTCHours())),
    Minute: getter(BigInt(date.getUTCMinutes())),
    Second: getter(BigInt(date.getUTCSeconds())),
    Nanosecond: getter(BigInt(date.getUTCMilliseconds()) * 1_000_000n),
    Weekday: getter(weekdayName(date)),
    YearDay: getter(BigInt(dayOfYear(date))),
    UTC: getter(time),
    String: getter(valueText(time)),
    Format: { parameters: ['string'], run: ([layout]) => formatTime(time, textOf(layout)) },
  };
}

function durationMethods(duration: DurationValue): Readonly<Record<string, TemplateFunction>> {
  const nanoseconds = Number(duration.nanoseconds);
  return {
    Hours: getter(nanoseconds / 3.6e12),
    Minutes: getter(nanoseconds / 6e10),
    Seconds: getter(nanoseconds / 1e9),
    Milliseconds: getter(duration.nanoseconds / 1_000_000n),
    Microseconds: getter(duration.nanoseconds / 1_000n),
    Nanoseconds: getter(duration.nanoseconds),
    String: getter(valueText(duration)),
  };
}

export function methodOf(value: Value, name: string): TemplateFunction | undefined {
  if (typeof value !== 'object') return undefined;
  if (value.kind === 'time') return own(timeMethods(value), name);
  if (value.kind === 'duration') return own(durationMethods(value), name);
  if (value.kind === 'histogram' && name === 'String') return getter(valueText(value));
  return undefined;
}

function own(methods: Readonly<Record<string, TemplateFunction>>, name: string): TemplateFunction | undefined {
  return Object.hasOwn(methods, name) ? methods[name] : undefined;
}

/** A field of a struct; `isAny`: its declared type is `interface {}`. */
export interface FieldValue {
  readonly value: Value;
  readonly isAny: boolean;
}

export function structField(receiver: Value, name: string): FieldValue | undefined {
  if (typeof receiver !== 'object') return undefined;
  if (receiver.kind === 'struct')
    return receiver.fields.has(name) ? { value: receiver.fields.get(name), isAny: name === 'Value' } : undefined;
  if (receiver.kind === 'sample') {
    if (name === 'Labels') return { value: receiver.labels, isAny: false };
    return name === 'Value' ? { value: receiver.value, isAny: true } : undefined;
  }
  if (receiver.kind === 'histogram') {
    const { schema, count, sum, zeroCount, zeroThreshold } = receiver.histogram;
    const fields: Readonly<Record<string, Value>> = {
      Schema: BigInt(schema),
      Count: count,
      Sum: sum,
      ZeroCount: zeroCount,
      ZeroThreshold: zeroThreshold,
    };
    return Object.hasOwn(fields, name) ? { value: fields[name], isAny: false } : undefined;
  }
  return undefined;
}
