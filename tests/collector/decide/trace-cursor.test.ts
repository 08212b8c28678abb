// Where rules stand in a trace: each span is looked at once for all predicates, attributes are those of the span it stands on.
import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import { TraceCursor, type SpanTest, type TraceRebuilder } from '#collector/decide/trace-cursor.ts';
import { AttributeKeys, MISSING } from '#collector/decide/values/attribute-reader.ts';
import { VALUE_INT, VALUE_STRING } from '#proto/otlp/enums.ts';
import { rawClocks, Reconstructor } from '#collector/reconstruct/reconstruct.ts';
import { int, text } from '#tests/support/rule-decision.ts';
import { writtenTrace, type WrittenSpan } from '#tests/support/written-trace.ts';

const keys = new AttributeKeys();
const K = keys.slot('k');

/** Text or first byte of the int that was found, undefined for a missing key. */
function seen(ask: (test: (bytes: Uint8Array, type: number, start: number, end: number) => boolean) => boolean) {
  let value: string | number | undefined;
  ask((bytes, type, start, end) => {
    if (type === VALUE_STRING) value = Buffer.from(bytes.subarray(start, end)).toString();
    else if (type === VALUE_INT) value = bytes[start]!;
    else value = type === MISSING ? undefined : `type ${type}`;
    return true;
  });
  return value;
}

describe('predicates', () => {
  const ofStatus =
    (status: number): SpanTest =>
    ({ view, row }) =>
      view.memory.spans.status[row] === status;

  test('some and every are those of the spans, for any of them', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(0, 1, 2), { minLength: 1, maxLength: 10 }), (codes) => {
        const cursor = new TraceCursor(keys, [0, 1, 2].map(ofStatus));
        cursor.start(writtenTrace(codes.map((status) => ({ status }))));
        for (const status of [0, 1, 2] as const) {
          expect(cursor.some(status)).toBe(codes.includes(status));
          expect(cursor.every(status)).toBe(codes.every((code) => code === status));
        }
      }),
      { seed: 501, numRuns: 60 },
    );
  });

  test('spans are looked at once for all, and not at all until somebody asks', () => {
    let looked = 0;
    const counting =
      (answer: boolean): SpanTest =>
      () => {
        looked++;
        return answer;
      };
    const cursor = new TraceCursor(keys, [counting(true), counting(false)]);
    cursor.start(writtenTrace([{}, {}, {}]));
    expect(looked).toBe(0);
    expect([cursor.some(0), cursor.every(0), cursor.some(1), cursor.every(1)]).toEqual([true, true, false, false]);
    expect(looked).toBe(6);
    cursor.start(writtenTrace([{}]));
    expect([cursor.some(0), cursor.some(1)]).toEqual([true, false]);
    expect(looked).toBe(8);
  });

  test('what was known of the trace before is forgotten', () => {
    const cursor = new TraceCursor(keys, [ofStatus(2)]);
    cursor.start(writtenTrace([{ status: 2 }]));
    expect(cursor.some(0)).toBe(true);
    cursor.start(writtenTrace([{ status: 1 }]));
    expect(cursor.some(0)).toBe(false);
  });
});

describe('attributes', () => {
  const spans: WrittenSpan[] = [
    { attributes: { k: text('own') }, resource: { k: text('shared') } },
    { resource: { k: text('other') } },
    {},
    { attributes: { k: int(7) } },
  ];

  test('are those of the span it stands on, with its resource behind them where that is asked for', () => {
    const cursor = new TraceCursor(keys, []);
    const view = writtenTrace(spans);
    cursor.start(view);
    const found = spans.map((_, i) => {
      cursor.moveTo(view.rows[i]!);
      return [
        seen((ask) => cursor.attribute(K, ask)),
        seen((ask) => cursor.spanAttribute(K, ask)),
        seen((ask) => cursor.resourceAttribute(K, ask)),
      ];
    });
    expect(found).toEqual([
      ['own', 'own', 'shared'],
      ['other', undefined, 'other'],
      [undefined, undefined, undefined],
      [7, 7, undefined],
    ]);
  });

  test('of more resources than it keeps in mind, back and forth', () => {
    const many = Array.from({ length: 100 }, (_, i): WrittenSpan => ({ resource: { k: text(`r${i}`) } }));
    const cursor = new TraceCursor(keys, []);
    const view = writtenTrace(many);
    cursor.start(view);
    for (const order of [many.keys(), [...many.keys()].reverse(), [...many.keys()].map((i) => (i * 37) % 100)]) {
      const wrong = [...order].filter((i) => {
        cursor.moveTo(view.rows[i]!);
        return seen((ask) => cursor.resourceAttribute(K, ask)) !== `r${i}`;
      });
      expect(wrong).toEqual([]);
    }
  });

  test('the bytes of a span are its message alone', () => {
    const cursor = new TraceCursor(keys, []);
    const view = writtenTrace([{ name: 'first' }, { name: 'second' }]);
    cursor.start(view);
    cursor.moveTo(view.rows[1]!);
    const { bytes, from, to } = cursor.spanBytes();
    expect(bytes.toString('latin1', from, to)).toContain('second');
    expect(bytes.toString('latin1', from, to)).not.toContain('first');
  });
});

describe('durations and the rebuilt trace', () => {
  const view = writtenTrace([{ duration: 100 }]);
  const reconstructor = new Reconstructor(rawClocks);

  function corrected(ns: number | undefined, reach?: number): { cursor: TraceCursor; asked: () => number } {
    let asked = 0;
    const rebuilder: TraceRebuilder = {
      rebuild: (one) => reconstructor.run(one),
      correctedNs() {
        asked++;
        return ns;
      },
      ...(reach !== undefined && { reachNs: () => reach }),
    };
    const cursor = new TraceCursor(keys, []);
    cursor.rebuilder = rebuilder;
    cursor.start(view);
    return { cursor, asked: () => asked };
  }

  test('without anybody who knows clocks the duration is the one that was reported', () => {
    const cursor = new TraceCursor(keys, []);
    cursor.start(view);
    expect([cursor.durationNs(), cursor.durationReachNs(), cursor.correctedNs]).toEqual([100, 0, undefined]);
  });

  test('corrected it is asked for once, and told where it differs', () => {
    const { cursor, asked } = corrected(70, 50);
    expect(cursor.durationReachNs()).toBe(50);
    expect([cursor.durationNs(), cursor.durationNs(), cursor.correctedNs]).toEqual([70, 70, 70]);
    expect(asked()).toBe(1);
    expect(cursor.durationReachNs()).toBe(30);
  });

  test('clocks that change nothing leave it as it is, and then it reaches nowhere', () => {
    const { cursor } = corrected(undefined, 50);
    expect([cursor.durationNs(), cursor.correctedNs, cursor.durationReachNs()]).toEqual([100, undefined, 0]);
  });

  test('without a bound anything is possible', () => {
    expect(corrected(70).cursor.durationReachNs()).toBe(Infinity);
  });

  test('the next trace begins anew', () => {
    const { cursor, asked } = corrected(70, 50);
    cursor.durationNs();
    cursor.start(view);
    expect(cursor.correctedNs).toBeUndefined();
    cursor.durationNs();
    expect(asked()).toBe(2);
  });

  test('the trace is put together once, and its path is read once', () => {
    let rebuilt = 0;
    const cursor = new TraceCursor(keys, []);
    cursor.rebuilder = {
      rebuild(one) {
        rebuilt++;
        return reconstructor.run(one);
      },
      correctedNs: () => undefined,
    };
    cursor.start(view);
    expect(cursor.rebuilt()).toBe(cursor.rebuilt());
    const { hi, lo } = cursor.path();
    expect([cursor.path().hi, cursor.path().lo]).toEqual([hi, lo]);
    expect(rebuilt).toBe(1);
    cursor.start(view);
    cursor.path();
    expect(rebuilt).toBe(2);
  });
});
