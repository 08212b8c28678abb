// The tokens as canvas understands them: resolved for the theme that is on. Read once per theme, not per frame.

const NAMES = [
  'bg',
  'panel',
  'sunk',
  'line',
  'line-strong',
  'text',
  'dim',
  'faint',
  'accent',
  'accent-bg',
  'grain',
  'error',
  'warn',
  'heat-low',
  'heat-high',
] as const;
type ColourName = (typeof NAMES)[number];
export type Palette = { readonly [K in ColourName]: string } & {
  readonly hue: (degrees: number) => string;
  readonly sans: string;
};

/** Resolves every token through a probe, because light-dark() is not resolved in a custom property itself. */
export function readPalette(dark: boolean): Palette {
  const probe = document.createElement('span');
  document.body.append(probe);
  const style = getComputedStyle(probe);
  const colours: Record<string, string> = {};
  for (const name of NAMES) {
    probe.style.color = `var(--${name})`;
    colours[name] = style.color;
  }
  const sans = style.fontFamily;
  probe.remove();
  const [lightness, chroma] = dark ? [0.7, 0.11] : [0.62, 0.12];
  return {
    ...(colours as Record<ColourName, string>),
    sans,
    hue: (degrees) => `oklch(${lightness} ${chroma} ${degrees})`,
  };
}
