// The log: one line per event a person acts on, never one per span. Plain lines for people, JSON for machines.
import { pino } from 'pino';

type Fields = Readonly<Record<string, unknown>>;

export interface Log {
  debug(fields: Fields, message: string): void;
  info(fields: Fields, message: string): void;
  warn(fields: Fields, message: string): void;
  error(fields: Fields, message: string): void;
}

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
type Level = (typeof LEVELS)[number];

/** What of the process a log needs; a parameter, because proto knows no Node. */
export interface LogHost {
  /** Takes a line with its end: stderr, which leaves stdout to what a person or program asked for. */
  readonly write: (line: string) => void;
  /** The time of a plain line, ISO 8601. */
  readonly now: () => string;
}

/** @param role which process speaks */
export function createLog(
  role: string,
  settings: { readonly level: Level; readonly json: boolean },
  host: LogHost,
): Log {
  const { level, json } = settings;
  if (json) return pino({ name: role, level }, { write: host.write });
  return plainLog(role, level, host.write, host.now);
}

/** `TIME ROLE: LEVEL: MESSAGE (key=value, …)`; info, the usual case, names no level. */
export function plainLog(role: string, level: Level, write: (line: string) => void, now: () => string): Log {
  const least = LEVELS.indexOf(level);
  const at =
    (severity: Level): Log[Level] =>
    (fields, message) => {
      if (LEVELS.indexOf(severity) < least) return;
      const details = Object.entries(fields).map(
        ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
      );
      const label = severity === 'info' ? '' : `${severity === 'warn' ? 'warning' : severity}: `;
      write(
        `${now()} ${role}: ${label}${oneLine(message)}${details.length === 0 ? '' : ` (${oneLine(details.join(', '))})`}\n`,
      );
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** What a peer wrote cannot look like another line, nor move a terminal's cursor. */
function oneLine(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
}
