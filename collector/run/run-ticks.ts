// Decides in turns: looks for due traces every few milliseconds, and goes on at once while there are more, other work in between.
import { TickLag } from '#collector/overload/tick-lag.ts';

/** How often due traces are looked for. */
const TICK_MS = 25;

export interface Ticked {
  /** Decides what is due, for one turn. Returns whether there is more. */
  tick(): boolean;
  /** How far the event loop is behind, at every tick. */
  onLag(lagMs: number): void;
}

/** @param elapsedMs a clock that never jumps. Returns how to stop. */
export function runTicks(ticked: Ticked, elapsedMs: () => number): () => void {
  const lag = new TickLag(TICK_MS);
  let isBehind = false;
  let isStopped = false;
  const turn = (): void => {
    if (isStopped) return;
    isBehind = ticked.tick();
    if (isBehind) setImmediate(turn);
  };
  const timer = setInterval(() => {
    ticked.onLag(lag.fired(elapsedMs()));
    if (!isBehind) turn();
  }, TICK_MS);
  return () => {
    isStopped = true;
    clearInterval(timer);
  };
}
