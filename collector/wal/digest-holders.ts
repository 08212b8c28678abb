// Which part of the log holds the digests of which requests: before a segment is removed, those it holds have to be written again.

/** Requests of one piece at most: pieces are carried as a whole. */
const MOST_OF_PIECE = 1024;

/** Requests of the window from number `from` to before `to`, held by the log from `position` on. */
export interface HeldPiece {
  readonly from: number;
  readonly to: number;
}

interface Piece {
  readonly from: number;
  to: number;
  readonly position: number;
}

export class DigestHolders {
  /** By position; those that have left the window are forgotten when others come. */
  readonly #pieces: Piece[] = [];

  /**
   * The request with that number in the window is in the log at `position`, behind all that were noted before.
   * @param first lowest number in the window
   */
  note(request: number, position: number, first: number): void {
    const last = this.#pieces.at(-1);
    if (last !== undefined && last.to === request && request - last.from < MOST_OF_PIECE) last.to++;
    else this.noteAll({ from: request, to: request + 1 }, position, first);
  }

  /** The same of several. */
  noteAll({ from, to }: HeldPiece, position: number, first: number): void {
    while (this.#pieces.length > 0 && this.#pieces[0]!.to <= first) this.#pieces.shift();
    this.#pieces.push({ from, to, position });
  }

  /** Removes the pieces that are held before `end`, and returns them. */
  removeBefore(end: number, first: number): HeldPiece[] {
    const behind = this.#pieces.findIndex((piece) => piece.position >= end);
    const removed = this.#pieces.splice(0, behind < 0 ? this.#pieces.length : behind);
    return removed.filter((piece) => piece.to > first);
  }
}
