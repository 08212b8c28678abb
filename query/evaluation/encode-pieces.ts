// Joins short pieces of text to ones worth a message between threads and a write to a socket, in UTF-8.

/** Large enough that the way costs little, small enough that the first is on its way soon. */
const PIECE_CHARACTERS = 64 * 1024;

/** Each piece has memory of its own, so that it can be handed to another thread. */
export function* encodePieces(texts: Iterable<string>): Generator<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  let text = '';
  for (const one of texts) {
    text += one;
    if (text.length < PIECE_CHARACTERS) continue;
    yield encoder.encode(text);
    text = '';
  }
  if (text !== '') yield encoder.encode(text);
}
