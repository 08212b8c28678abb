// How much of the traffic takes one path: a count-min sketch with conservative update (Cormode and Muthukrishnan, 2005; Estan and
// Varghese, 2002) over two turns of a window. It never estimates a path as rarer than it is, and its size does not grow with the paths.

/** Length of a turn, ms of the collector's clock: shares are over the turn under way and the one before it. */
export const PATH_TURN_MS = 600_000;
const ROWS = 4;
/** Counters of a row. A path is overestimated by e / width of all traces (0.004 %), in 98 of 100 cases. A power of two. */
const WIDTH = 65_536;

class Turn {
  readonly counts = new Uint32Array(ROWS * WIDTH);
  total = 0;

  clear(): void {
    if (this.total > 0) this.counts.fill(0);
    this.total = 0;
  }
}

/** 2 MiB, made when the first trace is counted. */
class Sketch {
  current = new Turn();
  previous = new Turn();
  beganMs: number;

  constructor(nowMs: number) {
    this.beganMs = nowMs;
  }
}

/** Holders of one sketch share it: rule sets before and after a reload. */
interface Shared {
  sketch: Sketch | undefined;
}

export class PathShares {
  #shared: Shared = { sketch: undefined };

  /** Goes on with what another one has counted, together with it. */
  adopt(other: PathShares): void {
    this.#shared = other.#shared;
  }

  /**
   * Counts a trace and returns the share its path has among all counted, itself included: so nothing is rare before there are enough
   * traces to compare with. The clock never goes back: an older time counts as now.
   * @param hi @param lo the fingerprint, unsigned words
   * @returns within (0, 1]
   */
  count(hi: number, lo: number, nowMs: number): number {
    const sketch = (this.#shared.sketch ??= new Sketch(nowMs));
    turn(sketch, nowMs);
    const { current, previous } = sketch;
    const step = hi | 1;
    let now = Infinity;
    let before = Infinity;
    for (let row = 0, at = lo; row < ROWS; row++, at += step) {
      const cell = row * WIDTH + (at & (WIDTH - 1));
      if (current.counts[cell]! < now) now = current.counts[cell]!;
      if (previous.counts[cell]! < before) before = previous.counts[cell]!;
    }
    now++;
    for (let row = 0, at = lo; row < ROWS; row++, at += step) {
      const cell = row * WIDTH + (at & (WIDTH - 1));
      if (current.counts[cell]! < now) current.counts[cell] = now;
    }
    current.total++;
    return (now + before) / (current.total + previous.total);
  }
}

function turn(sketch: Sketch, nowMs: number): void {
  const elapsedMs = nowMs - sketch.beganMs;
  if (elapsedMs < PATH_TURN_MS) return;
  sketch.beganMs = nowMs;
  const { current, previous } = sketch;
  previous.clear();
  if (elapsedMs >= 2 * PATH_TURN_MS) {
    current.clear();
    return;
  }
  sketch.previous = current;
  sketch.current = previous;
}
