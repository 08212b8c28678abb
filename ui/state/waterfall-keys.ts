// The keys of the waterfall: one table for what they do and for the help that lists them.

export type Command =
  | 'next row'
  | 'previous row'
  | 'first row'
  | 'last row'
  | 'page down'
  | 'page up'
  | 'open'
  | 'close or parent'
  | 'to details'
  | 'close details'
  | 'next error'
  | 'find'
  | 'next match'
  | 'previous match'
  | 'zoom in'
  | 'zoom out'
  | 'zoom to all'
  | 'move left'
  | 'move right'
  | 'open all'
  | 'close all'
  | 'open level'
  | 'close level'
  | 'fold repeats'
  | 'help';

/** `KeyboardEvent.key` to command; several with one line of help. */
interface KeyLine {
  readonly what: string;
  readonly keys: readonly (readonly [key: string, command: Command])[];
}

export const KEY_LINES: readonly KeyLine[] = [
  {
    what: 'next and previous row',
    keys: [
      ['j', 'next row'],
      ['k', 'previous row'],
      ['ArrowDown', 'next row'],
      ['ArrowUp', 'previous row'],
      ['b', 'previous row'],
    ],
  },
  {
    what: 'first and last row',
    keys: [
      ['Home', 'first row'],
      ['End', 'last row'],
    ],
  },
  {
    what: 'twenty rows on or back',
    keys: [
      ['PageDown', 'page down'],
      ['PageUp', 'page up'],
      ['s', 'page down'],
      ['w', 'page up'],
    ],
  },
  {
    what: 'open, close, go to the parent',
    keys: [
      ['ArrowRight', 'open'],
      ['ArrowLeft', 'close or parent'],
    ],
  },
  { what: 'into the span’s details', keys: [['Enter', 'to details']] },
  { what: 'close the details', keys: [['Escape', 'close details']] },
  { what: 'next error', keys: [['e', 'next error']] },
  {
    what: 'find; next and previous match',
    keys: [
      ['f', 'find'],
      ['n', 'next match'],
      ['N', 'previous match'],
    ],
  },
  {
    what: 'zoom in, out, all of it',
    keys: [
      ['+', 'zoom in'],
      ['=', 'zoom in'],
      ['-', 'zoom out'],
      ['0', 'zoom to all'],
    ],
  },
  {
    what: 'move left, right',
    keys: [
      ['h', 'move left'],
      ['l', 'move right'],
      ['a', 'move left'],
      ['d', 'move right'],
    ],
  },
  {
    what: 'open all, close all',
    keys: [
      ['x', 'open all'],
      ['c', 'close all'],
      ['[', 'open all'],
      [']', 'close all'],
    ],
  },
  {
    what: 'open, close one level',
    keys: [
      ['o', 'open level'],
      ['p', 'close level'],
    ],
  },
  { what: 'fold or open runs of repeats', keys: [['r', 'fold repeats']] },
  { what: 'this help', keys: [['?', 'help']] },
];

const COMMANDS: ReadonlyMap<string, Command> = new Map(KEY_LINES.flatMap(({ keys }) => keys));
/** As people know them. The unshifted `+` does the same and need not be listed. */
const CAPTIONS: Readonly<Record<string, string>> = {
  ArrowDown: '↓',
  ArrowUp: '↑',
  ArrowRight: '→',
  ArrowLeft: '←',
  Escape: 'Esc',
  PageDown: 'Page ↓',
  PageUp: 'Page ↑',
  '-': '−',
  '=': '',
};

export function commandOf(key: string): Command | undefined {
  return COMMANDS.get(key);
}

/** Captions of the keys of a line, in their order. */
export function captionsOf({ keys }: KeyLine): readonly string[] {
  return keys.map(([key]) => CAPTIONS[key] ?? key).filter((caption) => caption !== '');
}
