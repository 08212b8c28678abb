// When the engine is no longer trusted, and when it is started again: with an engine that fails on demand and a clock of the test's own.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EngineStateFile } from '#deploy/embedded-clickhouse/engine-state.ts';
import { EngineWatch, type ReadErrors } from '#deploy/embedded-clickhouse/engine-watch.ts';

const MIB = 1024 * 1024;
const PART = 'store/abc/0123/all_1_2_1';
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'winnow-watch-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

class Rig {
  now = 1_000_000;
  failed = 0;
  free = 1000 * MIB;
  errors: ReadErrors = { count: 0, part: undefined, text: '' };
  asked = 0;
  broken = true;
  sources = true;
  mergesStopped = false;
  stray = false;
  strayStays = true;
  readonly restarts: string[] = [];
  readonly state: EngineStateFile;
  readonly watch: EngineWatch;

  constructor(unrepairedSinceMs?: number) {
    this.state = new EngineStateFile(join(directory, 'state.json'), () => undefined);
    this.state.read();
    this.watch = new EngineWatch({
      engine: {
        failedWrites: () => {
          this.asked++;
          return Promise.resolve(this.failed);
        },
        readErrors: () => Promise.resolve(this.errors),
        stopMerges: () => {
          this.mergesStopped = true;
          return Promise.resolve();
        },
        findBroken: (part) => Promise.resolve(this.broken ? { path: part ?? PART, text: 'broken' } : undefined),
        hasSources: () => Promise.resolve(this.sources),
      },
      state: this.state,
      space: () => Promise.resolve({ freeBytes: this.free, totalBytes: 10_000 * MIB }),
      nowMs: () => this.now,
      wait: (ms) => {
        this.now += ms;
        this.stray = this.strayStays && this.stray;
        return Promise.resolve();
      },
      hasStrayToken: () => this.stray,
      log: () => undefined,
      restart: (reason) => this.restarts.push(reason),
      readErrors: 0,
      unrepairedSinceMs,
    });
  }

  async pass(seconds: number): Promise<void> {
    for (let i = 0; i < seconds; i++) {
      this.now += 1000;
      await this.watch.poll();
    }
  }

  /** What the next process reads. */
  get left(): unknown {
    return new EngineStateFile(join(directory, 'state.json'), () => undefined).read();
  }
}

describe('the watch of the engine', () => {
  it('lets writes through while none has failed', async () => {
    const rig = new Rig();
    await rig.pass(100);
    rig.watch.admitWrite('rows');
    rig.watch.admitWrite('tables');
    await rig.watch.confirmWrite();
    expect(rig.restarts).toEqual([]);
  });

  it('asks once a second, unless an insert has asked in that time', async () => {
    const rig = new Rig();
    await rig.pass(3);
    expect(rig.asked).toBe(3);
    rig.now += 400;
    await rig.watch.confirmWrite();
    await rig.pass(1);
    expect(rig.asked).toBe(4);
    rig.failed = 1;
    await rig.pass(1);
    expect(rig.watch.isSuspect).toBe(true);
    // In doubt is what was written since the insert asked.
    expect(rig.left).toMatchObject({ sinceMs: rig.now - 2000 });
  });

  it('doubts what was written since the clock was set back, whatever it showed before', async () => {
    const rig = new Rig();
    await rig.pass(3);
    await rig.watch.confirmWrite();
    rig.now -= 3_600_000;
    await rig.pass(2);
    const wellMs = rig.now;
    await rig.watch.confirmWrite();
    await rig.pass(1);
    rig.failed = 1;
    await rig.pass(1);
    expect(rig.left).toMatchObject({ kind: 'suspect', sinceMs: wellMs });
  });

  it('acknowledges nothing from the first failed write on, and accepts nothing more', async () => {
    const rig = new Rig();
    await rig.pass(5);
    const wellMs = rig.now;
    rig.now += 400;
    rig.failed = 1;
    rig.watch.admitWrite('rows'); // not known yet
    await expect(rig.watch.confirmWrite()).rejects.toThrow('Code: 243.');
    expect(() => {
      rig.watch.admitWrite('rows');
    }).toThrow('Code: 243.');
    rig.failed = 0;
    await expect(rig.watch.confirmWrite()).rejects.toThrow('Code: 243.');
    expect(rig.mergesStopped).toBe(true);
    expect(rig.left).toMatchObject({ kind: 'suspect', sinceMs: wellMs });
  });

  it('does not trust an engine that knows the token of an insert that failed, but not one with another insert under way', async () => {
    const rig = new Rig();
    await rig.pass(5);
    await rig.watch.writeFailed(rig.now);
    Object.assign(rig, { stray: true, strayStays: false });
    await rig.watch.writeFailed(rig.now);
    expect(rig.watch.isSuspect).toBe(false);
    Object.assign(rig, { stray: true, strayStays: true });
    await expect(rig.watch.writeFailed(rig.now)).rejects.toThrow('Code: 243.');
    expect(rig.left).toMatchObject({ kind: 'suspect' });
  });

  it('sees a merge that fails without any insert', async () => {
    const rig = new Rig();
    await rig.pass(5);
    rig.failed = 3;
    await rig.pass(1);
    expect(rig.watch.isSuspect).toBe(true);
    expect(rig.left).toMatchObject({ kind: 'suspect', reason: '3 writes failed' });
  });

  it('restarts the engine as soon as the disk has room', async () => {
    const rig = new Rig();
    await rig.pass(5);
    rig.failed = 1;
    rig.free = 0;
    await rig.pass(60);
    expect(rig.restarts).toEqual([]);
    rig.free = 8 * MIB;
    await rig.pass(3);
    expect(rig.restarts).toHaveLength(1);
  });

  it('restarts it after two minutes even without room, so that merged parts are read from what they were made of', async () => {
    const rig = new Rig();
    await rig.pass(5);
    rig.failed = 1;
    rig.free = 0;
    await rig.pass(119);
    expect(rig.restarts).toHaveLength(0);
    await rig.pass(3);
    expect(rig.restarts).toHaveLength(1);
  });

  it('waits longer with every restart that did not help, and forgets them when all is well', async () => {
    const waits: number[] = [];
    for (let life = 0; life < 16; life++) {
      const rig = new Rig();
      rig.failed = 1;
      while (rig.restarts.length === 0) await rig.pass(1);
      waits.push(rig.now - 1_000_000);
    }
    expect(waits[0]).toBe(2000);
    expect(waits.at(-1)).toBe(15_000);
    const well = new Rig();
    await well.pass(61);
    expect(well.left).toMatchObject({ attempts: 0 });
  });

  it('only answers questions when it was started without room, and keeps what was in doubt before', async () => {
    const rig = new Rig(900_000);
    rig.free = 0;
    expect(() => {
      rig.watch.admitWrite('rows');
    }).toThrow('Code: 243.');
    expect(rig.left).toMatchObject({ kind: 'suspect', sinceMs: 900_000 });
    await rig.pass(200);
    expect(rig.restarts).toEqual([]);
    rig.free = 100 * MIB;
    await rig.pass(1);
    expect(rig.restarts).toHaveLength(1);
  });

  it('changes no table while the disk is nearly full', async () => {
    const rig = new Rig();
    rig.free = 31 * MIB;
    await rig.pass(1);
    rig.watch.admitWrite('rows');
    expect(() => {
      rig.watch.admitWrite('tables');
    }).toThrow('Code: 243.');
  });

  it('sets a part aside that cannot be read while those it was merged from are there', async () => {
    const rig = new Rig();
    rig.errors = { count: 2, part: PART, text: 'Empty marks file' };
    await rig.pass(11);
    expect(rig.restarts).toHaveLength(1);
    expect(rig.left).toMatchObject({ kind: 'suspect', setAside: [PART], unreadable: [] });
  });

  it('restarts in vain only once for a part that is all there is of its rows, and keeps it', async () => {
    const rig = new Rig();
    rig.sources = false;
    rig.errors = { count: 1, part: PART, text: 'Checksum does not match' };
    await rig.pass(11);
    expect(rig.restarts).toHaveLength(1);
    expect(rig.left).toMatchObject({ setAside: [], unreadable: [PART] });
    const next = new Rig();
    next.errors = rig.errors;
    await next.pass(1000);
    expect(next.restarts).toEqual([]);
  });

  it('restarts for parts that cannot be read at most every ten minutes', async () => {
    const first = new Rig();
    first.errors = { count: 1, part: PART, text: '' };
    await first.pass(11);
    const second = new Rig();
    second.now = first.now;
    second.errors = { count: 1, part: 'store/abc/0123/all_3_4_1', text: '' };
    await second.pass(400);
    expect(second.restarts).toEqual([]);
    await second.pass(300);
    expect(second.restarts).toHaveLength(1);
  });

  it('finds the part when the error does not name it', async () => {
    const rig = new Rig();
    rig.errors = { count: 1, part: undefined, text: 'Checksum does not match' };
    await rig.pass(11);
    expect(rig.left).toMatchObject({ setAside: [PART] });
  });

  it('is not alarmed by an error of a part that reads well, nor by one that was known at the start', async () => {
    const rig = new Rig();
    rig.broken = false;
    rig.errors = { count: 1, part: PART, text: 'too many open files' };
    await rig.pass(20);
    expect(rig.restarts).toEqual([]);
  });
});

describe("the file of the engine's state", () => {
  it('never grows or shrinks, whatever is written', () => {
    const file = new EngineStateFile(join(directory, 'state.json'), () => undefined);
    const sizes = new Set<number>();
    for (let i = 0; i < 30; i++) {
      const paths = Array.from({ length: i }, () => PART);
      const lost = paths.map((path) => ({ path, rows: i }));
      file.change({
        kind: i % 2 === 0 ? 'suspect' : 'running',
        reason: 'x'.repeat(i * 40),
        setAside: paths,
        unreadable: paths,
        lost,
      });
      sizes.add(statSync(join(directory, 'state.json')).size);
    }
    expect([...sizes]).toEqual([4096]);
    const read = new EngineStateFile(join(directory, 'state.json'), () => undefined).read();
    expect(read).toMatchObject({ kind: 'running', setAside: Array.from({ length: 8 }, () => PART) });
  });
});
