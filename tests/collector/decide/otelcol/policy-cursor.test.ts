// What several policies ask about a whole trace: its randomness, whether its spans told any, its size (counted once).
import { describe, expect, test } from 'vitest';
import { PolicyCursor } from '#collector/decide/otelcol/policy-cursor.ts';
import { viewBytes } from '#collector/decide/otelcol/pdata-size.ts';
import { AttributeKeys } from '#collector/decide/values/attribute-reader.ts';
import { writtenTrace } from '#tests/support/written-trace.ts';

const ID = '0af7651916cd43dd8448eb211c80319c';

function cursorOn(states: readonly (string | undefined)[]): PolicyCursor {
  const view = writtenTrace(
    states.map((traceState) => (traceState === undefined ? {} : { traceState })),
    ID,
  );
  const cursor = new PolicyCursor(new AttributeKeys(), []);
  cursor.enter({ view, traceSpans: view.count, sizeBytes: () => viewBytes(view) });
  return cursor;
}

describe('randomness', () => {
  test.each([
    [[undefined], 0x48eb211c80319cn, false],
    [['a=b'], 0x48eb211c80319cn, false],
    [['ot=th:8'], 0x48eb211c80319cn, true],
    [['ot=rv:00000000000009'], 9n, true],
    [['ot=rv:ABCDEF01234567'], 0xabcdef01234567n, true],
    [[undefined, 'ot=rv:00000000000009'], 9n, true],
    [['ot=rv:00000000000009', 'ot=rv:00000000000001'], 9n, true],
    [['ot=th:8', 'ot=rv:00000000000001'], 1n, true],
    [['ot=rv:9;th:8', undefined], 0x48eb211c80319cn, false],
    [['BAD=1,ot=rv:00000000000009'], 0x48eb211c80319cn, false],
  ] as const)('of %j is %i (told: %s)', (states, randomness, told) => {
    const cursor = cursorOn(states);
    expect([cursor.randomness, cursor.hasSampling]).toEqual([randomness, told]);
  });

  test('asking leaves the cursor where it stood', () => {
    const cursor = cursorOn([undefined, 'ot=rv:00000000000009']);
    cursor.moveTo(cursor.view.rows[0]!);
    expect(cursor.randomness).toBe(9n);
    expect(cursor.row).toBe(cursor.view.rows[0]);
  });

  test('the next trace begins anew', () => {
    const cursor = cursorOn(['ot=rv:00000000000009']);
    expect(cursor.randomness).toBe(9n);
    const view = writtenTrace([{}], ID);
    cursor.enter({ view, traceSpans: 1, sizeBytes: () => 0 });
    expect([cursor.randomness, cursor.hasSampling]).toEqual([0x48eb211c80319cn, false]);
  });
});

test('the size is counted when it is asked for, once', () => {
  let counted = 0;
  const view = writtenTrace([{}]);
  const cursor = new PolicyCursor(new AttributeKeys(), []);
  cursor.enter({
    view,
    traceSpans: 7,
    sizeBytes() {
      counted++;
      return 123;
    },
  });
  expect([counted, cursor.sizeBytes, cursor.sizeBytes, counted]).toEqual([0, 123, 123, 1]);
  expect(cursor.traceSpans).toBe(7);
});

test('the tracestate is that of the span it stands on', () => {
  const cursor = cursorOn(['a=1', undefined]);
  const states = [0, 1].map((i) => {
    cursor.moveTo(cursor.view.rows[i]!);
    return cursor.traceState();
  });
  expect(states).toEqual(['a=1', '']);
});
