// Decides in turns: looks for due traces every few milliseconds, and goes on at once while there are more, other work in between.
import { TickLag } from './overload/tick-lag.ts';
import { nodeTimers, type Timers } from './time/timers.ts';

/** How often due traces are looked for. */
export const TICK_MS = 25;

export interface Ticked {
  /** Decides what is due, for one turn. Returns whether there is more. */
  tick(): boolean;
  /** How far the event loop is behind, at every tick. */
  feel(lagMs: number): void;
}

/** @param elapsedMs a clock that never jumps. Returns how to stop. */
export function runTicks(ticked: Ticked, elapsedMs: () => number, timers: Timers = nodeTimers): () => void {
  const lag = new TickLag(TICK_MS);
  let isBehind = false;
  let isStopped = false;
  const turn = (): void => {
    if (isStopped) return;
    isBehind = ticked.tick();
    if (isBehind) timers.soon(turn);
  };
  const stop = timers.every(TICK_MS, () => {
    ticked.feel(lag.fired(elapsedMs()));
    if (!isBehind) turn();
  });
  return () => {
    isStopped = true;
    stop();
  };
}
