// Reads W3C tracestate from a span's bytes, and th and rv of its member ot, as OpenTelemetry's handbook of tracestate defines them.
import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import { TraceStateReader } from '#collector/decide/randomness/trace-state.ts';
import { thresholdText } from '#proto/model/threshold.ts';
import { otlpType } from '#tests/support/otlp-proto.ts';

const state = new TraceStateReader();
const type = otlpType('opentelemetry.proto.trace.v1.Span');
const spanOf = (fields: Record<string, unknown>): Buffer => Buffer.from(type.encode(type.fromObject(fields)).finish());

function traceStateOf(bytes: Buffer): string | undefined {
  return state.find(bytes, 0, bytes.length) ? bytes.toString('utf8', state.start, state.end) : undefined;
}

function memberOf(list: string, key: string): string | undefined {
  const bytes = Buffer.from(`before=1,${list}after`);
  const from = 'before=1,'.length;
  const found = state.findMember(bytes, from, from + Buffer.byteLength(list), Buffer.from(key));
  return found ? bytes.toString('utf8', state.start, state.end) : undefined;
}

/** th and rv with all their digits, and how many were malformed. */
function otOf(list: string): { th: string | undefined; rv: string | undefined; malformed: number } {
  const bytes = Buffer.from(list);
  state.readOt(bytes, 0, bytes.length);
  return {
    th: state.thresholdHi < 0 ? undefined : thresholdText(state.thresholdHi, state.thresholdLo),
    rv: state.randomnessHi < 0 ? undefined : thresholdText(state.randomnessHi, state.randomnessLo),
    malformed: state.malformed,
  };
}

describe('the tracestate of a span', () => {
  test('is found whatever stands around it', () => {
    const fields = fc.record({
      traceState: fc.string({ minLength: 1, maxLength: 200 }),
      name: fc.string(),
      flags: fc.nat(),
      links: fc.constant([{ traceState: 'ot=th:8' }]),
    });
    fc.assert(
      fc.property(fields, (written) => {
        expect(traceStateOf(spanOf(written))).toBe(written.traceState);
      }),
      { seed: 181 },
    );
  });

  test('an empty one, or that of a link, is none; of several the last counts', () => {
    expect(traceStateOf(spanOf({ name: 'a', links: [{ traceState: 'a=b' }] }))).toBeUndefined();
    expect(traceStateOf(Buffer.from([0x1a, 0]))).toBeUndefined();
    expect(traceStateOf(Buffer.concat([spanOf({ traceState: 'a=1' }), spanOf({ traceState: 'b=2' })]))).toBe('b=2');
  });
});

describe('a member', () => {
  test.each([
    ['k=v', 'k', 'v'],
    ['a=1,k=v', 'k', 'v'],
    ['a=1, k=v', 'k', 'v'],
    ['a=1,\tk=v \t', 'k', 'v'],
    ['a=1 ,k=v', 'a', '1'],
    ['k=', 'k', ''],
    ['k=a=b', 'k', 'a=b'],
    ['k=1,k=2', 'k', '1'],
    ['kk=1,k=2', 'k', '2'],
    ['k', 'k', undefined],
    ['xk=v', 'k', undefined],
    ['k2=v', 'k', undefined],
    ['K=v', 'k', undefined],
    ['', 'k', undefined],
    [',,k=v,,', 'k', 'v'],
    ['t@s=v', 't@s', 'v'],
    ['before=2', 'before', '2'],
  ])('of %j, %s is %j', (list, key, expected) => {
    expect(memberOf(list, key)).toBe(expected);
  });

  test('a key at the very end of the list does not read on behind it', () => {
    expect(memberOf('a=1,aft', 'after')).toBeUndefined();
    expect(memberOf('', 'after')).toBeUndefined();
  });
});

describe('ot', () => {
  test.each([
    ['ot=th:8', '80000000000000', undefined, 0],
    ['ot=th:0', '00000000000000', undefined, 0],
    ['ot=th:ffffffffffffff', 'ffffffffffffff', undefined, 0],
    ['ot=th:fd70a', 'fd70a000000000', undefined, 0],
    ['ot=rv:00000000000000', undefined, '00000000000000', 0],
    ['ot=rv:0123456789abcd;th:4', '40000000000000', '0123456789abcd', 0],
    ['a=b,ot=th:4;x:y;rv:ffffffffffffff,c=d', '40000000000000', 'ffffffffffffff', 0],
    ['ot=p:8;r:62', undefined, undefined, 0],
    ['ot=', undefined, undefined, 0],
    ['ot=th:', undefined, undefined, 1],
    ['ot=rv:', undefined, undefined, 1],
    ['ot=th:123456789012345', undefined, undefined, 1],
    ['ot=th:8G', undefined, undefined, 1],
    ['ot=th:E6', undefined, undefined, 1],
    ['ot=th: 8', undefined, undefined, 1],
    ['ot=rv:123', undefined, undefined, 1],
    ['ot=rv:0123456789ABCD', undefined, undefined, 1],
    ['ot=rv:0123456789abcde', undefined, undefined, 1],
    ['ot=rv:zz;th:zz', undefined, undefined, 2],
    ['ot=rv:zz;th:8', '80000000000000', undefined, 1],
    ['ot=thx:8', undefined, undefined, 0],
    ['ot=xth:8', undefined, undefined, 0],
    ['xot=th:8', undefined, undefined, 0],
    ['ot=th:8,ot=th:c', '80000000000000', undefined, 0],
    ['', undefined, undefined, 0],
  ])('%j: th %s, rv %s, %i malformed', (list, th, rv, malformed) => {
    expect(otOf(list)).toEqual({ th, rv, malformed });
  });

  test('any threshold and randomness come out as they went in, zeros at the end of th left away or not', () => {
    const hex = fc.bigInt({ min: 0n, max: (1n << 56n) - 1n }).map((value) => value.toString(16).padStart(14, '0'));
    const other = fc.constantFrom('p:8', 'r:3', 'abc:def', 'x:');
    fc.assert(
      fc.property(hex, hex, other, fc.boolean(), fc.boolean(), (th, rv, more, cut, swap) => {
        const written = cut ? th.replace(/0+$/, '') || '0' : th;
        const parts = [`th:${written}`, more, `rv:${rv}`];
        expect(otOf(`v=1,ot=${(swap ? parts.toReversed() : parts).join(';')}`)).toMatchObject({ th, rv });
      }),
      { seed: 182 },
    );
  });

  test('what was read before leaves nothing behind', () => {
    otOf('ot=th:8;rv:0123456789abcd;th:z');
    expect(otOf('a=b')).toEqual({ th: undefined, rv: undefined, malformed: 0 });
  });
});
