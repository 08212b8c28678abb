// Points in time as people read them: the date when it is not today, the year when it is not this one, in the reader's zone or in UTC.
// Times are Unix ns as decimal strings.

export type Zone = 'local' | 'utc';
/** Who reads: the zone, and the time that "today" is taken from. */
export interface Reader {
  readonly zone: Zone;
  readonly nowMs: number;
}
export type Fraction = 0 | 2 | 3;

const NS_PER_MS = 1_000_000n;
const MINUTES_PER_HOUR = 60;
const DAY_S = 86_400;

interface Fields {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly ms: number;
}

const two = (value: number): string => String(value).padStart(2, '0');

function fieldsOf(ms: number, zone: Zone): Fields {
  const d = new Date(ms);
  return zone === 'utc'
    ? {
        year: d.getUTCFullYear(),
        month: d.getUTCMonth() + 1,
        day: d.getUTCDate(),
        hour: d.getUTCHours(),
        minute: d.getUTCMinutes(),
        second: d.getUTCSeconds(),
        ms: d.getUTCMilliseconds(),
      }
    : {
        year: d.getFullYear(),
        month: d.getMonth() + 1,
        day: d.getDate(),
        hour: d.getHours(),
        minute: d.getMinutes(),
        second: d.getSeconds(),
        ms: d.getMilliseconds(),
      };
}

function msOf(ns: string): number {
  return Number(BigInt(ns) / NS_PER_MS);
}

function clockOf(f: Fields, fraction: Fraction): string {
  const base = `${two(f.hour)}:${two(f.minute)}:${two(f.second)}`;
  return fraction === 0 ? base : `${base}.${String(f.ms).padStart(3, '0').slice(0, fraction)}`;
}

/** `2026-11-21`, `11-21` in the reader's year, '' today. */
function dateBeside(f: Fields, now: Fields): string {
  if (f.year !== now.year) return `${f.year}-${two(f.month)}-${two(f.day)}`;
  return f.month === now.month && f.day === now.day ? '' : `${two(f.month)}-${two(f.day)}`;
}

/** `14:02:11.284` today, `11-21 14:02:11.284` on another day, `2025-11-21 14:02:11.284` in another year. */
export function when(ns: string, reader: Reader, fraction: Fraction = 3): string {
  const f = fieldsOf(msOf(ns), reader.zone);
  const date = dateBeside(f, fieldsOf(reader.nowMs, reader.zone));
  return `${date === '' ? '' : `${date} `}${clockOf(f, fraction)}`;
}

/** Both ends of a range; the second says its date where it is another day than the first. */
export function whenBetween(startNs: string, endNs: string, reader: Reader): string {
  return `${when(startNs, reader, 0)} – ${when(endNs, { ...reader, nowMs: msOf(startNs) }, 0)}`;
}

/** All of a time, with its zone: `2026-11-21 14:02:11.284 UTC+01:00 (Europe/Berlin)`. */
export function fullTime(ns: string, zone: Zone): string {
  const ms = msOf(ns);
  const f = fieldsOf(ms, zone);
  return `${f.year}-${two(f.month)}-${two(f.day)} ${clockOf(f, 3)} ${zoneName(ms, zone)}`;
}

/** `UTC`, or the reader's zone with its distance from UTC at that time. */
export function zoneName(ms: number, zone: Zone): string {
  if (zone === 'utc') return 'UTC';
  const minutes = -new Date(ms).getTimezoneOffset();
  const size = Math.abs(minutes);
  const offset = `UTC${minutes < 0 ? '−' : '+'}${two(Math.floor(size / MINUTES_PER_HOUR))}:${two(Math.round(size % MINUTES_PER_HOUR))}`;
  const name = new Intl.DateTimeFormat('en-US').resolvedOptions().timeZone;
  return `${offset} (${name})`;
}

/** Labels of an axis: clock times, with the date at the first, at a new day, and alone where a step is a day or more. */
export function axisTimes(timesS: readonly number[], reader: Reader): string[] {
  const step = (timesS[1] ?? 0) - (timesS[0] ?? 0);
  let before = fieldsOf(reader.nowMs, reader.zone);
  return timesS.map((t) => {
    const f = fieldsOf(t * 1000, reader.zone);
    const date = dateBeside(f, before);
    before = f;
    if (step >= DAY_S) return date === '' ? `${two(f.month)}-${two(f.day)}` : date;
    const time = step >= 60 ? clockOf(f, 0).slice(0, 5) : clockOf(f, 0);
    return date === '' ? time : `${date}\n${time}`;
  });
}

/** The time as a field for date and time takes it: `2026-11-21T14:02:11`. */
export function fieldText(ns: string, zone: Zone): string {
  const f = fieldsOf(msOf(ns), zone);
  return `${String(f.year).padStart(4, '0')}-${two(f.month)}-${two(f.day)}T${clockOf(f, 0)}`;
}

const LATEST_NS = 9_223_372_036_854_775_807n;

/** The time that such a field holds; null when it holds none that a span can have. */
export function timeOfField(text: string, zone: Zone): string | null {
  const match = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,3})?)?$/.exec(text.trim());
  if (!match) return null;
  const [year, month, day, hour, minute, second] = match.slice(1).map((part) => Number(part ?? 0));
  const parts = [year!, month! - 1, day!, hour!, minute!, second!] as const;
  const ms = zone === 'utc' ? Date.UTC(...parts) : new Date(...parts).getTime();
  const ns = BigInt(Number.isFinite(ms) ? ms : -1) * NS_PER_MS;
  return ns < 0n || ns > LATEST_NS ? null : String(ns);
}
