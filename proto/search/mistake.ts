// What is wrong with a text of the search language: where, and in words what was expected, what was found and what may have been meant.
import type { TextPart } from './expression.ts';

export class SearchMistake extends Error {
  /** Of the text. */
  readonly place: TextPart;

  constructor(place: TextPart, message: string) {
    super(message);
    this.place = place;
  }

  /** With line and column, both from 1. */
  sentence(text: string): string {
    const before = text.slice(0, this.place.from).split('\n');
    return `${before.length}:${(before.at(-1) ?? '').length + 1}: ${this.message}`;
  }
}
