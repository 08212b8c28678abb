// The offset of a host's clock: a point with its error bar, on an axis about 0. The width is the collector's: collector/reconstruct/clock/host-pair.ts.
import type { CSSProperties, ReactNode } from 'react';
import { offset, signed } from '#ui/shape/format.ts';
import { offsetPlace } from '#ui/shape/trace-hosts.ts';
import type { TraceHost } from '#ui/shape/trace-hosts.ts';
import s from './clock-offset-bar.module.css';

/** @param half of the axis, ns */
export function ClockOffsetBar({ host, half }: { readonly host: TraceHost; readonly half: number }): ReactNode {
  const at = (ns: number): string => `${offsetPlace(ns, half) * 100}%`;
  const error: CSSProperties = {
    left: at(host.offsetNs - host.errorNs),
    width: `${(offsetPlace(host.offsetNs + host.errorNs, half) - offsetPlace(host.offsetNs - host.errorNs, half)) * 100}%`,
  };
  return (
    <span
      className={s.track}
      role="img"
      aria-label={
        host.verdict === 'moved'
          ? `${offset(host.offsetNs, host.errorNs)}, between ${signed(host.offsetNs - host.errorNs)} and ${signed(host.offsetNs + host.errorNs)}`
          : 'not moved'
      }
    >
      <span className={s.zero} />
      {host.errorNs > 0 && (
        <span
          className={s.error}
          style={error}
          title={`between ${signed(host.offsetNs - host.errorNs)} and ${signed(host.offsetNs + host.errorNs)}`}
        />
      )}
      <span className={host.verdict === 'moved' ? s.point : s.still} style={{ left: at(host.offsetNs) }} />
    </span>
  );
}
