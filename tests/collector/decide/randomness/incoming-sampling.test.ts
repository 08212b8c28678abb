// What the spans of a trace say about sampling before it came here: R, the greatest T, and whether both go together.
import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import { IncomingSampling } from '#collector/decide/randomness/incoming-sampling.ts';
import { thresholdText } from '#proto/model/threshold.ts';
import { reordered, writtenTrace } from '#tests/support/written-trace.ts';

/** Its own randomness is 0x48eb211c80319c. */
const ID = '0af7651916cd43dd8448eb211c80319c';

function readOf(states: readonly (string | undefined)[], leastHi = 0, order?: readonly number[]) {
  const view = writtenTrace(
    states.map((traceState) => (traceState === undefined ? {} : { traceState })),
    ID,
  );
  const asked = order === undefined ? view : reordered(view, order);
  asked.leastHi = leastHi;
  const incoming = new IncomingSampling();
  incoming.read(asked);
  return {
    r: thresholdText(incoming.randomHi, incoming.randomLo),
    explicit: incoming.isExplicit,
    greatest: thresholdText(incoming.greatestHi, incoming.greatestLo),
    threshold: thresholdText(incoming.thresholdHi, incoming.thresholdLo),
    malformed: incoming.malformed,
  };
}

const NOTHING = '00000000000000';
const OWN = '48eb211c80319c';

describe('randomness', () => {
  test.each([
    [[undefined], OWN, false],
    [['a=b'], OWN, false],
    [['ot=th:0'], OWN, false],
    [['ot=rv:ffffffffffffff'], 'ffffffffffffff', true],
    [[undefined, 'ot=rv:00000000000000'], '00000000000000', true],
    [['ot=rv:0000000000000a', 'ot=rv:00000000000009'], '00000000000009', true],
    [['ot=rv:bad', 'ot=rv:0000000000000a'], '0000000000000a', true],
    [['ot=rv:bad'], OWN, false],
  ])('of %j is %s (told: %s)', (states, r, explicit) => {
    expect(readOf(states)).toMatchObject({ r, explicit });
  });
});

describe('threshold', () => {
  test.each([
    [[undefined], NOTHING, NOTHING],
    [['ot=th:4'], '40000000000000', '40000000000000'],
    [['ot=th:2', 'ot=th:4', undefined], '40000000000000', '40000000000000'],
    [['ot=th:48eb211c80319c'], OWN, OWN],
    [['ot=th:48eb211c80319d'], '48eb211c80319d', NOTHING],
    [['ot=th:8'], '80000000000000', NOTHING],
    [['ot=th:8;rv:80000000000000'], '80000000000000', '80000000000000'],
    [['ot=th:8;rv:7fffffffffffff'], '80000000000000', NOTHING],
    [['ot=th:8', 'ot=rv:90000000000000'], '80000000000000', '80000000000000'],
    [['ot=th:xyz'], NOTHING, NOTHING],
  ])('of %j: the greatest is %s, what got through at least %s', (states, greatest, threshold) => {
    expect(readOf(states)).toMatchObject({ greatest, threshold });
  });

  test('under overload at least T_min got through', () => {
    expect(readOf([undefined], 2 ** 26).threshold).toBe('40000000000000');
    expect(readOf(['ot=th:2'], 2 ** 26)).toMatchObject({ threshold: '40000000000000', greatest: '20000000000000' });
    expect(readOf(['ot=th:48'], 2 ** 26).threshold).toBe('48000000000000');
    expect(readOf(['ot=th:8'], 2 ** 25).threshold).toBe('20000000000000');
  });
});

test('malformed sub-keys of all spans are counted', () => {
  expect(readOf(['ot=th:xyz;rv:1', undefined, 'ot=th:']).malformed).toBe(3);
  expect(readOf(['ot=th:8', 'x=th:xyz']).malformed).toBe(0);
});

test('a reader used again remembers nothing of the trace before', () => {
  const incoming = new IncomingSampling();
  incoming.read(writtenTrace([{ traceState: 'ot=th:4;rv:ffffffffffffff' }, { traceState: 'ot=th:?' }], ID));
  incoming.read(writtenTrace([{}], ID));
  expect(incoming).toMatchObject({ isExplicit: false, greatestHi: 0, greatestLo: 0, thresholdHi: 0, malformed: 0 });
  expect(thresholdText(incoming.randomHi, incoming.randomLo)).toBe(OWN);
});

test('the order of spans changes nothing, and the answers are the least rv and the greatest th', () => {
  const value = fc.bigInt({ min: 0n, max: (1n << 56n) - 1n }).map((bits) => bits.toString(16).padStart(14, '0'));
  const state = fc.record({ rv: fc.option(value), th: fc.option(value) });
  const shuffled = fc.array(state, { minLength: 1, maxLength: 5 }).chain((states) =>
    fc.tuple(
      fc.constant(states),
      fc.shuffledSubarray(
        states.map((_, i) => i),
        { minLength: states.length },
      ),
    ),
  );
  fc.assert(
    fc.property(shuffled, ([states, order]) => {
      const written = states.map(({ rv, th }) => {
        const parts = [...(rv === null ? [] : [`rv:${rv}`]), ...(th === null ? [] : [`th:${th}`])];
        return parts.length === 0 ? undefined : `ot=${parts.join(';')}`;
      });
      const found = readOf(written, 0, order);
      expect(found).toEqual(readOf(written));
      const rvs = states.flatMap(({ rv }) => (rv === null ? [] : [rv])).sort();
      const ths = states.flatMap(({ th }) => (th === null ? [] : [th])).sort();
      const r = rvs[0] ?? OWN;
      const greatest = ths.at(-1) ?? NOTHING;
      expect(found).toMatchObject({ r, greatest, threshold: r < greatest ? NOTHING : greatest, malformed: 0 });
    }),
    { seed: 191, numRuns: 80 },
  );
});
