// Traces come out oldest first, each once, whatever was decided, added anew or held meanwhile.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OldestTraces } from '#collector/assemble/oldest-traces.ts';
import { IS_HELD, NO_TRACE, TraceTable } from '#collector/assemble/trace-table.ts';

const CAPACITY = 3000;

test('the oldest that waits comes out, as a list kept in order would have it', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          { weight: 12, arbitrary: fc.constant('add') },
          { weight: 3, arbitrary: fc.constant('decide') },
          fc.constant('hold'),
          fc.constant('take'),
        ),
        { maxLength: 6000, size: 'max' },
      ),
      fc.integer(),
      (steps, seed) => {
        const table = new TraceTable(CAPACITY, seed);
        const order = new OldestTraces();
        const waiting: number[] = [];
        /** What came out, beside what should have. */
        const taken: [number, number][] = [];
        let state = seed | 1;
        const some = (): number => (state = Math.imul(state ^ (state >>> 13), 0x5bd1e995) >>> 0);
        let nowMs = 0;
        for (const step of steps) {
          nowMs++;
          const at = waiting.length === 0 ? 0 : some() % waiting.length;
          if (step === 'add' && table.size < CAPACITY) {
            const slot = table.add(some() | 1, nowMs, 2, 3, nowMs);
            order.push(table, slot);
            waiting.push(slot);
          } else if (step === 'decide' && waiting.length > 0) {
            table.remove(waiting[at]!);
            waiting.splice(at, 1);
          } else if (step === 'hold' && waiting.length > 0) {
            table.flags[waiting[at]!]! |= IS_HELD;
            waiting.splice(at, 1);
          } else if (step === 'take') {
            const oldest = order.takeOldest(table);
            taken.push([oldest, waiting[0] ?? NO_TRACE]);
            if (oldest !== NO_TRACE) table.remove(waiting.shift()!);
          }
        }
        expect(taken.filter(([out, due]) => out !== due)).toEqual([]);
        for (const slot of waiting) table.count[slot] = 1;
        const again = OldestTraces.of(table);
        for (const slot of waiting) {
          expect(order.takeOldest(table)).toBe(slot);
          expect(again.takeOldest(table)).toBe(slot);
        }
      },
    ),
    { seed: 20_260_922, numRuns: 30 },
  );
});
