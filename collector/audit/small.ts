// What the parts of the audit share.

export function sum(counts: readonly number[]): number {
  let all = 0;
  for (const count of counts) all += count;
  return all;
}

/** Code of an error of ClickHouse or of the connection; '' when it has none. */
function errorCode(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

export function textOf(error: unknown): string {
  const text = error instanceof Error ? error.message || errorCode(error) || error.name : String(error);
  return text.split('\n', 1)[0]!.slice(0, 200);
}

/** @param second Unix s */
export function timeOf(second: number): string {
  return `${new Date(second * 1000).toISOString().slice(0, 19)}Z`;
}

/** Out of time or memory. */
export function isTooMuch(error: unknown): boolean {
  return ['159', '241'].includes(errorCode(error));
}

/** What says that data cannot be read: checksums, sizes, files, marks. */
const DAMAGE_CODES: ReadonlySet<string> = new Set([
  '32',
  '33',
  '40',
  '74',
  '76',
  '107',
  '117',
  '226',
  '227',
  '228',
  '246',
  '271',
  '432',
  '740',
]);

export function isDamage(error: unknown): boolean {
  return DAMAGE_CODES.has(errorCode(error));
}
