// Names of metrics and labels in Prometheus' classic character set: the default translation of its OTLP endpoint (underscores, with suffixes).

const UNITS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    d: 'days',
    h: 'hours',
    min: 'minutes',
    s: 'seconds',
    ms: 'milliseconds',
    us: 'microseconds',
    ns: 'nanoseconds',
    By: 'bytes',
    KiBy: 'kibibytes',
    MiBy: 'mebibytes',
    GiBy: 'gibibytes',
    TiBy: 'tibibytes',
    KBy: 'kilobytes',
    MBy: 'megabytes',
    GBy: 'gigabytes',
    TBy: 'terabytes',
    m: 'meters',
    V: 'volts',
    A: 'amperes',
    J: 'joules',
    W: 'watts',
    g: 'grams',
    Cel: 'celsius',
    Hz: 'hertz',
    '1': '',
    '%': 'percent',
  }),
);
const PER_UNITS: ReadonlyMap<string, string> = new Map(
  Object.entries({ s: 'second', m: 'minute', h: 'hour', d: 'day', w: 'week', mo: 'month', y: 'year' }),
);

/** What a metric counts as for its name. */
export type NameKind = 'gauge' | 'counter' | 'other';

/** Name with unit and type suffixes; every character outside [a-zA-Z0-9:] separates words. */
export function metricName(name: string, unit: string, kind: NameKind): string {
  let words = name.split(/[^a-zA-Z0-9:]+/).filter((word) => word !== '');
  const [mainUnit, perUnit] = unitWords(unit);
  if (mainUnit !== '' && !words.includes(mainUnit)) words.push(mainUnit);
  if (perUnit !== '' && !words.includes(perUnit)) words.push(perUnit);
  if (kind === 'counter') words = [...words.filter((word) => word !== 'total'), 'total'];
  if (kind === 'gauge' && unit.trim() === '1') words = [...words.filter((word) => word !== 'ratio'), 'ratio'];
  const joined = words.join('_');
  return /^\d/.test(joined) ? `_${joined}` : joined;
}

/** The unit as Prometheus' metadata has it: `seconds`, `bytes_per_second`, empty for none. */
export function unitName(unit: string): string {
  return unitWords(unit)
    .filter((word) => word !== '')
    .join('_');
}

/** Every character outside [a-zA-Z0-9_] becomes an underscore; a leading digit or single underscore gets a `key` before it. */
export function labelName(key: string): string {
  const clean = key.replace(/[^a-zA-Z0-9_]/gu, '_');
  if (/^\d/.test(clean)) return `key_${clean}`;
  return clean.startsWith('_') && !clean.startsWith('__') ? `key${clean}` : clean;
}

/** `s` → seconds; `By/s` → bytes, per_second; units in braces say nothing to Prometheus. */
function unitWords(unit: string): [main: string, per: string] {
  const slash = unit.indexOf('/');
  const main = (slash === -1 ? unit : unit.slice(0, slash)).trim();
  const per = slash === -1 ? '' : unit.slice(slash + 1).trim();
  const mainWord = main.includes('{') ? '' : clean(UNITS.get(main) ?? main);
  const perWord = per === '' || per.includes('{') ? '' : clean(PER_UNITS.get(per) ?? per);
  return [mainWord, perWord === '' ? '' : `per_${perWord}`];
}

function clean(word: string): string {
  return word.replace(/[^a-zA-Z0-9:]+/g, '_').replace(/^_+|_+$/g, '');
}
