// A log whose lines a test can read.
import { plainLog, type Log } from '#proto/log/log.ts';

export function keptLog(): { readonly log: Log; readonly lines: readonly string[] } {
  const lines: string[] = [];
  return {
    log: plainLog(
      'test',
      'debug',
      (line) => void lines.push(line),
      () => 'now',
    ),
    lines,
  };
}
