// The right spelling for a misspelt key, option or command, by edit distance.
import { distance } from 'fastest-levenshtein';

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
    const edits = areSwapped(wanted, known) ? 1 : distance(wanted, known);
    if (edits < bestEdits) [best, bestEdits] = [candidate, edits];
    if (known.endsWith(`.${wanted}`) || known.startsWith(`${wanted}_`)) byPart ??= candidate;
  }
  return best ?? byPart;
}

/** Two neighbours changed places, the most frequent slip of all: one edit, where the distance says two. */
function areSwapped(word: string, known: string): boolean {
  let at = 0;
  while (at < word.length && word[at] === known[at]) at++;
  if (at === word.length) return false;
  return word.slice(0, at) + (word[at + 1] ?? '') + (word[at] ?? '') + word.slice(at + 2) === known;
}

/** In lower case, options (`max-bytes`) and keys (`max_bytes`) alike. */
function folded(word: string): string {
  return word.toLowerCase().replaceAll('-', '_');
}

/** Remedy for an unknown key: the nearest one, else all there are. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  if (candidates.length === 0) return 'leave it out: nothing can stand here';
  const nearest = nearestKey(word, candidates);
  return nearest === undefined ? `valid here: ${candidates.join(', ')}` : `did you mean \`${nearest}\`?`;
}
