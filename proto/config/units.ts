// Durations and sizes as people write them, read exactly.

const MS_PER_UNIT: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const NS_PER_UNIT: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 6e10,
  h: 3.6e12,
  d: 8.64e13,
};
const DURATION_PART = /^(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|d)/;

/** `800ms`, `1.5s`, `1h30m` as ms; undefined when it is no duration. A bare number is none, but for 0. */
export function parseDurationMs(text: string): number | undefined {
  return parseParts(text, MS_PER_UNIT);
}

/** The same as ns. */
export function parseDurationNs(text: string): number | undefined {
  return parseParts(text, NS_PER_UNIT);
}

function parseParts(text: string, units: Readonly<Record<string, number>>): number | undefined {
  let rest = text.trim();
  if (rest === '0') return 0;
  if (rest === '') return undefined;
  let total = 0;
  while (rest !== '') {
    const part = DURATION_PART.exec(rest);
    if (part === null) return undefined;
    total += Number(part[1]) * units[part[2]!]!;
    rest = rest.slice(part[0].length);
  }
  return total;
}

const BYTES_PER_UNIT: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1e3,
  kb: 1e3,
  m: 1e6,
  mb: 1e6,
  g: 1e9,
  gb: 1e9,
  t: 1e12,
  tb: 1e12,
  ki: 2 ** 10,
  kib: 2 ** 10,
  mi: 2 ** 20,
  mib: 2 ** 20,
  gi: 2 ** 30,
  gib: 2 ** 30,
  ti: 2 ** 40,
  tib: 2 ** 40,
};

/** `64MiB`, `2GB`, `1048576` as bytes; undefined when it is no size. */
export function parseBytes(text: string): number | undefined {
  const parts = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim());
  const unit = parts === null ? undefined : BYTES_PER_UNIT[parts[2]!.toLowerCase()];
  return parts === null || unit === undefined ? undefined : Math.round(Number(parts[1]) * unit);
}

/** `85%`, `0.1 %` as a share of 1; undefined when it is none, or beyond 100. */
export function parsePercent(text: string): number | undefined {
  const parts = /^(\d{1,20}(?:\.\d{1,20})?)\s*%$/.exec(text.trim());
  const value = parts === null ? NaN : Number(parts[1]) / 100;
  return value <= 1 ? value : undefined;
}
