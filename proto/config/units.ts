// Durations and sizes as people write them, read exactly.

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
const NS_PER_MS = 1e6;
const DURATION_PART = /^(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|d)/;

/** `800ms`, `1.5s`, `1h30m` as ms; undefined when it is no duration. A bare number is none, but for 0. */
export function parseDurationMs(text: string): number | undefined {
  const ns = parseDurationNs(text);
  return ns === undefined ? undefined : ns / NS_PER_MS;
}

/** The same as ns, exact up to 2^53. */
export function parseDurationNs(text: string): number | undefined {
  let rest = text.trim();
  if (rest === '0') return 0;
  if (rest === '') return undefined;
  let total = 0;
  while (rest !== '') {
    const part = DURATION_PART.exec(rest);
    if (part === null) return undefined;
    // Whole numbers only: 1.001 * 1e6 would be 1000999.9999999999.
    const [whole, fraction = ''] = part[1]!.split('.');
    const digits = Number(`${whole}${fraction}`);
    const scale = 10 ** fraction.length;
    const unit = NS_PER_UNIT[part[2]!]!;
    total += unit >= scale ? digits * (unit / scale) : digits / (scale / unit);
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
  const value = parts === null ? NaN : Number(`${parts[1]}e-2`);
  return value <= 1 ? value : undefined;
}
