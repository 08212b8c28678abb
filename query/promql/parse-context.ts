// What every part of the parser needs: the text of a node, and a way to say what is wrong and where.
import type { SyntaxNode } from '@lezer/common';
import type { LanguageFeatures } from './features.ts';

export interface ParseContext {
  readonly query: string;
  readonly features: LanguageFeatures;
  text(node: SyntaxNode): string;
  fail(offset: number, message: string): never;
}

/** The children of a grammar node, comments left out. */
export function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling)
    if (child.name !== 'LineComment') found.push(child);
  return found;
}
