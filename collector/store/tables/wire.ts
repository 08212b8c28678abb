// Reading protobuf bytes that have been validated before: varints and skipping. Positions travel in `varintEnd`, so
// that no object is made per field.

/** Where the varint read last ended. */
export let varintEnd = 0;

/** HOT. An unsigned varint up to 2^53; longer ones lose their upper bits. Sets {@link varintEnd}. */
export function readVarint(bytes: Uint8Array, at: number): number {
  let byte = bytes[at]!;
  if (byte < 128) {
    varintEnd = at + 1;
    return byte;
  }
  let value = byte & 127;
  let factor = 128;
  let i = at + 1;
  const limit = at + 10;
  do {
    byte = bytes[i++]!;
    value += (byte & 127) * factor;
    factor *= 128;
  } while (byte >= 128 && i < limit);
  varintEnd = i;
  return value;
}

/** HOT. End of the field whose tag has been read and whose content begins at `at`. */
export function skipField(bytes: Uint8Array, at: number, tag: number): number {
  switch (tag & 7) {
    case 0: {
      let i = at;
      while (bytes[i]! >= 128) i++;
      return i + 1;
    }
    case 1:
      return at + 8;
    case 2: {
      const length = readVarint(bytes, at);
      return varintEnd + length;
    }
    case 3:
      return skipGroup(bytes, at);
    case 5:
      return at + 4;
    default:
      return at; // an end-group tag, or no wire type at all: validation lets neither through
  }
}

/** End of a group (deprecated, but still decodable) whose start tag has been read. */
function skipGroup(bytes: Uint8Array, start: number): number {
  let at = start;
  for (let depth = 1; depth > 0 && at < bytes.length;) {
    const tag = readVarint(bytes, at);
    at = varintEnd;
    if ((tag & 7) === 3) depth++;
    else if ((tag & 7) === 4) depth--;
    else at = skipField(bytes, at, tag);
  }
  return at;
}
