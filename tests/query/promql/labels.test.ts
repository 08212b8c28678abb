// The order of label sets, by text and by comparing label by label.
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { compareLabels, LabelSet, sortByLabels } from '#query/promql/labels.ts';

const texts = fc.oneof(
  fc.constantFrom('', 'a', 'ab', 'b', 'é', 'a\0', '\0', '\u{1f600}', '\ufffd', 'a\u{1f600}', '\uffee'),
  fc.string({ maxLength: 3 }),
);
const series = fc
  .array(fc.tuple(texts, texts), { maxLength: 4 })
  .map((pairs) => ({ labels: LabelSet.from(new Map(pairs)) }));

it('is the same for one text of each set and label by label, whatever the labels are', () => {
  fc.assert(
    fc.property(fc.array(series, { maxLength: 20 }), (all) => {
      expect(sortByLabels(all)).toEqual(all.toSorted((a, b) => compareLabels(a.labels, b.labels)));
    }),
    { seed: 31, numRuns: 1000 },
  );
});
