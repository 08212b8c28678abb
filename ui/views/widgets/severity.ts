// How a severity looks: errors red, warnings amber, the rest quiet.

export const SEVERITIES = [
  [0, 'all'],
  [5, 'debug'],
  [9, 'info'],
  [13, 'warn'],
  [17, 'error'],
  [21, 'fatal'],
] as const;

export function severityClass(severity: number): string {
  if (severity >= 17) return 'error';
  return severity >= 13 ? 'warn' : 'dim';
}

/** Name of an OTLP severity number when the record brings no text. */
export function severityName(severity: number, text: string): string {
  if (text !== '') return text;
  const found = SEVERITIES.findLast(([least]) => severity >= least);
  return severity === 0 ? '–' : (found?.[1] ?? '').toUpperCase();
}
