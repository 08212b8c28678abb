// Labels of a series from pairs of texts, as Prometheus takes them: sorted, without empty values, refused where the name is missing or a label
// stands twice.

export interface SeriesLabels {
  readonly name: string;
  /** Without the name, sorted. */
  readonly labels: ReadonlyMap<string, string>;
}

const NAME = '__name__';
/** Of labels in an error's text. */
const MAX_SHOWN = 300;

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Text of bytes[from, to); undefined where it is not UTF-8. */
export function textOf(bytes: Uint8Array, from: number, to: number): string | undefined {
  try {
    return strict.decode(bytes.subarray(from, to));
  } catch {
    return undefined;
  }
}

/** @param pairs names and values in turn; undefined where a text is not UTF-8 @returns the labels, or why they are refused */
export function readLabels(pairs: readonly (string | undefined)[]): SeriesLabels | string {
  const labels = new Map<string, string>();
  let name = '';
  for (let at = 0; at < pairs.length; at += 2) {
    const [key, value] = [pairs[at], pairs[at + 1]];
    if (key === undefined || value === undefined) return `labels that are not UTF-8, got ${shown(pairs)}`;
    if (key === '') return `a label without a name, got ${shown(pairs)}`;
    if (labels.has(key)) return `duplicate label with name ${JSON.stringify(key)}, got ${shown(pairs)}`;
    labels.set(key, value);
    if (key === NAME) name = value;
  }
  if (name === '') return `no metric name, got ${shown(pairs)}`;
  labels.delete(NAME);
  const kept = [...labels].filter(([, value]) => value !== '');
  return { name, labels: new Map(kept.sort(([a], [b]) => (a < b ? -1 : 1))) };
}

function shown(pairs: readonly (string | undefined)[]): string {
  const texts: string[] = [];
  let length = 0;
  for (let at = 0; at < pairs.length && length < MAX_SHOWN; at += 2) {
    const text = `${(pairs[at] ?? '?').slice(0, MAX_SHOWN)}=${JSON.stringify((pairs[at + 1] ?? '?').slice(0, MAX_SHOWN))}`;
    texts.push(text);
    length += text.length;
  }
  return `{${texts.join(', ').slice(0, MAX_SHOWN)}${length >= MAX_SHOWN ? '…' : ''}}`;
}
