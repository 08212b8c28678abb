// Base64 (RFC 4648, padded) of bytes, without any platform's help: for OTLP/JSON and stored attribute values.

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

export function base64FromBytes(bytes: Uint8Array, start = 0, end = bytes.length): string {
  let text = '';
  for (let i = start; i < end; i += 3) {
    const left = end - i;
    const word = (bytes[i]! << 16) | ((left > 1 ? bytes[i + 1]! : 0) << 8) | (left > 2 ? bytes[i + 2]! : 0);
    text +=
      ALPHABET[word >> 18]! +
      ALPHABET[(word >> 12) & 63]! +
      (left > 1 ? ALPHABET[(word >> 6) & 63]! : '=') +
      (left > 2 ? ALPHABET[word & 63]! : '=');
  }
  return text;
}

/** Accepts the URL-safe alphabet and missing padding too, as proto3 JSON does. Undefined when it is not base64. */
export function bytesFromBase64(text: string): Uint8Array | undefined {
  const body = text.replace(/=+$/, '');
  if (body.length % 4 === 1) return undefined;
  const bytes = new Uint8Array(Math.floor((body.length * 3) / 4));
  let word = 0;
  let bits = 0;
  let at = 0;
  for (const c of body) {
    const value = ALPHABET.indexOf(c === '-' ? '+' : c === '_' ? '/' : c);
    if (value < 0) return undefined;
    word = ((word << 6) | value) & 0xffffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = (word >> bits) & 0xff;
    }
  }
  return bytes;
}
