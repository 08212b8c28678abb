// info(): labels of info metrics beside those of series, at the time that the series are looked at.
import { describe, expect, it } from 'vitest';
import { instant, range, storeOf } from '#tests/support/promql-lines.ts';

const store = storeOf([
  'm{instance="a", job="1", own="x"} 0+1x20',
  'm{instance="b", job="1"} 0+1x20',
  'm{other="c"} 5x20',
  'target_info{instance="a", job="1", version="old", own="y"} 1x9 stale',
  'target_info{instance="a", job="1", version="new"} _x10 1x10',
  'build_info{instance="a", job="1", build="7"} 1x20',
]);

describe('info', () => {
  it('adds the labels of target_info, and changes none', async () => {
    expect(await instant(store, 'info(m)', 300)).toEqual([
      '{__name__="m", instance="a", job="1", own="x", version="old"} 5',
      '{__name__="m", instance="b", job="1"} 5',
      '{__name__="m", other="c"} 5',
    ]);
  });

  it('follows the newest info series, step by step', async () => {
    expect(await range(store, 'info(m{instance="a"})', 480, 660, 60)).toEqual([
      '{__name__="m", instance="a", job="1", own="x", version="new"} 600:10 660:11',
      '{__name__="m", instance="a", job="1", own="x", version="old"} 480:8 540:9',
    ]);
  });

  it('looks at info series when the series are looked at', async () => {
    expect(await instant(store, 'info(m{instance="a"} @ 60)', 900)).toEqual([
      '{__name__="m", instance="a", job="1", own="x", version="old"} 1',
    ]);
    expect(await instant(store, 'info(m{instance="a"} offset 10m)', 900)).toEqual([
      '{__name__="m", instance="a", job="1", own="x", version="old"} 5',
    ]);
  });

  it('keeps only series that the selector of labels fits, unless it fits a missing label, too', async () => {
    expect(await instant(store, 'info(m, {version=~".+"})', 300)).toEqual([
      '{__name__="m", instance="a", job="1", own="x", version="old"} 5',
    ]);
    expect(await instant(store, 'info(m, {version=~".*"})', 300)).toHaveLength(3);
    expect(await instant(store, 'info(m{instance="a"}, {__name__="build_info"})', 300)).toEqual([
      '{__name__="m", build="7", instance="a", job="1", own="x"} 5',
    ]);
  });

  it('leaves info series as they are, and refuses labels that contradict each other', async () => {
    expect(await instant(store, 'info(build_info, {__name__=~".+_info"})', 300)).toEqual([
      '{__name__="build_info", build="7", instance="a", job="1"} 1',
    ]);
    const contradicting = storeOf(['m{job="1"} 1', 'a_info{job="1", l="x"} 1', 'b_info{job="1", l="y"} 1']);
    await expect(instant(contradicting, 'info(m, {__name__=~".+_info"})', 0)).rejects.toThrow('conflicting label: l');
    const twice = storeOf(['m{job="1"} 1', 'target_info{job="1", l="x"} 1', 'target_info{job="1", l="y"} 1']);
    await expect(instant(twice, 'info(m)', 0)).rejects.toThrow('found duplicate series for info metric');
  });
});
