// Names of part directories, as the engine writes them.
import { describe, expect, it } from 'vitest';
import { brokenPartName, covers, overlaps, partName } from '#deploy/embedded-clickhouse/part-name.ts';

describe('the name of a part', () => {
  it.each([
    ['20261130_66_76_2', { partition: '20261130', first: 66, last: 76, level: 2 }],
    ['all_1_1_0', { partition: 'all', first: 1, last: 1, level: 0 }],
    ['202611-7_5_9_1_12', { partition: '202611-7', first: 5, last: 9, level: 1 }],
  ])('%s', (text, expected) => {
    expect(partName(text)).toEqual({ text, ...expected });
  });

  it.each([
    'tmp_merge_all_1_2_1',
    'delete_tmp_all_1_1_0',
    'detached',
    'deduplication_logs',
    'format_version.txt',
    'mutation_3.txt',
    'all_1_1',
  ])('%s is none', (text) => {
    expect(partName(text)).toBeUndefined();
  });

  it('is found in what was set aside as broken, and only there', () => {
    expect(brokenPartName('broken-on-start_20261130_3_3_0')?.text).toBe('20261130_3_3_0');
    expect(brokenPartName('broken_all_3_9_1_try2')?.text).toBe('all_3_9_1');
    expect(brokenPartName('ignored_all_3_9_1')).toBeUndefined();
    expect(brokenPartName('all_3_9_1')).toBeUndefined();
  });

  it('covers and overlaps by its inserts, within a partition', () => {
    const [merged, inside, beside, other] = ['all_1_9_2', 'all_4_6_1', 'all_9_12_1', 'none_4_6_1'].map((text) =>
      partName(text)!,
    );
    expect([inside, merged, beside, other].map((part) => covers(merged!, part!))).toEqual([true, true, false, false]);
    expect(covers(inside!, merged!)).toBe(false);
    expect([overlaps(merged!, beside!), overlaps(inside!, beside!), overlaps(merged!, other!)]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
