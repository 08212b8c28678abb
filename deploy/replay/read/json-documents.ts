// Cuts a byte stream into its top-level JSON values: lines, concatenated documents, or the elements of one big array.

import { CaptureError, MAX_DOCUMENT_BYTES } from './capture-request.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** One JSON value of the stream: its text and the byte where it starts. */
export interface JsonDocument {
  text: string;
  offset: number;
}

/**
 * Yields every object or array at the top level; a top-level array is opened and its elements are yielded one by one,
 * so that a capture which is one array never has to fit in memory.
 * @throws CaptureError for text between documents, a document over the limit, or an end inside one
 */
export async function* readJsonDocuments(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<JsonDocument> {
  const parts: Uint8Array[] = [];
  let partBytes = 0;
  let offset = 0;
  let startedAt = 0;
  let depth = 0;
  let inArray = false;
  let inString = false;
  let escaped = false;
  for await (const chunk of chunks) {
    let from = depth > 0 ? 0 : -1;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i]!;
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) inString = false;
        continue;
      }
      if (depth === 0) {
        if (isBlank(byte) || (inArray && byte === COMMA)) continue;
        if (inArray && byte === CLOSE_BRACKET) inArray = false;
        else if (!inArray && byte === OPEN_BRACKET) inArray = true;
        else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
          depth = 1;
          from = i;
          startedAt = offset + i;
        } else
          throw new CaptureError(
            `byte ${offset + i} is ${JSON.stringify(String.fromCharCode(byte))} where a JSON object was expected`,
          );
        continue;
      }
      if (byte === QUOTE) inString = true;
      else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++;
      else if ((byte === CLOSE_BRACE || byte === CLOSE_BRACKET) && --depth === 0) {
        parts.push(chunk.subarray(from, i + 1));
        yield { text: Buffer.concat(parts).toString('utf8'), offset: startedAt };
        parts.length = 0;
        partBytes = 0;
        from = -1;
      }
    }
    if (depth > 0) {
      parts.push(chunk.slice(from));
      partBytes += chunk.length - from;
      if (partBytes > MAX_DOCUMENT_BYTES)
        throw new CaptureError(`the JSON document at byte ${startedAt} is longer than ${MAX_DOCUMENT_BYTES} bytes`);
    }
    offset += chunk.length;
  }
  if (depth > 0) throw new CaptureError(`the capture ends inside the JSON document that starts at byte ${startedAt}`);
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
