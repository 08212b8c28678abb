import { describe, expect, it } from 'vitest';
import { Lanes } from '#deploy/embedded-clickhouse/lanes.ts';

const HOUR_MS = 3_600_000;

/** Says when a promise is done. */
function watched(promise: Promise<void>): { isDone: boolean } {
  const state = { isDone: false };
  void promise.then(() => {
    state.isDone = true;
  });
  return state;
}

const turn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

describe('lanes: who waits until the others have ended', () => {
  it('waits for nothing where nothing runs', async () => {
    const waiting = watched(new Lanes(2, 10).ended(HOUR_MS, 3));
    await turn();
    expect(waiting.isDone).toBe(true);
  });

  it('goes on with the last of them', async () => {
    const lanes = new Lanes(3, 10);
    const [leaveA, leaveB] = [await lanes.enter(), await lanes.enter()];
    const waiting = watched(lanes.ended(HOUR_MS, 3));
    leaveA();
    await turn();
    expect(waiting.isDone).toBe(false);
    leaveB();
    await turn();
    expect(waiting.isDone).toBe(true);
  });

  it('goes on where so many wait already, all of them, and begins anew', async () => {
    const lanes = new Lanes(3, 10);
    await lanes.enter();
    const first = [watched(lanes.ended(HOUR_MS, 3)), watched(lanes.ended(HOUR_MS, 3))];
    await turn();
    expect(first.map(({ isDone }) => isDone)).toEqual([false, false]);
    await lanes.ended(HOUR_MS, 3);
    await turn();
    expect(first.map(({ isDone }) => isDone)).toEqual([true, true]);
    const next = watched(lanes.ended(HOUR_MS, 3));
    await turn();
    expect(next.isDone).toBe(false);
  });

  it('waits no longer than it was told', async () => {
    const lanes = new Lanes(1, 10);
    await lanes.enter();
    const waiting = watched(lanes.ended(1, 3));
    await expect.poll(() => waiting.isDone).toBe(true);
  });

  it('does not count a lane as free that passes on to the next in line', async () => {
    const lanes = new Lanes(1, 10);
    const leave = await lanes.enter();
    const next = lanes.enter();
    const waiting = watched(lanes.ended(HOUR_MS, 3));
    leave();
    const leaveNext = await next;
    expect(waiting.isDone).toBe(false);
    leaveNext();
    await turn();
    expect(waiting.isDone).toBe(true);
  });
});
