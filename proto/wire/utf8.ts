// UTF-8 both ways by hand: proto knows neither Node's Buffer nor the DOM's TextEncoder.

const REPLACEMENT = 0xfffd;

/** Writes a code point at target[at…] (room for 4 bytes is the caller's care); a lone surrogate becomes U+FFFD. Returns the position behind it. */
export function putCodePoint(target: Uint8Array, at: number, codePoint: number): number {
  const c = codePoint >= 0xd800 && codePoint <= 0xdfff ? REPLACEMENT : codePoint;
  let p = at;
  if (c < 0x80) {
    target[p++] = c;
  } else if (c < 0x800) {
    target[p++] = 0xc0 | (c >> 6);
    target[p++] = 0x80 | (c & 0x3f);
  } else if (c < 0x1_0000) {
    target[p++] = 0xe0 | (c >> 12);
    target[p++] = 0x80 | ((c >> 6) & 0x3f);
    target[p++] = 0x80 | (c & 0x3f);
  } else {
    target[p++] = 0xf0 | (c >> 18);
    target[p++] = 0x80 | ((c >> 12) & 0x3f);
    target[p++] = 0x80 | ((c >> 6) & 0x3f);
    target[p++] = 0x80 | (c & 0x3f);
  }
  return p;
}

/** Text of UTF-8 bytes[start, end); a malformed sequence becomes U+FFFD, one per byte that does not fit. */
export function decodeUtf8(bytes: Uint8Array, start = 0, end = bytes.length): string {
  let text = '';
  let plain = start;
  let i = start;
  while (i < end) {
    if (bytes[i]! < 0x80) {
      i++;
      continue;
    }
    text += asciiText(bytes, plain, i);
    const length = sequenceLength(bytes, i, end);
    text += length === 0 ? '\ufffd' : String.fromCodePoint(codePointAt(bytes, i, length));
    i += length === 0 ? 1 : length;
    plain = i;
  }
  return text + asciiText(bytes, plain, end);
}

/** Up to here a loop is faster than a call with that many arguments. */
const SHORT = 24;
/** String.fromCharCode takes its arguments from the stack: a few thousand at a time. */
const CHUNK = 4096;

function asciiText(bytes: Uint8Array, start: number, end: number): string {
  if (end - start <= SHORT) {
    let short = '';
    for (let i = start; i < end; i++) short += String.fromCharCode(bytes[i]!);
    return short;
  }
  if (end - start <= CHUNK)
    return end === start ? '' : Reflect.apply(String.fromCharCode, null, bytes.subarray(start, end));
  let text = '';
  for (let i = start; i < end; i += CHUNK) {
    text += Reflect.apply(String.fromCharCode, null, bytes.subarray(i, Math.min(end, i + CHUNK)));
  }
  return text;
}

function isContinuation(bytes: Uint8Array, i: number, end: number): boolean {
  return i < end && (bytes[i]! & 0xc0) === 0x80;
}

/** 2 to 4 for a well-formed sequence at i, else 0 (overlong forms and surrogates are malformed). */
function sequenceLength(bytes: Uint8Array, i: number, end: number): number {
  const first = bytes[i]!;
  if (first >= 0xc2 && first < 0xe0) return isContinuation(bytes, i + 1, end) ? 2 : 0;
  if (!isContinuation(bytes, i + 1, end) || !isContinuation(bytes, i + 2, end)) return 0;
  const second = bytes[i + 1]!;
  if (first >= 0xe0 && first < 0xf0) {
    const overlong = first === 0xe0 && second < 0xa0;
    const surrogate = first === 0xed && second >= 0xa0;
    return overlong || surrogate ? 0 : 3;
  }
  if (first < 0xf0 || first > 0xf4 || !isContinuation(bytes, i + 3, end)) return 0;
  return (first === 0xf0 && second < 0x90) || (first === 0xf4 && second >= 0x90) ? 0 : 4;
}

function codePointAt(bytes: Uint8Array, i: number, length: number): number {
  const lead = bytes[i]! & (length === 2 ? 0x1f : length === 3 ? 0x0f : 0x07);
  let c = lead;
  for (let k = 1; k < length; k++) c = (c << 6) | (bytes[i + k]! & 0x3f);
  return c;
}
