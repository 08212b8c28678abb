// Which colour a service has: a hash picks from a fixed ring of hues, so a service looks the same on every page; red is left to errors.

/** Fourteen hues at least 20° apart that leave out 0–45 (oklch degrees). */
export const HUES: readonly number[] = [252, 296, 318, 186, 99, 143, 230, 121, 55, 165, 208, 77, 340, 274];

/** FNV-1a over UTF-16 units: stable over sessions and machines. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** Hue of one service alone (lists, facets, map). */
export function hueOf(service: string): number {
  return HUES[hashText(service) % HUES.length] ?? 255;
}

/** Hues of the services of one trace: as alone, but collisions take the next free hue while there are free ones. */
export function huesOf(services: readonly string[]): number[] {
  const taken = new Set<number>();
  return services.map((service) => {
    const first = hashText(service) % HUES.length;
    for (let step = 0; step < HUES.length; step++) {
      const slot = (first + step) % HUES.length;
      if (taken.has(slot)) continue;
      taken.add(slot);
      return HUES[slot] ?? 255;
    }
    return HUES[first] ?? 255;
  });
}

/** Hue of the n-th line of a chart: neighbours far apart on the ring. */
export function seriesHue(index: number): number {
  return HUES[(index * 5) % HUES.length] ?? 255;
}
