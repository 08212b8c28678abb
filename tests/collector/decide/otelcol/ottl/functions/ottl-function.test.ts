// Parameters of functions as they are written down: kind, name, and whether they may be left away.
import { expect, test } from 'vitest';
import { parameters } from '#collector/decide/otelcol/ottl/functions/ottl-function.ts';

test('kind and name, optional ones with a question mark', () => {
  expect(parameters('text Target', 'int? Start', 'literalBool? Utf8Safe')).toEqual([
    { name: 'Target', kind: 'text' },
    { name: 'Start', kind: 'int', optional: true },
    { name: 'Utf8Safe', kind: 'literalBool', optional: true },
  ]);
  expect(parameters()).toEqual([]);
});
