// How the embedded ClickHouse ends its process, and how its launcher learns with which exit code.

/** Exit code: start it again at once. */
export const EXIT_RESTART = 75;
/** So many times in a row before it is ready, then it has failed. */
export const MAX_RESTARTS_BEFORE_READY = 5;

const ENDING = /^\{"ending":(\d+)\}$/;

/**
 * Ends this process now, and tells the launcher the code. `process.exit` would run the destructors of the engine's library; while one of its
 * threads still works they wait for each other for ever, and the data directory stays locked. What was acknowledged is in files.
 */
export function endProcess(code: number): void {
  process.stdout.write(`${JSON.stringify({ ending: code })}\n`);
  process.kill(process.pid, 'SIGKILL');
}

/** The code that a line of the process announces; undefined: it is another line. */
export function announcedCode(line: string): number | undefined {
  const code = ENDING.exec(line)?.[1];
  return code === undefined ? undefined : Number(code);
}
