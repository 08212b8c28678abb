// The critical path as one would explain it, one span after the other: recursive, quadratic, for small traces. Slow reference of proto/critical-path.
import { KIND_CONSUMER, KIND_PRODUCER } from '#proto/otlp/enums.ts';

export interface PlainSpan {
  /** Index of the parent, -1 for roots. */
  readonly parent: number;
  readonly from: number;
  readonly to: number;
  readonly kind: number;
}
export interface PlainPiece {
  readonly span: number;
  readonly from: number;
  readonly to: number;
}

/** Pieces of a root from its end backwards. Of children that end and begin together, the one with the larger index is waited for. */
export function plainCriticalPath(spans: readonly PlainSpan[], root: number): PlainPiece[] {
  const { from, to } = spans[root]!;
  return piecesOf(spans, root, from, to);
}

/** @param from @param to what the parent leaves of the span */
function piecesOf(spans: readonly PlainSpan[], span: number, from: number, to: number): PlainPiece[] {
  const children = spans
    .map((child, index) => ({
      index,
      kind: child.kind,
      parent: child.parent,
      from: Math.max(child.from, from),
      to: Math.min(child.to, to),
    }))
    .filter((child) => child.parent === span && child.to > child.from)
    .filter((child) => !(spans[span]!.kind === KIND_PRODUCER && child.kind === KIND_CONSUMER));
  const pieces: PlainPiece[] = [];
  let time = to;
  for (;;) {
    const ended = children.filter((child) => child.to <= time);
    const last = ended.toSorted((a, b) => b.to - a.to || b.from - a.from || b.index - a.index)[0];
    const own = last?.to ?? from;
    if (time > own) pieces.push({ span, from: own, to: time });
    if (last === undefined) return pieces;
    pieces.push(...piecesOf(spans, last.index, last.from, last.to));
    time = last.from;
  }
}
