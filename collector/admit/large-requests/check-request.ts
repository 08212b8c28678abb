// Checks a large request whole, as the stages would, and cuts it: nothing of it is accepted when any part is malformed. Runs in a
// thread of its own.
import { logsRequestSchema, metricsRequestSchema, traceRequestSchema, type MessageSchema } from '#proto/otlp/schema.ts';
import type { Signal } from '#proto/otlp/signal.ts';
import { validateMessage } from '#proto/otlp/validate-message.ts';
import { WireError } from '#proto/wire/wire-error.ts';
import { RequestIndex, type IndexTables } from '#collector/assemble/request-index.ts';
import type { RefusalReason } from '../../receive/intake.ts';
import { transcodeJson } from '../../receive/transcode.ts';
import { cutRequest } from './cut-request.ts';
import { ITEM_WORDS, LARGE_REQUESTS, MAX_ITEM_MESSAGES, MAX_NUMBERS } from './limits.ts';
import { isLarge, weigh } from './weigh.ts';

export interface LargeRequest {
  readonly signal: Signal;
  readonly encoding: 'protobuf' | 'json';
  readonly body: Uint8Array;
  /** Of the protobuf that JSON becomes. */
  readonly maxBodyBytes: number;
}

export type Checked =
  | { readonly kind: 'pieces'; readonly pieces: readonly Uint8Array[] }
  | { readonly kind: 'refused'; readonly reason: Reason; readonly message: string };

type Reason = Extract<RefusalReason, 'malformed' | 'too_large' | 'too_many_items'>;

const schemas: Readonly<Record<Signal, MessageSchema>> = {
  traces: traceRequestSchema,
  logs: logsRequestSchema,
  metrics: metricsRequestSchema,
};
const messageNames: Readonly<Record<Signal, string>> = {
  traces: 'ExportTraceServiceRequest',
  logs: 'ExportLogsServiceRequest',
  metrics: 'ExportMetricsServiceRequest',
};
/** Names and resources are not needed here. */
const noTables: IndexTables = {
  names: { intern: () => 0, forget: () => undefined, prints: new Int32Array(1) },
  resources: { intern: () => 0, trim: () => undefined },
  scopes: { intern: () => 0, trim: () => undefined },
};

/** Several pieces of bounded work, or one where the request is not large; or why all of it is refused. */
export function checkRequest({ signal, encoding, body, maxBodyBytes }: LargeRequest): Checked {
  if (encoding === 'protobuf') return checkProtobuf(signal, asBuffer(body));
  const transcoded = transcodeJson(signal, asBuffer(body), maxBodyBytes);
  return transcoded.kind === 'ok'
    ? checkProtobuf(signal, transcoded.body)
    : refused(transcoded.kind, transcoded.message);
}

function checkProtobuf(signal: Signal, body: Buffer): Checked {
  if (!isLarge(signal, body)) return { kind: 'pieces', pieces: [body] };
  const { items, weight } = weigh(signal, body);
  const limits = LARGE_REQUESTS[signal];
  const words = ITEM_WORDS[signal];
  if (items > limits.items)
    return tooMany(`the request has ${items} ${words}, more than ${limits.items}: send smaller batches`);
  if (weight > limits.mostWeight) {
    return tooMany(
      `the request has ${weight} ${words}, buckets and groups of them, more than ${limits.mostWeight}: send smaller batches`,
    );
  }
  return signal === 'traces' ? checkTraces(body) : checkMessage(signal, body);
}

/** As the index of spans does, piece by piece: its columns are small then. */
function checkTraces(body: Buffer): Checked {
  const cut = cutRequest('traces', body);
  if (cut.kind === 'too_large') return refused('too_large', cut.message);
  const index = new RequestIndex(noTables);
  if (cut.kind === 'malformed' || cut.pieces.some((piece) => index.index(asBuffer(piece)) !== undefined)) {
    // The message names the place as one pass over the whole request does.
    return refused('malformed', index.index(body) ?? (cut.kind === 'malformed' ? cut.message : 'malformed protobuf'));
  }
  return checkItems('traces', cut.pieces);
}

function checkMessage(signal: Signal, body: Buffer): Checked {
  const problem = invalid(signal, body);
  if (problem !== undefined) return problem;
  const cut = cutRequest(signal, body);
  return cut.kind === 'pieces' ? checkItems(signal, cut.pieces) : refused(cut.kind, cut.message);
}

function invalid(signal: Signal, body: Buffer): Checked | undefined {
  try {
    const { numbers } = validateMessage(schemas[signal], body);
    if (numbers <= MAX_NUMBERS) return undefined;
    return tooMany(
      `the request has ${numbers} numbers in its data points, more than ${MAX_NUMBERS}: send smaller batches`,
    );
  } catch (error) {
    if (error instanceof WireError) return refused('malformed', `not a valid ${messageNames[signal]}: ${error.short}`);
    throw error;
  }
}

/** A piece is larger than others where one item is: that one cannot be cut. */
function checkItems(signal: Signal, pieces: readonly Uint8Array[]): Checked {
  for (const piece of pieces) {
    if (piece.length <= LARGE_REQUESTS[signal].pieceBytes) continue;
    const messages = messagesIn(signal, piece);
    if (messages > MAX_ITEM_MESSAGES) {
      const what = `${messages} values, attributes and other messages in it, more than ${MAX_ITEM_MESSAGES}`;
      return tooMany(`one of the ${ITEM_WORDS[signal]} has ${what}: send smaller ones`);
    }
  }
  return { kind: 'pieces', pieces };
}

/** The index of spans accepts values nested deeper than this walk does; 0 then. */
function messagesIn(signal: Signal, piece: Uint8Array): number {
  try {
    return validateMessage(schemas[signal], piece).messages;
  } catch (error) {
    if (error instanceof WireError) return 0;
    throw error;
  }
}

function tooMany(message: string): Checked {
  return refused('too_many_items', message);
}

function refused(reason: Reason, message: string): Checked {
  return { kind: 'refused', reason, message };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
