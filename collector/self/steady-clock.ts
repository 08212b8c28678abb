// Unix time that never goes back, whatever is done to the system's clock: waits, windows and the log's order depend on it.

/** While the system's clock is behind this one, this one goes at this part of its speed until they agree again: nothing ever stands still. */
const CATCH_UP_SPEED = 0.5;

/**
 * @param wallMs the system's clock, Unix ms; may be set forward or back at any time
 * @param elapsedMs ms of a clock that never jumps
 * @returns whole Unix ms: the system's, except after that one was set back
 */
export function steadyClock(wallMs: () => number, elapsedMs: () => number): () => number {
  let lastElapsedMs = elapsedMs();
  let steadyMs = wallMs();
  return () => {
    const elapsed = elapsedMs();
    const passedMs = elapsed - lastElapsedMs;
    lastElapsedMs = elapsed;
    steadyMs = Math.max(wallMs(), steadyMs + passedMs * CATCH_UP_SPEED);
    return Math.floor(steadyMs);
  };
}
