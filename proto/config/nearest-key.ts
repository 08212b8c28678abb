// The right spelling for a misspelt key, option or command, by edit distance. By hand, as a swap of neighbours counts as one edit here.

/** More edits than this, or than a third of the word, and it is another word. */
const MAX_EDITS = 4;

/** The candidate nearest to `word`, or undefined when none is near. A key written without its group (`max_bytes`), or without its end (`burst` of `burst_capacity`), finds the one that goes on so. */
export function nearestKey(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = folded(word);
  let best: string | undefined;
  let bestEdits = Math.min(MAX_EDITS, Math.ceil(wanted.length / 3)) + 1;
  let byPart: string | undefined;
  for (const candidate of candidates) {
    const known = folded(candidate);
    const edits = editDistance(wanted, known);
    if (edits < bestEdits) [best, bestEdits] = [candidate, edits];
    if (known.endsWith(`.${wanted}`) || known.startsWith(`${wanted}_`)) byPart ??= candidate;
  }
  return best ?? byPart;
}

/** In lower case, options (`max-bytes`) and keys (`max_bytes`) alike. */
function folded(word: string): string {
  return word.toLowerCase().replaceAll('-', '_');
}

/** Remedy for an unknown key: the nearest one, else all there are. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const nearest = nearestKey(word, candidates);
  return nearest === undefined ? `valid here: ${candidates.join(', ')}` : `did you mean \`${nearest}\`?`;
}

/** Edits (insert, delete, replace, swap of neighbours) that turn a into b. */
export function editDistance(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, () => new Int32Array(b.length + 1));
  for (let i = 0; i <= a.length; i++) rows[i]![0] = i;
  for (let j = 0; j <= b.length; j++) rows[0]![j] = j;
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let edits = Math.min(rows[i - 1]![j]! + 1, rows[i]![j - 1]! + 1, rows[i - 1]![j - 1]! + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        edits = Math.min(edits, rows[i - 2]![j - 2]! + 1);
      rows[i]![j] = edits;
    }
  }
  return rows[a.length]![b.length]!;
}
