// For how many traces a kept one and one that came back stand: a late error or an error log lets both stand for themselves, or neither.
import { expect, test } from 'vitest';
import { traceIdOf, traceIdWords } from '#proto/model/ids.ts';
import {
  ask,
  DROPPED_ID,
  HALF,
  ID,
  KEPT_ID,
  LATE,
  LATE_ERROR,
  NOTHING,
  pause,
  spans,
  TWENTIETH,
} from './rescue-load.ts';
import { RescueStage } from './rescue-stage.ts';

test('a kept trace that gets an error late stands for itself from then on, as a dropped one does', () => {
  const under = new RescueStage(TWENTIETH);
  for (const id of [KEPT_ID, DROPPED_ID]) under.send(id, spans());
  under.pass(1000);
  expect(under.stored.get(KEPT_ID)!.weight).toBeCloseTo(20, 2);
  for (const id of [KEPT_ID, DROPPED_ID]) under.send(id, [LATE_ERROR]);
  under.pass(1000);
  for (const id of [KEPT_ID, DROPPED_ID]) expect(under.stored.get(id)).toMatchObject({ weight: 1, thresholdHi: 0 });
  under.send(KEPT_ID, [LATE]);
  under.pass(1000);
  expect(under.stored.get(KEPT_ID)).toMatchObject({ weight: 1 });
  expect(under.lateErrors()).toEqual({ kept: 1, rescued: 1 });
  expect(under.unaccounted).toBe(0);
});

test.each(['before', 'after'])('a kept trace with an error log stands for itself: %s its decision', (when) => {
  const under = new RescueStage(TWENTIETH);
  under.send(KEPT_ID, spans());
  if (when === 'before') under.logError(KEPT_ID);
  under.pass(1000);
  if (when === 'after') under.logError(KEPT_ID);
  under.pass(1000);
  expect(under.stored.get(KEPT_ID)).toMatchObject({ weight: 1, rule: 'rest' });
});

test('a threshold from upstream stays: what comes back was one of many already', () => {
  const under = new RescueStage(TWENTIETH);
  const upstream = { traceState: 'ot=th:8' };
  // R of both is above the upstream half.
  for (const id of [KEPT_ID, '0011223344556677aa85aabbccddeeff']) under.send(id, spans(3, upstream));
  under.pass(1000);
  expect(under.stored.size).toBe(1);
  for (const id of [KEPT_ID, '0011223344556677aa85aabbccddeeff']) under.send(id, [{ ...LATE_ERROR, ...upstream }]);
  under.pass(1000);
  expect([...under.stored.values()].map(({ weight, thresholdHi }) => ({ weight, thresholdHi }))).toEqual([
    { weight: 2, thresholdHi: HALF / 2 },
    { weight: 2, thresholdHi: HALF / 2 },
  ]);
});

test('what came back for another’s sake stands for itself once an error comes', async () => {
  const under = new RescueStage(NOTHING);
  under.send(ID, spans());
  under.pass(1000);
  await under.stage.rescue.request(ask({ trace_ids: [ID], why: 'opened' }), under.nowMs, pause);
  under.pass(1000);
  expect(under.stored.get(ID)).toMatchObject({ rule: 'rescue:opened', weight: 0 });
  under.send(ID, [LATE_ERROR]);
  under.pass(1000);
  expect(under.stored.get(ID)).toMatchObject({ weight: 1 });
});

test('what was said of a trace before a reload counts for nothing where the new configuration does not ask for it', () => {
  const under = new RescueStage(TWENTIETH);
  under.logError(DROPPED_ID);
  under.logError(KEPT_ID);
  under.send(DROPPED_ID, spans());
  under.send(KEPT_ID, spans());
  under.stage.rescue.rescuer.reactTo([]);
  under.pass(2000);
  expect([...under.stored.keys()]).toEqual([KEPT_ID]);
  expect(under.stored.get(KEPT_ID)!.weight).toBeCloseTo(20, 6);
});

test.each([
  ['a late error', false],
  ['an error log before the decision', true],
])(
  'a kept trace that is too large for the ring keeps its weight through %s: those of its kind that were dropped do not come back',
  (_what, isLog) => {
    const under = new RescueStage(TWENTIETH, { maxBytes: 2 ** 17 });
    if (isLog) for (const id of [KEPT_ID, DROPPED_ID]) under.logError(id);
    for (const id of [KEPT_ID, DROPPED_ID]) under.send(id, spans(400));
    under.pass(1000);
    expect(under.stage.rescue.rescuer.ring!.oversized).toBe(1);
    if (!isLog) for (const id of [KEPT_ID, DROPPED_ID]) under.send(id, [{ ...LATE_ERROR, id: '9999' }]);
    under.pass(2000);
    expect([...under.stored.keys()]).toEqual([KEPT_ID]);
    expect(under.stored.get(KEPT_ID)!.weight).toBeCloseTo(20, 6);
  },
);

test('while no more traces can be asked for, kept ones keep their weight: dropped ones of their kind do not come back either', () => {
  const under = new RescueStage(TWENTIETH);
  const kin = Array.from({ length: 4096 }, (_, i) =>
    `${i.toString(16).padStart(8, '0')}33445566aa05aabbccddeeff`.padStart(32, '7'),
  );
  for (const id of [...kin, KEPT_ID, DROPPED_ID]) under.send(id, spans(1));
  under.pass(1000);
  const { rescuer } = under.stage.rescue;
  for (const id of kin) {
    const { id0, id1, id2, id3 } = traceIdWords(traceIdOf(id));
    expect(rescuer.askFor(id0, id1, id2, id3, 'requested')).toBe(true);
  }
  for (const id of [KEPT_ID, DROPPED_ID]) under.logError(id);
  for (let left = 60; left > 0; left--) under.pass(1000);
  expect(under.stored.has(DROPPED_ID)).toBe(false);
  expect(under.stored.get(KEPT_ID)!.weight).toBeCloseTo(20, 6);
});
