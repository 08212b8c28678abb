// Label names in a path whose bytes are no UTF-8: routers refuse such paths, Prometheus says which name is wrong.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { quote } from '#query/promql/quote.ts';
import { failure, STATUS_OF } from './envelope.ts';

const LABEL_VALUES = /^(?:\/prometheus)?\/api\/v1\/label\/([^/?]{1,1000})\/values(?:\?|$)/;
const MAX_UTF8_BYTES = 4;

/** The bytes of a path segment; undefined where a percent sign escapes nothing. */
function bytesOf(segment: string): Buffer | undefined {
  if (/%(?![0-9a-fA-F]{2})/.test(segment)) return undefined;
  const parts = segment.split(/(%[0-9a-fA-F]{2})/);
  return Buffer.concat(
    parts.map((part) => (/^%[0-9a-fA-F]{2}$/.test(part) ? Buffer.from(part.slice(1), 'hex') : Buffer.from(part))),
  );
}

/** The character at a place, where its bytes are one. */
function characterAt(bytes: Buffer, at: number): { readonly text: string; readonly length: number } | undefined {
  for (let length = 1; length <= MAX_UTF8_BYTES && at + length <= bytes.length; length++) {
    const text = bytes.toString('utf8', at, at + length);
    if (!text.includes('\ufffd') && Array.from(text).length === 1) return { text, length };
  }
  return undefined;
}

/** In Go's quotes, bytes that are no character as `\xff`. */
function quotedBytes(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at < bytes.length;) {
    const character = characterAt(bytes, at);
    text += character === undefined ? `\\x${bytes.toString('hex', at, at + 1)}` : quote(character.text).slice(1, -1);
    at += character?.length ?? 1;
  }
  return `"${text}"`;
}

/** Answers a path that could not be decoded; false where it is none of this API. */
export function answerBadPath(request: FastifyRequest, reply: FastifyReply): boolean {
  const segment = LABEL_VALUES.exec(request.raw.url ?? '')?.[1];
  const bytes = segment === undefined ? undefined : bytesOf(segment);
  if (bytes === undefined) return false;
  void reply.code(STATUS_OF.bad_data).send(failure('bad_data', `invalid label name: ${quotedBytes(bytes)}`));
  return true;
}
