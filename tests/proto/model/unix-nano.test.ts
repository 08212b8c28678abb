// Times as halves, as digits and as milliseconds say the same.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { msOfNanos, nanosOf, nanosOfMs, NS_PER_MS } from '#proto/model/unix-nano.ts';

it('halves make the number, a difference too', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (a, b) => {
      const [aHi, aLo, bHi, bLo] = [Math.floor(a / 2 ** 32), a % 2 ** 32, Math.floor(b / 2 ** 32), b % 2 ** 32];
      expect(nanosOf(aHi, aLo)).toBe(a);
      expect(nanosOf(aHi - bHi, aLo - bLo)).toBe(a - b);
    }),
  );
});

it('milliseconds come back whole', () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(NS_PER_MS - 1), (ms, rest) => {
      expect(msOfNanos(nanosOfMs(ms) + BigInt(rest))).toBe(ms);
    }),
  );
});
