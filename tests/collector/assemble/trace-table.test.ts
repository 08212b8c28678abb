import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_TRACE, TraceTable } from '#collector/assemble/trace-table.ts';

describe('the trace table', () => {
  it('finds what a Map finds, through any additions and removals', () => {
    const id = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), id)), fc.integer(), (steps, seed) => {
        const table = new TraceTable(24, seed);
        const model = new Map<number, number>();
        let [refusals, expected] = [0, 0];
        for (const [adds, word] of steps) {
          const slot = table.find(1, 0, 0, word);
          expect(slot).toBe(model.get(word) ?? NO_TRACE);
          if (adds && slot === NO_TRACE) {
            const added = table.add(1, 0, 0, word, 0);
            if (added !== NO_TRACE) model.set(word, added);
            refusals += added === NO_TRACE ? 1 : 0;
            expected += added === NO_TRACE && model.size === 24 ? 1 : 0;
          } else if (!adds && slot !== NO_TRACE) {
            table.remove(slot);
            model.delete(word);
          }
          expect(table.size).toBe(model.size);
        }
        expect(refusals).toBe(expected);
        for (const [word, slot] of model) expect(table.find(1, 0, 0, word)).toBe(slot);
      }),
      { seed: 61, numRuns: 300 },
    );
  });

  it('tells a freed slot from the trace that was in it', () => {
    const table = new TraceTable(4, 1);
    const slot = table.add(1, 2, 3, 4, 0);
    expect(table.is(slot, 1, 2, 3, 4)).toBe(true);
    table.remove(slot);
    expect(table.is(slot, 1, 2, 3, 4)).toBe(false);
    expect(table.add(5, 6, 7, 8, 0)).toBe(slot);
    expect(table.is(slot, 1, 2, 3, 4)).toBe(false);
  });

  it('stays quick under ids that differ in one word only', () => {
    for (const place of [0, 1, 2, 3]) {
      const table = new TraceTable(50_000, 77);
      const words = [0, 0, 0, 0];
      for (let n = 1; n <= 50_000; n++) {
        words[place] = n << 12;
        table.add(words[0]!, words[1]!, words[2]!, words[3]!, 0);
      }
      // A hash that piled them up would need minutes for this.
      for (let n = 1; n <= 50_000; n++) {
        words[place] = n << 12;
        expect(table.find(words[0]!, words[1]!, words[2]!, words[3]!)).toBe(n - 1);
      }
    }
  });
});
