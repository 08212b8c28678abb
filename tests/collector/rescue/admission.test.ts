// What the ring takes is what it can hold for its horizon: everything in quiet times, the part of highest randomness under load.
import { expect, test } from 'vitest';
import { Admission } from '#collector/rescue/admission.ts';

const MIB = 1024 * 1024;
const HALF = 2 ** 28;
const HORIZON_MS = 10_000;

/** Share taken after `seconds` of so many bytes per second. */
function shareAfter(admission: Admission, bytesPerSecond: number, seconds: number, fromMs = 0): number {
  let leastHi = 0;
  for (let ms = 0; ms < seconds * 1000; ms += 100) {
    admission.taken((bytesPerSecond / 10) * (1 - leastHi / HALF), leastHi, fromMs + ms);
    leastHi = admission.leastHi([], 32 * MIB, fromMs + ms);
  }
  return 1 - leastHi / HALF;
}

test('takes everything while the ring holds a horizon of it', () => {
  expect(shareAfter(new Admission(HORIZON_MS, 8 * MIB), 5 * MIB, 60)).toBe(1);
});

test('takes a part under load, the smaller the load is greater, and everything again when it is over', () => {
  const admission = new Admission(HORIZON_MS, 8 * MIB);
  // Compressed to a third, as fast as may be: 32 + 80 * 2 / 3 MiB within ten seconds.
  expect(shareAfter(admission, 100 * MIB, 30)).toBeCloseTo((32 + (80 * 2) / 3) / 1000, 1);
  expect(shareAfter(admission, 1000 * MIB, 30, 30_000)).toBeLessThan(0.02);
  expect(shareAfter(admission, MIB, 30, 60_000)).toBe(1);
});

test('a short burst is taken whole', () => {
  const admission = new Admission(HORIZON_MS, 8 * MIB);
  admission.taken(60 * MIB, 0, 1000);
  expect(admission.leastHi([], 32 * MIB, 1000)).toBe(0);
});

test('goes by how well segments really compress', () => {
  const segments = Array.from({ length: 8 }, () => ({ rawBytes: MIB, packedBytes: MIB }));
  const [hard, soft] = [new Admission(HORIZON_MS, 8 * MIB), new Admission(HORIZON_MS, 8 * MIB)];
  for (const admission of [hard, soft]) admission.taken(100 * MIB, 0, 0);
  expect(hard.leastHi(segments, 32 * MIB, 0) / HALF).toBeCloseTo(1 - 32 / 100, 2);
  expect(
    soft.leastHi(
      segments.map((segment) => ({ ...segment, packedBytes: MIB / 8 })),
      32 * MIB,
      0,
    ),
  ).toBe(0);
});
