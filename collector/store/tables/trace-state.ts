// The trace_state a stored span carries: what came, with `th` of the `ot` member set to the threshold it was kept at.
// W3C Trace Context 3.3 (a changed member moves to the front); OpenTelemetry "TraceState: Probability Sampling".
import { thresholdText } from '#proto/model/threshold.ts';

/** `th` text: 14 hex digits of the 56-bit threshold without trailing zeros, `0` for keep-all, '' for none that is known. */
export function thText(hi: number, lo: number): string {
  const digits = thresholdText(hi, lo);
  return digits === undefined ? '' : digits.replace(/0+$/, '') || '0';
}

/** `traceState` with `ot=th:<threshold>` set (without `th` where that is '': one from before is no longer true), and `rv:<randomness>` where that is given; other members and other `ot` values stay. */
export function traceStateWithThreshold(traceState: string, threshold: string, randomness = ''): string {
  const members = traceState
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '');
  const own = members.find((member) => member.startsWith('ot='));
  const kept =
    own === undefined
      ? []
      : own
          .slice(3)
          .split(';')
          .filter((part) => part !== '' && !part.startsWith('th:') && (randomness === '' || !part.startsWith('rv:')));
  const values = [
    ...(threshold === '' ? [] : [`th:${threshold}`]),
    ...(randomness === '' ? [] : [`rv:${randomness}`]),
    ...kept,
  ];
  return [
    ...(values.length === 0 ? [] : [`ot=${values.join(';')}`]),
    ...members.filter((member) => !member.startsWith('ot=')),
  ].join(',');
}
