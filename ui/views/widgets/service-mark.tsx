// The service's colour as a mark beside its name; never the only sign of it.
import type { CSSProperties, ReactNode } from 'react';
import { hueOf } from '#ui/shape/service-hue.ts';

/** The custom property that `.hue` reads. Set through CSSOM, so the content policy holds. */
export function hueStyle(hue: number): CSSProperties {
  return { '--hue': hue } as CSSProperties;
}

export function ServiceDot({
  service,
  hue = hueOf(service),
}: {
  readonly service: string;
  readonly hue?: number;
}): ReactNode {
  return <span className="dot hue" style={hueStyle(hue)} aria-hidden="true" />;
}
