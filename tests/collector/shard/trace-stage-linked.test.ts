// Linked traces through a whole stage: producers and their consumers are kept together, late spans too.
import { expect, test } from 'vitest';
import type { PlainSpan } from '#tests/support/trace-builder.ts';
import { numbers } from './stage-load.ts';
import { StageUnderTest } from './stage-under-test.ts';

const RULES = 'rules: [{ name: all, keep: 20% }]\nlinked: producer';
const CHAINS = 300;

test('chains of three are kept whole or not at all', () => {
  const under = new StageUnderTest(RULES);
  const random = numbers(11);
  const id = (): string => Array.from({ length: 4 }, () => random().toString(16).padStart(8, '0')).join('');
  const chains = Array.from({ length: CHAINS }, () => [id(), id(), id()] as const);
  const root = (link?: string): PlainSpan => ({
    id: '1',
    start: 0,
    end: 5,
    ...(link !== undefined && { links: [{ trace: link, span: '1' }] }),
  });
  for (const hop of [0, 1, 2] as const) {
    for (const chain of chains) under.send(chain[hop], [root(hop === 0 ? undefined : chain[hop - 1])]);
    under.pass(1000);
  }
  for (const chain of chains) under.send(chain[2], [{ id: '2', parent: '1', start: 1, end: 2 }]);
  under.pass(2000);
  const whole = chains.filter((chain) => chain.every((one) => under.kept.has(one)));
  const parted = chains.filter((chain) => new Set(chain.map((one) => under.kept.has(one))).size > 1);
  expect(parted).toEqual([]);
  expect(Math.abs(whole.length / CHAINS - 0.2)).toBeLessThan(0.07);
  expect(whole.every((chain) => under.kept.get(chain[2])!.length === 2)).toBe(true);
  expect([under.isAccounted, under.pending]).toEqual([true, 0]);
});
