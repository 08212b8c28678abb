// What may stand where the cursor is in a question: a key or a value, and which text of it is there already.
import { fieldNamed, fieldOf, FIELD_NAMES, wordsOf } from '#proto/search/fields.ts';

/** A condition is shorter than this; what is before it is not looked at. */
const MAX_LOOK_BACK = 500;
const KEY = String.raw`([^\s()",=!~<>]+|"(?:[^"\\]|\\.)*")`;
const VALUE = String.raw`("(?:[^"\\]|\\.)*|[^\s()",]*)`;
const AFTER_OPERATOR = new RegExp(String.raw`${KEY}\s{0,9}(?:!=|!~|<=|>=|[=~<>])\s{0,9}${VALUE}$`);
const IN_LIST = new RegExp(String.raw`${KEY}\s{1,9}(?:not\s{1,9})?in\s{0,9}\((?:[^()]*,)?\s{0,9}${VALUE}$`, 'i');
const WORD = /(?:^|[\s(])([^\s()",=!~<>]*)$/;

export interface Place {
  readonly of: 'key' | 'value';
  /** Where what is there begins. */
  readonly from: number;
  readonly typed: string;
  /** Of a value. */
  readonly key: string;
}

/** Null where nothing can be completed. */
export function placeAt(text: string, cursor: number): Place | null {
  const start = Math.max(0, cursor - MAX_LOOK_BACK);
  const before = text.slice(start, cursor);
  const value = IN_LIST.exec(before) ?? AFTER_OPERATOR.exec(before);
  if (value !== null) {
    const [, key = '', typed = ''] = value;
    return { of: 'value', from: cursor - typed.length, typed: unquoted(typed), key: unquoted(key) };
  }
  const word = WORD.exec(before);
  return word === null ? null : { of: 'key', from: cursor - (word[1] ?? '').length, typed: word[1] ?? '', key: '' };
}

function unquoted(text: string): string {
  return text.startsWith('"')
    ? text
        .slice(1)
        .replace(/"$/, '')
        .replaceAll(/\\(["\\])/g, '$1')
    : text;
}

export interface Suggested {
  readonly text: string;
  readonly detail: string;
}

const FUNCTIONS: readonly Suggested[] = [
  { text: 'exists(', detail: 'the span has the attribute' },
  { text: 'any(', detail: 'some span of the trace meets it' },
  { text: 'all(', detail: 'every span of the trace meets it' },
];
const LEAST_DURATIONS = ['10ms', '100ms', '500ms', '1s', '5s'];

/** Fields and functions, whose names do not come from data. */
export function knownKeys(typed: string): readonly Suggested[] {
  const low = typed.toLowerCase();
  const fields = FIELD_NAMES.map((name) => {
    const { type, about } = fieldOf(name);
    return { text: `${name}${type === 'duration' || type === 'count' ? '>' : '='}`, detail: about };
  });
  return [...fields, ...FUNCTIONS].filter(({ text }) => text.includes(low));
}

/** Values of a field that has but a few; null where the data has to be asked. */
export function knownValues(key: string): readonly Suggested[] | null {
  const field = fieldNamed(key);
  if (field === undefined) return null;
  const { type } = fieldOf(field);
  if (type === 'count') return [];
  const words = type === 'duration' ? LEAST_DURATIONS : wordsOf(type);
  return words?.map((text) => ({ text, detail: '' })) ?? null;
}
