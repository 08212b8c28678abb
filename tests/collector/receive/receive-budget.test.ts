// The receivers' common budget: a bound over all, a bound for each connection, and room for small bodies while large ones stall.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ReceiveBudget, type ConnectionBytes } from '#collector/receive/receive-budget.ts';

const MIB = 1024 * 1024;

/** Takes in steps until no more is given; what it has then. */
function fill(connection: ConnectionBytes, step = 64 * 1024): number {
  while (connection.reserve(step));
  return connection.usedBytes;
}

it('a connection alone may have a body of the largest size, and no more than its part', () => {
  expect(fill(new ReceiveBudget(256 * MIB, 64 * MIB).connection())).toBe(64 * MIB);
  expect(fill(new ReceiveBudget(256 * MIB, 8 * MIB).connection())).toBe(64 * MIB);
  expect(fill(new ReceiveBudget(64 * MIB, 64 * MIB).connection())).toBe(64 * MIB);
});

it.each([5, 10])(
  '%i connections that take what they get and never give it back leave room for bodies of another',
  (greedy) => {
    const budget = new ReceiveBudget(256 * MIB, 64 * MIB);
    for (let i = 0; i < greedy; i++) fill(budget.connection());
    expect(fill(budget.connection())).toBeGreaterThan(MIB);
  },
);

it('what is given back is free for all', () => {
  const budget = new ReceiveBudget(100, 10);
  const [one, other] = [budget.connection(), budget.connection()];
  expect([fill(one, 1), fill(other, 1)]).toEqual([25, 25]);
  expect(other.reserve(1)).toBe(false);
  one.release(25);
  other.release(25);
  expect([budget.usedBytes, fill(other, 1)]).toEqual([0, 25]);
});

it('is never over its limit, and empty when all have given back', () => {
  const step = fc.record({ connection: fc.nat(4), bytes: fc.integer({ min: -60, max: 60 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const budget = new ReceiveBudget(100, 50);
      const connections = Array.from({ length: 5 }, () => budget.connection());
      for (const { connection: at, bytes } of steps) {
        const connection = connections[at]!;
        if (bytes >= 0) connection.reserve(bytes);
        else connection.release(Math.min(-bytes, connection.usedBytes));
        expect(budget.usedBytes).toBe(connections.reduce((sum, { usedBytes }) => sum + usedBytes, 0));
        expect(budget.usedBytes).toBeLessThanOrEqual(100);
        for (const { usedBytes } of connections) expect(usedBytes).toBeLessThanOrEqual(50);
      }
      for (const connection of connections) connection.release(connection.usedBytes);
      expect(budget.usedBytes).toBe(0);
    }),
  );
});
