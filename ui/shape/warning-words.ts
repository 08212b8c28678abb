// Kinds of warnings as words: what to call one, and what it means.
import { WARNING_MEANING } from '#proto/api/warning-meaning.ts';

export function warningTitle(kind: string): string {
  return kind.replaceAll('_', ' ');
}

/** One sentence about a kind of warning; a newer collector may know more kinds. */
export function meaningOfWarning(kind: string): string {
  const known = Object.entries(WARNING_MEANING).find(([name]) => name === kind);
  return known?.[1] ?? 'A repair that this page does not know by name.';
}
