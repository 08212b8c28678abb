// An exemplar of remote write as it is stored: the ids of its trace and span apart from its other labels.
import type { ExemplarRow } from '../rows.ts';

/** As OpenMetrics bounds an exemplar's labels, characters. */
const MAX_LABEL_CHARS = 128;
const NO_TRACE_ID: Uint8Array = new Uint8Array(16);
const NO_SPAN_ID: Uint8Array = new Uint8Array(8);
const MAX_TIME_MS = 9_223_372_036_854;

/** @param texts names and values in turn; undefined where a text is not UTF-8 @returns the row, or why it is refused */
export function exemplarRow(
  { idHi, idLo }: { readonly idHi: number; readonly idLo: number },
  texts: readonly (string | undefined)[],
  value: number,
  tsMs: number,
): ExemplarRow | string {
  if (texts.length % 2 !== 0 || texts.includes(undefined)) return 'its labels are not pairs of UTF-8 texts';
  if (tsMs < 0 || tsMs > MAX_TIME_MS) return `time ${tsMs} ms is out of bounds`;
  const labels = new Map<string, string>();
  let [traceId, spanId] = [NO_TRACE_ID, NO_SPAN_ID];
  let chars = 0;
  for (let at = 0; at < texts.length; at += 2) {
    const [name = '', text = ''] = [texts[at], texts[at + 1]];
    chars += name.length + text.length;
    const id = idOf(text, name === 'trace_id' ? 16 : name === 'span_id' ? 8 : 0);
    if (id === undefined) labels.set(name, text);
    else if (name === 'trace_id') traceId = id;
    else spanId = id;
  }
  if (chars > MAX_LABEL_CHARS) return `its labels have ${chars} characters, more than ${MAX_LABEL_CHARS}`;
  return { idHi, idLo, tsMs, value, traceId, spanId, labels };
}

/** Bytes of an id in lower-case hex: another text would not come back as it was. */
function idOf(text: string, bytes: number): Uint8Array | undefined {
  if (bytes === 0 || text.length !== 2 * bytes || !/^[0-9a-f]+$/.test(text) || /^0+$/.test(text)) return undefined;
  return Uint8Array.from(Buffer.from(text, 'hex'));
}
