// How the embedded ClickHouse and its launcher agree that it ended to be started again.

/** Exit code: start it again at once. */
export const EXIT_RESTART = 75;
/** So many times in a row before it is ready, then it has failed. */
export const MAX_RESTARTS_BEFORE_READY = 5;
