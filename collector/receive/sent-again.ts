// How a request out of the write-ahead log is counted where the ledger of its life is not known.
import { isRemoteWrite, type Encoding, type Transport } from './intake.ts';

/** The encoding of remote write stays: it says what the body is. JSON was transcoded before it came into the log. */
export function sentAgain(encoding: Encoding): { readonly transport: Transport; readonly encoding: Encoding } {
  return { transport: 'wal', encoding: isRemoteWrite(encoding) ? encoding : 'protobuf' };
}
