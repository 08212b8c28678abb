// Which node of the map an arrow key leads to: the nearest that lies in that direction.

interface Place {
  readonly x: number;
  readonly y: number;
}
export type Arrow = 'ArrowLeft' | 'ArrowRight' | 'ArrowUp' | 'ArrowDown';

/** What lies aside counts more than what lies ahead. */
const ASIDE_WEIGHT = 2;

const ARROWS: ReadonlyMap<string, Arrow> = new Map(
  (['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'] as const).map((key) => [key, key]),
);

export function arrowOf(key: string): Arrow | undefined {
  return ARROWS.get(key);
}

/** Index of the next node; `from` itself when there is none in that direction. */
export function nearestNode(nodes: readonly Place[], from: number, arrow: Arrow): number {
  const here = nodes[from];
  if (!here) return nodes.length === 0 ? -1 : 0;
  let best = from;
  let least = Number.POSITIVE_INFINITY;
  nodes.forEach((node, i) => {
    const [dx, dy] = [node.x - here.x, node.y - here.y];
    const ahead = { ArrowLeft: -dx, ArrowRight: dx, ArrowUp: -dy, ArrowDown: dy }[arrow];
    const aside = Math.abs(arrow === 'ArrowLeft' || arrow === 'ArrowRight' ? dy : dx);
    if (i === from || ahead <= 0) return;
    const distance = ahead + ASIDE_WEIGHT * aside;
    if (distance >= least) return;
    least = distance;
    best = i;
  });
  return best;
}
