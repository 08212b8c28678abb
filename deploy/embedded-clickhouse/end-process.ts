// How the embedded ClickHouse ends its process, and how its launcher learns with which exit code.

/** Exit code: start it again at once. */
export const EXIT_RESTART = 75;
/** So many times in a row before it is ready, then it has failed. */
export const MAX_RESTARTS_BEFORE_READY = 5;

const ENDING = /^\{"ending":(\d+)\}$/;

/**
 * Writes the exit code for the launcher, and kills this process. `process.exit` is not used: it would run the destructors of libchdb, which can
 * wait for ever for a thread of libchdb that is still running; the process would then keep the lock of the data directory. Nothing is lost:
 * all acknowledged data are in files.
 */
export function endProcess(code: number): never {
  process.stdout.write(`${JSON.stringify({ ending: code })}\n`);
  process.kill(process.pid, 'SIGKILL');
  throw new Error('SIGKILL did not end this process');
}

/** The code that a line of the process announces; undefined: it is another line. */
export function announcedCode(line: string): number | undefined {
  const code = ENDING.exec(line)?.[1];
  return code === undefined ? undefined : Number(code);
}
