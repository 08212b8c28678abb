// Says in one line that T_min changed, why, and what that means.
import type { OverloadControl } from '#collector/overload/overload-control.ts';
import type { Log } from '#proto/log/log.ts';

export function logThreshold(
  { probability, steps, cause, isRising, pressure, lagMs, raised, lowered }: OverloadControl,
  log: Log,
): void {
  const fields = {
    probability,
    buffer: `${Math.round(pressure * 100)}%`,
    event_loop_lag_ms: Math.round(lagMs),
    raised,
    lowered,
  };
  if (steps === 0) log.info(fields, 'overload is over: every trace is taken in again');
  else if (isRising)
    log.warn(
      { ...fields, cause },
      `overload: of ${2 ** steps} new traces about one is taken in; weights account for it`,
    );
  else log.info(fields, `overload eases: of ${2 ** steps} new traces about one is taken in`);
}
