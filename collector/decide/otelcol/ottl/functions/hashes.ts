// OTTL functions that hash, encode and decode.
import { createHash } from 'node:crypto';
import { fnv1a } from '../../fnv.ts';
import { OttlSyntaxError } from '../syntax-error.ts';
import { textOf } from '../parameter.ts';
import { IdValue, OttlError, type OttlValue } from '../value.ts';
import { parameters, type CallValues, type OttlFunction } from './ottl-function.ts';

const digest = (algorithm: string): OttlFunction => ({
  parameters: parameters('text Target'),
  call: ([text]) => createHash(algorithm).update(textOf(text)).digest('hex'),
});
const id = (bytes: number): OttlFunction => ({
  parameters: parameters('likeBytes Target'),
  check: ([literal]) => {
    if (literal !== undefined && idFrom(literal, bytes) === undefined)
      throw new OttlSyntaxError(`makes an id of something that is not ${bytes} bytes or twice as many digits`);
  },
  call: ([value]) => {
    const made = idFrom(value!, bytes);
    if (made === undefined) throw new OttlError(`expected ${bytes} bytes`);
    return made;
  },
});

/** Bytes of that length, or hex digits as bytes. */
function idFrom(value: OttlValue, length: number): IdValue | undefined {
  if (!(value instanceof Uint8Array)) return undefined;
  if (value.length === length) return new IdValue(value);
  const digits = Buffer.from(value).toString('latin1');
  return value.length === length * 2 && /^[0-9a-fA-F]+$/.test(digits)
    ? new IdValue(Buffer.from(digits, 'hex'))
    : undefined;
}

const BASE64: Readonly<Record<string, { readonly url: boolean; readonly padded: boolean }>> = {
  base64: { url: false, padded: true },
  'base64-raw': { url: false, padded: false },
  'base64-url': { url: true, padded: true },
  'base64-raw-url': { url: true, padded: false },
};
/** Texts are UTF-8 here already. */
const PLAIN_ENCODINGS: ReadonlySet<string> = new Set(['utf-8', 'utf8', 'ascii', 'us-ascii', 'nop', '']);

export const HASH_FUNCTIONS: Readonly<Record<string, OttlFunction>> = {
  MD5: digest('md5'),
  SHA1: digest('sha1'),
  SHA256: digest('sha256'),
  SHA512: digest('sha512'),
  FNV: { parameters: parameters('text Target'), call: ([text]) => BigInt.asIntN(64, fnv1a(Buffer.from(textOf(text)))) },
  Hex: {
    parameters: parameters('likeBytes Target'),
    call: ([bytes]) => (bytes instanceof Uint8Array ? Buffer.from(bytes).toString('hex') : ''),
  },
  Base64Encode: { parameters: parameters('text Target', 'text? Variant'), call: encode64 },
  Decode: { parameters: parameters('any Target', 'text Encoding'), check: checkEncoding, call: decode },
  TraceID: id(16),
  SpanID: id(8),
  ProfileID: id(16),
};

function encode64([text, variant]: CallValues): string {
  const way = BASE64[variant === undefined ? 'base64' : textOf(variant)];
  if (way === undefined) throw new OttlError('no variant of base64');
  const encoded = Buffer.from(textOf(text))
    .toString(way.url ? 'base64url' : 'base64')
    .replace(/=+$/, '');
  return way.padded ? encoded.padEnd(Math.ceil(encoded.length / 4) * 4, '=') : encoded;
}

function checkEncoding([, encoding]: CallValues): void {
  if (
    encoding === undefined ||
    BASE64[textOf(encoding)] !== undefined ||
    PLAIN_ENCODINGS.has(textOf(encoding).toLowerCase())
  )
    return;
  throw new OttlSyntaxError(
    `decodes from ${textOf(encoding)}; there are ${Object.keys(BASE64).join(', ')}, utf-8 and ascii`,
  );
}

function decode([value, encoding]: CallValues): string {
  if (typeof value !== 'string' && !(value instanceof Uint8Array))
    throw new OttlError('only texts and bytes are decoded');
  const text = Buffer.from(value).toString('utf8');
  const way = BASE64[textOf(encoding)];
  if (way === undefined) {
    if (PLAIN_ENCODINGS.has(textOf(encoding).toLowerCase())) return text;
    throw new OttlError('is an encoding that is not supported');
  }
  const letters = text.replace(/[\r\n]/g, '');
  const pattern = way.url ? /^[A-Za-z0-9_-]*(={0,2})$/ : /^[A-Za-z0-9+/]*(={0,2})$/;
  const padding = pattern.exec(letters)?.[1];
  const fits =
    padding !== undefined && (way.padded ? letters.length % 4 === 0 : padding === '' && letters.length % 4 !== 1);
  if (!fits) throw new OttlError('is no base64');
  return Buffer.from(letters, 'base64').toString('utf8');
}
