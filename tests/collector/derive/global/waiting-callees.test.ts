// The memory of spans that wait for their caller: what it finds, what it gives up, and that a flood does not slow it down.
import { describe, expect, it } from 'vitest';
import type { SpanIds } from '#proto/model/ids.ts';
import { SPAN_BY_LINK, SPAN_FAILED } from '#collector/derive/edges/edge-facts.ts';
import { WaitingCallees } from '#collector/derive/global/waiting-callees.ts';

const ids = (spanLo: number): SpanIds => ({ id0: 0, id1: 0, id2: 0, id3: 1, spanHi: 9, spanLo });
const times = (startLo: number, endLo: number) => ({ startHi: 0, startLo, endHi: 0, endLo });
const SERVER = 2;
const CONSUMER = 5;

describe('the memory of spans that wait for their caller', () => {
  function found(waiting: WaitingCallees, id: number): number[] {
    const services: number[] = [];
    for (let entry = waiting.first(ids(id)); entry >= 0; entry = waiting.following(entry))
      services.push(waiting.serviceOf(entry));
    return services;
  }

  it('finds all that wait for one span, newest first, until they are resolved or newer ones took their room', () => {
    const waiting = new WaitingCallees(64, 1000);
    for (let i = 0; i < 100; i++) waiting.add(ids(i % 5), i, SPAN_BY_LINK + SPAN_FAILED + CONSUMER, times(i, i + 7));
    expect(found(waiting, 3)).toEqual([98, 93, 88, 83, 78, 73, 68, 63, 58, 53, 48, 43, 38]);
    expect(waiting).toMatchObject({ waiting: 64, unresolved: 36 });
    const entry = waiting.first(ids(3));
    expect([
      waiting.kindOf(entry),
      waiting.is(entry, SPAN_BY_LINK),
      waiting.is(entry, SPAN_FAILED),
      waiting.startLo(entry),
      waiting.durationNs(entry),
    ]).toEqual([CONSUMER, true, true, 98, 7]);
    waiting.resolve(entry);
    expect(found(waiting, 3)[0]).toBe(93);
    expect(waiting).toMatchObject({ waiting: 63, unresolved: 36 });
  });

  it('gives up exactly what was there before the wait', () => {
    const waiting = new WaitingCallees(16, 1000);
    for (let i = 1; i <= 40; i++) {
      waiting.add(ids(i), i, SERVER, times(0, 0));
      if (i % 10 === 0) waiting.expire(i * 100);
    }
    waiting.expire(4500);
    expect(waiting).toMatchObject({ waiting: 10, unresolved: 30 });
    waiting.expire(5600);
    expect(waiting).toMatchObject({ waiting: 0, unresolved: 40 });
  });

  it('stays quick when a flood waits for one span', () => {
    const waiting = new WaitingCallees(131_072, 1000);
    const at = times(0, 0);
    for (let i = 0; i < 400_000; i++) waiting.add(ids(9), 1, 0, at);
    let steps = 0;
    for (let entry = waiting.first(ids(9)); entry >= 0; entry = waiting.following(entry)) {
      waiting.resolve(entry);
      steps++;
    }
    expect(steps).toBeLessThanOrEqual(4096);
    expect(waiting.waiting).toBe(131_072 - steps);
  });
});
