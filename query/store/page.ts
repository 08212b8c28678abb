// A page of a list that is read in one order: it begins behind a position, and knows the position of its last row where more follow.

/** Where a row stands in the order: by `key`, and of equal keys by `tie`. Plain data, whatever an API writes it as. */
export interface PagePosition {
  /** An integer in decimal. */
  readonly key: string;
  readonly tie: string;
}

export interface PageRequest {
  /** Rows of the page. */
  readonly limit: number;
  /** The last row of the page before; absent for the first page. */
  readonly after?: PagePosition | undefined;
}

export interface Page<T> {
  readonly rows: readonly T[];
  /** Of the last row; absent where none follows. */
  readonly next?: PagePosition | undefined;
}

/** @param rows one more than the page holds, where there are so many */
export function pageOf<T>(rows: readonly T[], limit: number, positionOf: (row: T) => PagePosition): Page<T> {
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return { rows: shown, next: last === undefined ? undefined : positionOf(last) };
}
