// One example or two of every other family of functions.
import { describe, expect, it } from 'vitest';
import { instant, range, storeOf } from '#tests/support/promql-lines.ts';

const store = storeOf([
  'm{host="node-10",job="a"} 1 2 3 4 5 6',
  'm{host="node-9",job="b"} -1.5 NaN 3 0 0 0',
  'line 0+10x10',
]);

describe('functions', () => {
  it.each([
    ['sum_over_time(m{job="a"}[3m])', 300, ['{host="node-10", job="a"} 15']],
    ['avg_over_time(m{job="a"}[3m])', 300, ['{host="node-10", job="a"} 5']],
    ['max_over_time(m{job="b"}[10m])', 300, ['{host="node-9", job="b"} 3']],
    ['last_over_time(m{job="a"}[3m])', 300, ['{__name__="m", host="node-10", job="a"} 6']],
    ['stdvar_over_time(m{job="a"}[2m])', 300, ['{host="node-10", job="a"} 0.25']],
    ['quantile_over_time(0.5, m{job="a"}[3m])', 300, ['{host="node-10", job="a"} 5']],
    ['deriv(line[5m])', 300, [`{} ${10 / 60}`]],
    ['predict_linear(line[5m], 60)', 300, ['{} 60']],
    ['abs(m{job="b"})', 0, ['{host="node-9", job="b"} 1.5']],
    ['round(m{job="b"}, 0.2)', 0, ['{host="node-9", job="b"} -1.4']],
    ['clamp(line, 20, 30)', 600, ['{} 30']],
    ['clamp(line, 30, 20)', 600, []],
    ['1 ^ NaN', 0, ['1']],
    ['day_of_week(vector(86400))', 0, ['{} 5']],
    ['days_in_month(vector(1709164800))', 0, ['{} 29']],
    ['timestamp(line offset 1m)', 330, ['{} 240']],
    ['absent(nosuch{a="b",c=~"d"})', 0, ['{a="b"} 1']],
    ['absent_over_time(line[1m])', 0, []],
    ['scalar(line)', 60, ['10']],
    ['vector(3) + time()', 5, ['{} 8']],
    [
      'label_replace(m{job="a"}, "n", "$2-${1}", "host", "(.*)-(.*)")',
      0,
      ['{__name__="m", host="node-10", job="a", n="10-node"} 1'],
    ],
    [
      'label_join(m{job="a"}, "j", "/", "host", "nosuch", "job")',
      0,
      ['{__name__="m", host="node-10", j="node-10//a", job="a"} 1'],
    ],
  ])('%s', async (query, seconds, expected) => {
    expect(await instant(store, query, seconds)).toEqual(expected);
  });

  it('sort by value, NaN last, and by labels with numbers as numbers', async () => {
    expect((await instant(store, 'sort_desc(m)', 60)).map((line) => line.split(' ').at(-1))).toEqual(['2', 'NaN']);
    expect((await instant(store, 'sort_by_label(m, "host")', 0)).map((line) => line.includes('node-9'))).toEqual([
      true,
      false,
    ]);
  });

  it('refuse what would give two series the same labels', async () => {
    await expect(instant(store, 'label_replace(m, "host", "x", "", "")', 0)).resolves.toHaveLength(2);
    await expect(
      instant(store, 'abs(label_replace({host=~".+"}, "job", "x", "", "")) * 0 + on() group_left vector(1)', 0),
    ).resolves.toHaveLength(2);
    await expect(
      instant(store, 'label_replace(label_replace(m, "host", "", "", ""), "job", "", "", "")', 0),
    ).rejects.toThrow('vector cannot contain metrics with the same labelset');
  });

  it('evaluate at each step of a range query', async () => {
    expect(await range(store, 'sum(line) + step()', 0, 120, 60)).toEqual(['{} 0:60 60:70 120:80']);
  });
});
