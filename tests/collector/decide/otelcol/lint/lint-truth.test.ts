// What the lint says of a policy that measures is true of traces: where it says that nothing or everything is kept, nothing or everything is, and
// where that is so it says something.
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import { decide, received, tickOf } from '#tests/support/collector-decision.ts';
import { toldOf } from '#tests/support/lint-told.ts';
import type { WrittenSpan } from '#tests/support/written-trace.ts';

const MS = 1_000_000;
const spans = (count: number): WrittenSpan[] => Array.from({ length: count }, () => ({}));
const policy = (type: string, block: string): string => `[{ name: p, type: ${type}, ${type}: ${block} }]`;

/** Which of these traces the policy keeps. */
function kept(type: string, block: string, traces: readonly (readonly WrittenSpan[])[]): boolean[] {
  return tickOf(
    policy(type, block),
    traces.map((trace, i) => received(trace, createHash('sha256').update(String(i)).digest('hex').slice(0, 32))),
  ).map(({ keep }) => keep);
}

/** In what the lint is wrong. @param lines what it reports @param found what of all traces there could be is kept */
function untruths(lines: readonly string[], found: readonly boolean[]): string[] {
  const all = lines.join('\n');
  const saysNone = /no trace is within|no duration is within|keeps nothing/.test(all);
  const saysAll = /keeps every trace(?! of)|every trace is kept/.test(all);
  return [
    ...(saysNone && found.includes(true) ? ['it says that nothing is kept'] : []),
    ...(saysAll && found.includes(false) ? ['it says that everything is kept'] : []),
    ...(new Set(found).size === 1 && all === '' ? ['it does not say that nothing or everything is kept'] : []),
  ];
}

test('of span counts', () => {
  const sizes = Array.from({ length: 10 }, (_, i) => i + 1);
  const bound = fc.integer({ min: 0, max: 8 });
  fc.assert(
    fc.property(bound, bound, (least, most) => {
      const block = `{ min_spans: ${least}, max_spans: ${most} }`;
      expect(untruths(toldOf('span_count', block), kept('span_count', block, sizes.map(spans)))).toEqual([]);
    }),
    { seed: 611, numRuns: 40 },
  );
});

test('of durations', () => {
  const durations = [0, 1, 2, 3, 4, 5, 6, 7, 8, 20].map((ms): WrittenSpan[] => [{ duration: ms * MS }]);
  const bound = fc.integer({ min: 0, max: 8 });
  fc.assert(
    fc.property(bound, bound, (threshold, upper) => {
      const block = `{ threshold_ms: ${threshold}, upper_threshold_ms: ${upper} }`;
      const said = toldOf('latency', block);
      const found = kept('latency', block, durations);
      expect(untruths(said, found)).toEqual([]);
      const least = /keeps every trace of at least (\d+) ms/.exec(said.join('\n'))?.[1];
      const fromLeast = durations.map(([span]) => (span?.duration ?? 0) >= Number(least) * MS);
      expect(least === undefined || fromLeast.every((is, i) => is === found[i])).toBe(true);
    }),
    { seed: 612, numRuns: 40 },
  );
});

describe('of percentages', () => {
  const traces = Array.from({ length: 120 }, (): WrittenSpan[] => [{}]);

  test.each([-5, 0, 100, 101, 250])('%d keeps none or all, and the lint says so', (percentage) => {
    const block = `{ sampling_percentage: ${percentage} }`;
    const said = toldOf('probabilistic', block);
    const found = kept('probabilistic', block, traces);
    expect(new Set(found).size).toBe(1);
    // 100 keeps all as it says itself.
    expect(untruths(percentage === 100 ? ['every trace is kept'] : said, found)).toEqual([]);
    expect(said.length > 0).toBe(percentage !== 100);
  });

  test('one between keeps some, and the lint says nothing of none or all', () => {
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 90 }), (percentage) => {
        const block = `{ sampling_percentage: ${percentage} }`;
        const found = kept('probabilistic', block, traces);
        expect(new Set(found).size).toBe(2);
        expect(toldOf('probabilistic', block)).toEqual([]);
      }),
      { seed: 613, numRuns: 10 },
    );
  });

  test('below one, how many traces there are for each that is kept is what the percentage means', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 999 }), (thousandths) => {
        const percentage = thousandths / 1000;
        const [said] = toldOf('probabilistic', `{ sampling_percentage: ${percentage} }`);
        const oneIn = Number(/one trace in (\d+) is kept/.exec(said ?? '')?.[1]);
        expect(Math.abs(oneIn * percentage - 100)).toBeLessThanOrEqual(percentage / 2 + 1e-9);
        const asMeant = Number(/write ([\d.]+) if/.exec(said ?? '')?.[1]);
        expect(asMeant).toBeCloseTo(percentage * 100, 9);
      }),
      { seed: 614, numRuns: 100 },
    );
  });
});

describe('of rates', () => {
  test('a trace above the burst is never kept, one within it is, and the lint gives the burst', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 30 }), (rate, capacity) => {
        const block = `{ spans_per_second: ${rate}, burst_capacity: ${capacity} }`;
        const burst = capacity > 0 ? capacity : rate * 2;
        const said = toldOf('rate_limiting', block, { spans: burst + 1, bytes: 1 }).join('\n');
        expect(said).toContain(`a burst of ${burst} spans never lets a larger trace pass`);
        expect(toldOf('rate_limiting', block, { spans: burst, bytes: 1 })).toEqual([]);
        expect(decide(policy('rate_limiting', block), ...spans(burst + 1))).not.toBe('+p');
        expect(decide(policy('rate_limiting', block), ...spans(burst))).toBe('+p');
      }),
      { seed: 615, numRuns: 40 },
    );
  });

  test('a rate of nothing lets nothing pass', () => {
    const block = '{ spans_per_second: 0 }';
    expect(toldOf('rate_limiting', block).join('\n')).toContain('lets no trace pass');
    expect(decide(policy('rate_limiting', block), {})).not.toBe('+p');
  });
});

test('of status codes: with UNSET a trace of one plain span is kept', () => {
  const codes = ['UNSET', 'OK', 'ERROR'];
  fc.assert(
    fc.property(fc.subarray(codes, { minLength: 1 }), fc.subarray([0, 1, 2], { minLength: 1 }), (asked, has) => {
      const block = `{ status_codes: [${asked.join(', ')}] }`;
      const found = decide(policy('status_code', block), ...has.map((status) => ({ status }))) === '+p';
      expect(found).toBe(has.some((status) => asked.includes(codes[status]!)));
      expect(toldOf('status_code', block).length > 0).toBe(asked.includes('UNSET'));
    }),
    { seed: 616, numRuns: 60 },
  );
});
