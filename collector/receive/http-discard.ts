// Reads on after a request was refused before all of it came: a connection that is closed while its client still sends is reset, and
// the client sees a broken connection instead of the answer (RFC 9112, 9.6). By OTLP's rules it sends the same again then, for ever.
import type { IncomingMessage } from 'node:http';

/** Twice the largest body; whoever sends more is cut. */
const MAX_DISCARDED_BYTES = 128 * 1024 * 1024;
const MAX_DISCARD_MS = 10_000;
/** Whoever has stopped sending reads the answer, or never will. */
const MAX_SILENCE_MS = 2000;

/** Calls `done` once: when the rest of the body has come, the client has disconnected, or enough was read. */
export function discardRest(request: IncomingMessage, done: () => void): void {
  let bytes = 0;
  const timer = setTimeout(stop, MAX_DISCARD_MS).unref();
  const silence = setTimeout(stop, MAX_SILENCE_MS).unref();
  function stop(): void {
    clearTimeout(timer);
    clearTimeout(silence);
    request.removeListener('data', count);
    request.removeListener('end', stop);
    request.removeListener('close', stop);
    done();
  }
  function count(chunk: Buffer): void {
    silence.refresh();
    bytes += chunk.length;
    if (bytes > MAX_DISCARDED_BYTES) stop();
  }
  request.on('data', count);
  request.once('end', stop);
  request.once('close', stop);
  request.resume();
}
