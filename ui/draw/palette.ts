// The tokens as canvas understands them: resolved for the theme that is on. Read once per theme, not per frame.

type ColourName =
  | 'bg'
  | 'panel'
  | 'sunk'
  | 'line'
  | 'line-strong'
  | 'text'
  | 'dim'
  | 'faint'
  | 'accent'
  | 'accent-bg'
  | 'grain'
  | 'error'
  | 'warn'
  | 'heat-low'
  | 'heat-high';
type Colours = { readonly [K in ColourName]: string };
export type Palette = Colours & { readonly hue: (degrees: number) => string; readonly sans: string };

/** Resolves every token through a probe, because light-dark() is not resolved in a custom property itself. */
export function readPalette(dark: boolean): Palette {
  const probe = document.createElement('span');
  document.body.append(probe);
  const style = getComputedStyle(probe);
  const colourOf = (name: ColourName): string => {
    probe.style.color = `var(--${name})`;
    return style.color;
  };
  const colours: Colours = {
    bg: colourOf('bg'),
    panel: colourOf('panel'),
    sunk: colourOf('sunk'),
    line: colourOf('line'),
    'line-strong': colourOf('line-strong'),
    text: colourOf('text'),
    dim: colourOf('dim'),
    faint: colourOf('faint'),
    accent: colourOf('accent'),
    'accent-bg': colourOf('accent-bg'),
    grain: colourOf('grain'),
    error: colourOf('error'),
    warn: colourOf('warn'),
    'heat-low': colourOf('heat-low'),
    'heat-high': colourOf('heat-high'),
  };
  const sans = style.fontFamily;
  probe.remove();
  const [lightness, chroma] = dark ? [0.7, 0.11] : [0.62, 0.12];
  return { ...colours, sans, hue: (degrees) => `oklch(${lightness} ${chroma} ${degrees})` };
}
