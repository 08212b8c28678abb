// Kinds of warnings as words: what to call one, and what it means.
import type { WarningKind } from '#proto/api/reconstruction-report.ts';
import { WARNING_MEANING } from '#proto/api/warning-meaning.ts';

export function warningTitle(kind: string): string {
  return kind.replaceAll('_', ' ');
}

/** One sentence about a kind of warning; a newer collector may know more kinds. */
export function meaningOfWarning(kind: string): string {
  return kind in WARNING_MEANING
    ? WARNING_MEANING[kind as WarningKind]
    : 'A repair that this page does not know by name.';
}
