// info(): labels of info metrics beside series of the same instance and job.
import { describe, expect, it } from 'vitest';
import { instant, storeOf } from '#tests/support/promql-lines.ts';

const store = storeOf([
  'up{instance="a",job="x"} 1x10',
  'up{instance="b",job="x"} 0x10',
  'lonely 5x10',
  'target_info{instance="a",job="x",version="1",zone="n"} 1 1 stale',
  'target_info{instance="a",job="x",version="2",zone="n"} _ _ 1x8',
  'build_info{instance="a",job="x",commit="c"} 1x10',
]);

describe('info', () => {
  it('adds the labels of target_info, of the series with the newest sample', async () => {
    expect(await instant(store, 'info(up)', 0)).toEqual([
      '{__name__="up", instance="a", job="x", version="1", zone="n"} 1',
      '{__name__="up", instance="b", job="x"} 0',
    ]);
    expect((await instant(store, 'info(up)', 300))[0]).toContain('version="2"');
    expect((await instant(store, 'info(up offset 5m)', 330))[0]).toContain('version="1"');
  });

  it('adds only what is named, and leaves out series that lack it', async () => {
    expect(await instant(store, 'info(up, {zone=~".+"})', 0)).toEqual([
      '{__name__="up", instance="a", job="x", zone="n"} 1',
    ]);
    expect(await instant(store, 'info(up, {zone=~".*"})', 0)).toHaveLength(2);
  });

  it('looks at other info metrics where those are named', async () => {
    expect((await instant(store, 'info(up, {__name__="build_info"})', 0))[0]).toBe(
      '{__name__="up", commit="c", instance="a", job="x"} 1',
    );
  });

  it('keeps what has neither instance nor job, and info series themselves', async () => {
    expect(await instant(store, 'info(lonely)', 0)).toEqual(['{__name__="lonely"} 5']);
    expect(await instant(store, 'info(target_info)', 0)).toEqual([
      '{__name__="target_info", instance="a", job="x", version="1", zone="n"} 1',
    ]);
  });

  it('fails where two info series of one time say different things', async () => {
    const twice = storeOf([
      'up{instance="a",job="x"} 1',
      'target_info{instance="a",job="x",version="1"} 1',
      'target_info{instance="a",job="x",version="2"} 1',
    ]);
    await expect(instant(twice, 'info(up)', 0)).rejects.toThrow('found duplicate series for info metric');
  });
});
