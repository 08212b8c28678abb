// OTTL functions about times and durations.
import { intOf, nsOf, textOf } from '../parameter.ts';
import { OttlSyntaxError } from '../syntax-error.ts';
import { parseGoDuration } from './go-duration.ts';
import { parameters, type OttlFunction } from './ottl-function.ts';
import { checkTimePattern, formatTime, parseTime } from './strptime.ts';

const NS_PER_MS = 1_000_000n;
const NS_PER_SECOND = 1_000_000_000n;
/** Go's zero time, the year 1, in ns before 1970: what times are cut to multiples from. */
const YEAR_1_NS = 62_135_596_800n * NS_PER_SECOND;

const ofTime = (call: (ns: bigint) => bigint): OttlFunction => ({
  parameters: parameters('time Time'),
  call: ([time]) => call(nsOf(time)),
});
/** A part of a point in time, in UTC. */
const part = (read: (date: Date) => number): OttlFunction =>
  ofTime((ns) => BigInt(read(new Date(Number(floorDiv(ns, NS_PER_MS))))));
const ofDuration = (call: (ns: bigint) => bigint | number): OttlFunction => ({
  parameters: parameters('duration Duration'),
  call: ([duration]) => call(nsOf(duration)),
});
/** Whole units and the rest apart, as Go adds them. */
const floatUnits = (unit: bigint): OttlFunction =>
  ofDuration((ns) => Number(ns / unit) + Number(ns % unit) / Number(unit));

export const TIME_FUNCTIONS: Readonly<Record<string, OttlFunction>> = {
  Now: { parameters: [], call: (_, { nowNs }) => ({ time: nowNs }) },
  Time: {
    parameters: parameters('text Time', 'literalText Format', 'literalText? Location', 'literalText? Locale'),
    check: ([, pattern, location, locale]) => {
      checkTimePattern(textOf(pattern));
      if (location !== undefined && location !== 'UTC')
        throw new OttlSyntaxError('gives Time a location; only UTC is supported');
      if (locale !== undefined) throw new OttlSyntaxError('gives Time a locale, which is not supported');
    },
    call: ([text, pattern], { nowNs }) => ({ time: parseTime(textOf(text), textOf(pattern), nowNs) }),
  },
  FormatTime: {
    parameters: parameters('time Time', 'literalText Format'),
    check: ([, pattern]) => checkTimePattern(textOf(pattern)),
    call: ([time, pattern]) => formatTime(nsOf(time), textOf(pattern)),
  },
  TruncateTime: {
    parameters: parameters('time Time', 'duration Duration'),
    call: ([time, duration]) => {
      const unit = nsOf(duration);
      const sinceYear1 = nsOf(time) + YEAR_1_NS;
      return { time: unit <= 0n ? nsOf(time) : nsOf(time) - (sinceYear1 % unit) };
    },
  },
  Duration: {
    parameters: parameters('text Duration'),
    call: ([text]) => ({ duration: parseGoDuration(textOf(text)) }),
  },
  Hours: floatUnits(3600n * NS_PER_SECOND),
  Minutes: floatUnits(60n * NS_PER_SECOND),
  Seconds: floatUnits(NS_PER_SECOND),
  Milliseconds: ofDuration((ns) => ns / NS_PER_MS),
  Microseconds: ofDuration((ns) => ns / 1000n),
  Nanoseconds: ofDuration((ns) => ns),
  Unix: {
    parameters: parameters('int Seconds', 'int? Nanoseconds'),
    call: ([seconds, ns]) => ({ time: intOf(seconds) * NS_PER_SECOND + (ns === undefined ? 0n : intOf(ns)) }),
  },
  UnixSeconds: ofTime((ns) => floorDiv(ns, NS_PER_SECOND)),
  UnixMilli: ofTime((ns) => floorDiv(ns, NS_PER_MS)),
  UnixMicro: ofTime((ns) => floorDiv(ns, 1000n)),
  UnixNano: ofTime((ns) => BigInt.asIntN(64, ns)),
  Year: part((date) => date.getUTCFullYear()),
  Month: part((date) => date.getUTCMonth() + 1),
  Day: part((date) => date.getUTCDate()),
  Weekday: part((date) => date.getUTCDay()),
  Hour: part((date) => date.getUTCHours()),
  Minute: part((date) => date.getUTCMinutes()),
  Second: part((date) => date.getUTCSeconds()),
  Nanosecond: ofTime((ns) => ns - floorDiv(ns, NS_PER_SECOND) * NS_PER_SECOND),
};

function floorDiv(value: bigint, unit: bigint): bigint {
  const cut = value / unit;
  return value % unit < 0n ? cut - 1n : cut;
}
