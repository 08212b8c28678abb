// Text on every background meets WCAG AA (4.5:1), light and dark, read from the tokens themselves.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const css = readFileSync(join(import.meta.dirname, '../../ui/tokens.css'), 'utf8');
const tokens = new Map(
  [...css.matchAll(/--([a-z-]+):\s*light-dark\((#[0-9a-f]{6}),\s*(#[0-9a-f]{6})\)/g)].map((m) => [
    m[1]!,
    [m[2]!, m[3]!] as const,
  ]),
);

/** WCAG 2.2 relative luminance. */
function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5]
    .map((i) => Number.parseInt(hex.slice(i, i + 2), 16) / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(a: string, b: string): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

const GROUNDS = ['bg', 'panel', 'sunk', 'accent-bg'];
const PAIRS = [
  ...['text', 'dim', 'accent', 'error', 'warn', 'ok', 'grain-text'].flatMap((words) =>
    GROUNDS.map((ground) => [words, ground] as const),
  ),
  ['grain-text', 'grain-bg'],
  ['text', 'grain-bg'],
  ['dim', 'grain-bg'],
  ['error', 'error-bg'],
  ['on-accent', 'accent'],
  ['warn', 'grain-bg'],
] as const;

it.each(PAIRS)('%s on %s is readable in light and dark', (words, ground) => {
  for (const theme of [0, 1] as const) {
    const ratio = contrast(tokens.get(words)![theme], tokens.get(ground)![theme]);
    expect(ratio, `${theme === 0 ? 'light' : 'dark'} ${ratio.toFixed(2)}`).toBeGreaterThanOrEqual(4.5);
  }
});
