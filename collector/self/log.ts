// The log: one line per event a person acts on, never one per span. Five methods, so that tests can give an array.
import { pino } from 'pino';

export interface Log {
  debug(fields: Readonly<Record<string, unknown>>, message: string): void;
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/** JSON lines on stderr, which leaves stdout to what a person or program asked for. @param role which process speaks. */
export function createLog(role: string, level: string): Log {
  return pino({ name: role, level }, pino.destination({ fd: 2, sync: true }));
}
