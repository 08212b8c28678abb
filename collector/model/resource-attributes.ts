// Reads a few attributes of a Resource message as text. The message was validated by the request index, so no bound is checked again.
import { WireWalk } from '#proto/wire/walk.ts';
import { int64Text } from '#proto/otlp/any-value-text.ts';
import { ANY_VALUE, KEY_VALUE, RESOURCE } from '#proto/otlp/fields.ts';

/**
 * First value of each key, as text: strings as they are, ints, doubles and booleans printed; '' when absent or of another type.
 * @param message a Resource message (opentelemetry.proto.resource.v1)
 */
export function resourceAttributeTexts(message: Buffer, keys: readonly string[]): string[] {
  const found = keys.map(() => '');
  const seen = keys.map(() => false);
  const cursor = new WireWalk();
  cursor.open(message, 0, message.length);
  const pair = new WireWalk();
  while (cursor.next()) {
    if (cursor.tag !== RESOURCE.attributes) continue;
    let key = '';
    let value = '';
    pair.open(message, cursor.from, cursor.to);
    while (pair.next()) {
      if (pair.tag === KEY_VALUE.key) key = message.toString('utf8', pair.from, pair.to);
      else if (pair.tag === KEY_VALUE.value) value = anyValueText(message, pair.from, pair.to);
    }
    const at = keys.indexOf(key);
    if (at < 0 || seen[at]) continue;
    seen[at] = true;
    found[at] = value;
  }
  return found;
}

/** AnyValue bytes[from, to) as text, '' for arrays, maps, bytes and the empty value. */
function anyValueText(message: Buffer, from: number, to: number): string {
  const cursor = new WireWalk();
  cursor.open(message, from, to);
  let text = '';
  while (cursor.next()) {
    if (cursor.tag === ANY_VALUE.stringValue) text = message.toString('utf8', cursor.from, cursor.to);
    else if (cursor.tag === ANY_VALUE.boolValue) text = (cursor.lo | cursor.hi) === 0 ? 'false' : 'true';
    else if (cursor.tag === ANY_VALUE.intValue) text = int64Text(cursor.hi, cursor.lo);
    else if (cursor.tag === ANY_VALUE.doubleValue) text = String(message.readDoubleLE(cursor.from));
    else text = '';
  }
  return text;
}
