// What the deduplication log and the parts on disk say about each other, line by line.
import { describe, expect, it } from 'vitest';
import { compareWithLog, type Comparison } from '#deploy/embedded-clickhouse/deduplication-log.ts';
import { partName, type PartName } from '#deploy/embedded-clickhouse/part-name.ts';

const part = (text: string): PartName => partName(text)!;
const added = (name: string, block: string): string => `1\t${name}\t${block}\n`;

function compare(logs: readonly string[], parts: readonly string[], recent: readonly string[] = []): Comparison {
  return compareWithLog({
    logs: logs.map((text, i) => ({ name: `deduplication_log_${i + 1}.txt`, text })),
    parts: parts.map(part),
    isRecent: ({ text }) => recent.includes(text),
  });
}

describe('a deduplication log', () => {
  it('that agrees with the parts is left alone', () => {
    const log = [1, 2, 3].map((i) => added(`20261130_${i}_${i}_0`, `20261130_${i}1_${i}2`)).join('');
    const found = compare([log], ['20261130_1_2_1', '20261130_3_3_0_7'], ['20261130_3_3_0_7']); // two are merged, one was mutated
    expect(found).toEqual({ changed: [], absent: [], damagedLines: 0, unacknowledged: [] });
  });

  it('forgets a token whose part is not there, so that its rows are stored when they come again', () => {
    const log = added('all_1_1_0', 'all_a') + added('all_2_2_0', 'all_b');
    const found = compare([log], ['all_1_1_0']);
    expect(found.absent.map(({ text }) => text)).toEqual(['all_2_2_0']);
    expect(found.changed).toEqual([{ name: 'deduplication_log_1.txt', text: `${log}2\tall_2_2_0\tall_b\n` }]);
    expect(compare([found.changed[0]!.text], ['all_1_1_0']).changed).toEqual([]);
  });

  it('does not confuse parts of another partition, or of other inserts, with the one that it looks for', () => {
    const log = added('20261130_5_5_0', '20261130_x');
    for (const other of ['20261129_5_5_0', '20261130_6_9_2', '20261130_1_4_1'])
      expect(compare([log], [other]).absent).toHaveLength(1);
  });

  it('names an insert without a token, but not one that was well before, nor one that was merged', () => {
    const log = added('all_1_1_0', 'all_a');
    const recent = ['all_1_1_0', 'all_3_3_0', 'all_2_3_1', 'all_4_4_1'];
    const found = compare([log], [...recent, 'all_2_2_0'], recent);
    // An insert of a table that merges rows has level 1.
    expect(found.unacknowledged.map(({ text }) => text)).toEqual(['all_3_3_0', 'all_4_4_1']);
  });

  const first = added('20261130_5_5_0', '20261130_777_888');
  const second = added('20261130_16_16_0', '20261130_88_99');
  it.each(Array.from({ length: first.length }, (_, cut) => cut))(
    'keeps the record after one that was cut short at byte %i',
    (cut) => {
      const found = compare(
        [first.slice(0, cut) + second],
        ['20261130_5_5_0', '20261130_16_16_0'],
        ['20261130_5_5_0', '20261130_16_16_0'],
      );
      expect(found.damagedLines).toBe(cut === 0 ? 0 : 1);
      expect(found.changed.map(({ text }) => text)).toEqual(cut === 0 ? [] : [second]);
      expect(found.absent).toEqual([]);
      expect(found.unacknowledged.map(({ text }) => text)).toEqual(['20261130_5_5_0']);
    },
  );

  it('loses a last record without its end, and zeros that a loss of power left', () => {
    const cut = added('all_1_1_0', 'all_a') + '1\tall_2_2_0\tall_b';
    expect(compare([cut], ['all_1_1_0', 'all_2_2_0']).changed[0]?.text).toBe(added('all_1_1_0', 'all_a'));
    const zeros = added('all_1_1_0', 'all_a') + '\0'.repeat(100);
    expect(compare([zeros], ['all_1_1_0']).changed[0]?.text).toBe(added('all_1_1_0', 'all_a'));
  });

  it('is read over two files: what the later one drops or adds again counts', () => {
    const earlier = added('all_1_1_0', 'all_a') + added('all_2_2_0', 'all_b');
    const later = `2\tall_1_1_0\tall_a\n${added('all_3_3_0', 'all_a')}`;
    const found = compare([earlier, later], ['all_2_2_0', 'all_3_3_0']);
    expect(found).toMatchObject({ changed: [], absent: [] });
  });

  it('forgets no more than the latest thousand tokens at once', () => {
    const log = Array.from({ length: 5000 }, (_, i) => added(`all_${i}_${i}_0`, `all_${i}`)).join('');
    const found = compare([log], []);
    expect(found.absent).toHaveLength(1000);
    expect(found.absent.at(-1)?.text).toBe('all_4999_4999_0');
  });
});
