// Cursors of the own API: where a page ended, as `KEY.TIE`. They are handed back unchanged, and mean nothing to anybody else.
import type { Page, PagePosition } from '#query/store/page.ts';
import { BadRequest } from './request-error.ts';

/** What breaks ties: a trace id, or a hash of 64 bits. */
export const BY_TRACE_ID = /^(-?\d{1,19})\.([0-9a-f]{32})$/;
export const BY_HASH = /^(-?\d{1,19})\.(\d{1,20})$/;

/** @throws BadRequest */
export function parseCursor(cursor: string | undefined, shape: RegExp): PagePosition | undefined {
  if (cursor === undefined) return undefined;
  const match = shape.exec(cursor);
  if (match === null)
    throw new BadRequest(
      'CURSOR',
      `cursor is not one of ours: ${JSON.stringify(cursor)}`,
      'use next_cursor of the page before, unchanged',
    );
  return { key: match[1] ?? '', tie: match[2] ?? '' };
}

/** Null where no page follows. */
export function nextCursor({ next }: Page<unknown>): string | null {
  return next === undefined ? null : `${next.key}.${next.tie}`;
}
