// The simulated disk keeps what was synced, and of the rest what it likes.
import { expect, test } from 'vitest';
import { Random } from '../random.ts';
import { CachedFile } from './page-cache.ts';

test('loss of power keeps what was synced', () => {
  const file = new CachedFile(true);
  file.write(0, Buffer.from('synced'));
  file.sync();
  file.write(6, Buffer.from(' lost'));
  file.cut(3);
  file.powerCut('nothing', new Random(1));
  expect(file.read().toString()).toBe('synced');
});

test('of what was not synced any part may be there, torn or in another order, zeros in between', () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 200; seed++) {
    const file = new CachedFile(true);
    file.write(0, Buffer.from('a'));
    file.sync();
    file.write(1, Buffer.from('b'));
    file.write(2, Buffer.from('c'));
    file.powerCut('any', new Random(seed));
    seen.add(file.read().toString());
  }
  expect([...seen].toSorted()).toEqual(['a', 'a\0c', 'ab', 'abc']);
});

test('a sync that failed is never made good by the next one', () => {
  const file = new CachedFile(true);
  file.write(0, Buffer.from('a'));
  file.syncFailed();
  file.sync();
  expect(file.read().toString()).toBe('a');
  file.powerCut('all', new Random(1));
  expect(file.length).toBe(0);
});
