// Values of OTTL: maps that are read when somebody asks, and what tells times, durations and made maps apart.
import { describe, expect, test } from 'vitest';
import {
  isDuration,
  isMadeMap,
  isTime,
  OttlError,
  OttlTypeError,
  ReceivedMap,
  type OttlValue,
} from '#collector/decide/otelcol/ottl/value.ts';
import { received } from '#tests/support/ottl-subject.ts';

describe('a received map', () => {
  const entries: readonly (readonly [string, OttlValue])[] = [
    ['a', 1n],
    ['b', 'x'],
    ['a', 2n],
  ];

  test('holds keys that come twice, and finds the first of them', () => {
    const map = new ReceivedMap(entries);
    expect(map.entries).toBe(entries);
    expect([map.get('a'), map.get('b'), map.get('c')]).toEqual([1n, 'x', undefined]);
  });

  test('reads all of it once, when all is asked for', () => {
    let read = 0;
    const map = new ReceivedMap(() => {
      read++;
      return entries;
    });
    expect(read).toBe(0);
    expect([map.entries.length, map.get('a'), map.entries.length, read]).toEqual([3, 1n, 3, 1]);
  });

  test('reads one key alone as long as nobody asked for all', () => {
    const asked: string[] = [];
    const map = new ReceivedMap(
      () => entries,
      (key) => {
        asked.push(key);
        return entries.find(([name]) => name === key)?.[1];
      },
    );
    expect([map.get('b'), map.get('z'), asked]).toEqual(['x', undefined, ['b', 'z']]);
    expect(map.entries).toBe(entries);
    expect([map.get('a'), asked.length]).toEqual([1n, 2]);
  });
});

test.each<[OttlValue, boolean, boolean, boolean]>([
  [null, false, false, false],
  [1n, false, false, false],
  ['time', false, false, false],
  [{ time: 0n }, true, false, false],
  [{ duration: 0n }, false, true, false],
  [new Map([['time', 1n]]), false, false, true],
  [received({ time: 1n }), false, false, false],
  [received([1n]), false, false, false],
])('%o: time %s, duration %s, made map %s', (value, time, duration, made) => {
  expect([isTime(value), isDuration(value), value !== null && isMadeMap(value)]).toEqual([time, duration, made]);
});

test('a wrong type is an error of its own sort', () => {
  expect(new OttlTypeError('x')).toBeInstanceOf(OttlError);
  expect([new OttlError('x').name, new OttlTypeError('x').name]).toEqual(['OttlError', 'OttlTypeError']);
});
