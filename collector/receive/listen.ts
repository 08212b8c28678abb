// What both servers share about their place on the network.
import type { Server } from 'node:net';
import { addressText } from '#proto/config/address.ts';

export interface ListenOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

export interface Listening {
  readonly address: string;
  readonly port: number;
  /** Stops taking connections, lets requests that are under way finish for a while, then cuts what remains. */
  close(): Promise<void>;
}

/** Where a server of ours listens: it has an address, as none listens on a pipe. */
export function boundAddress(server: Server): { readonly address: string; readonly port: number } {
  const bound = server.address();
  if (typeof bound !== 'object' || bound === null) throw new Error('the server does not listen on an address');
  return { address: bound.address, port: bound.port };
}

/** Requests under way get this long when a server closes: a held reply and its client's patience end by then. */
export const CLOSE_GRACE_MS = 10_000;

/** A server that could not start; the message says what to change. */
export class ListenError extends Error {
  constructor(what: string, options: ListenOptions, configKey: string, cause: unknown) {
    super(
      `${what} cannot listen on ${addressText(options)}: ${reasonOf(cause)}. Change ${configKey} in the configuration${isTaken(cause) ? ', or stop the program that uses the port' : ''}.`,
      { cause },
    );
    this.name = 'ListenError';
  }
}

/** Whether another program has the port. */
export function isTaken(error: unknown): boolean {
  const cause = error instanceof ListenError ? error.cause : error;
  return String(cause instanceof Error ? cause.message : cause).includes('EADDRINUSE');
}

function reasonOf(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  if (text.includes('EADDRINUSE')) return 'the port is taken';
  if (text.includes('EACCES')) return 'this user may not open that port';
  if (text.includes('EADDRNOTAVAIL') || text.includes('ENOTFOUND')) return 'this machine has no such address';
  return text;
}
