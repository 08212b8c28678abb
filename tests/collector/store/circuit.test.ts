// The circuit breaker over any answers of a store: one insert at a time while it is away, fewer while it has too much to do, all of them
// again afterwards.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Circuit, MAX_IN_FLIGHT } from '#collector/store/circuit.ts';

describe('the circuit', () => {
  it('opens when the store is away, lets one insert through after growing waits, and closes when it is taken', () => {
    const circuit = new Circuit();
    expect([circuit.state, circuit.room(0, 0)]).toEqual(['closed', MAX_IN_FLIGHT]);
    circuit.away(1_000);
    circuit.away(1_001); // of inserts that were begun together
    expect([circuit.state, circuit.room(1_050, 0), circuit.waitMs]).toEqual(['open', 0, 100]);
    const waits: number[] = [];
    let now = 1_000;
    for (let i = 0; i < 8; i++) {
      now += circuit.waitMs;
      expect(circuit.room(now, 0)).toBe(1);
      expect(circuit.state).toBe('half-open');
      expect(circuit.room(now, 1)).toBe(0);
      circuit.away(now);
      waits.push(circuit.waitMs);
    }
    expect(waits).toEqual([200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000]);
    expect(circuit.awaySinceMs).toBe(1_000);
    now += circuit.waitMs;
    expect(circuit.room(now, 0)).toBe(1);
    circuit.succeeded();
    expect([circuit.state, circuit.awaySinceMs, circuit.room(now, 0)]).toEqual(['closed', undefined, 1]);
  });

  it('gives a store that has too much to do less at a time and later, and more again one by one', () => {
    const circuit = new Circuit();
    circuit.overloaded(0);
    expect([circuit.limit, circuit.room(99, 0), circuit.room(100, 0)]).toEqual([2, 0, 2]);
    circuit.overloaded(100);
    circuit.overloaded(400);
    expect([circuit.limit, circuit.waitMs, circuit.awaySinceMs]).toEqual([1, 400, undefined]);
    let taken = 0;
    while (circuit.limit < MAX_IN_FLIGHT) {
      circuit.succeeded();
      taken++;
    }
    expect(taken).toBeGreaterThan(MAX_IN_FLIGHT); // one more at a time after about as many blocks as are under way
    circuit.succeeded();
    expect(circuit.overloadedSinceMs).toBeUndefined();
  });

  it('a refusal is an answer: the store is not away', () => {
    const circuit = new Circuit();
    circuit.away(0);
    circuit.room(100, 0);
    circuit.answered();
    expect([circuit.state, circuit.awaySinceMs]).toEqual(['closed', undefined]);
  });

  it('never lets more than one through while it is half-open, nor waits longer than its bounds, over any answers', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ what: fc.constantFrom('away', 'overloaded', 'succeeded', 'answered', 'ask'), ms: fc.nat(7_000) }),
          { maxLength: 200 },
        ),
        (steps) => {
          const circuit = new Circuit();
          let now = 0;
          for (const { what, ms } of steps) {
            now += ms;
            if (what === 'away' || what === 'overloaded') circuit[what](now);
            else if (what !== 'ask') circuit[what]();
            expect(circuit.waitMs).toBeLessThanOrEqual(10_000);
            expect(circuit.limit).toBeGreaterThanOrEqual(1);
            expect(circuit.room(now, 1)).toBeLessThan(MAX_IN_FLIGHT);
            expect(circuit.state === 'closed' ? 0 : circuit.room(now, 1)).toBe(0);
            expect(circuit.room(now + 10_000, 0)).toBeGreaterThan(0); // it never stops for good
            expect(circuit.awaySinceMs === undefined).toBe(circuit.state === 'closed');
          }
        },
      ),
      { numRuns: 300, seed: 31 },
    );
  });
});
