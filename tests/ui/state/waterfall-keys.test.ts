// Each key of the waterfall does one thing, and the help lists every key.
import { expect, it } from 'vitest';
import { captionsOf, commandOf, KEY_LINES } from '#ui/state/waterfall-keys.ts';

it('names no key twice', () => {
  const keys = KEY_LINES.flatMap((line) => line.keys.map(([key]) => key));
  expect(new Set(keys).size).toBe(keys.length);
});

it('tells the command of a key, and of no other', () => {
  expect(['j', 'ArrowUp', 'x', '0', '?', 'q'].map(commandOf)).toEqual([
    'next row',
    'previous row',
    'open all',
    'zoom to all',
    'help',
    undefined,
  ]);
});

it('lists keys as they are known to people', () => {
  const zoom = KEY_LINES.find(({ what }) => what.startsWith('zoom'))!;
  expect(captionsOf(zoom)).toEqual(['+', '−', '0']);
  expect(KEY_LINES.every((line) => captionsOf(line).length > 0)).toBe(true);
});
