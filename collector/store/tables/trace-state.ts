// The trace_state a stored span carries: what came, with `th` of the `ot` member set to the threshold it was kept at.
// W3C Trace Context 3.3 (a changed member moves to the front); OpenTelemetry "TraceState: Probability Sampling".

/** `th` text: 14 hex digits of the 56-bit threshold without trailing zeros, `0` for keep-all. */
export function thresholdText(hi: number, lo: number): string {
  const hex = hi.toString(16).padStart(7, '0') + lo.toString(16).padStart(7, '0');
  return hex.replace(/0+$/, '') || '0';
}

/** `traceState` with `ot=th:<threshold>` set; other members and other `ot` values stay. */
export function traceStateWithThreshold(traceState: string, threshold: string): string {
  const members = traceState.split(',').map((member) => member.trim()).filter((member) => member !== '');
  const own = members.find((member) => member.startsWith('ot='));
  const kept = own === undefined ? [] : own.slice(3).split(';').filter((part) => part !== '' && !part.startsWith('th:'));
  const ot = `ot=${[`th:${threshold}`, ...kept].join(';')}`;
  return [ot, ...members.filter((member) => !member.startsWith('ot='))].join(',');
}
