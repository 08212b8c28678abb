// YAML as the Collector reads it, where it differs from YAML 1.2.
import { expect, test } from 'vitest';
import { parseCollectorYaml } from '#proto/config/collector-file.ts';

test.each<[string, unknown]>([
  ['1_000', 1000n],
  ['0b101', 5n],
  ['017', 15n],
  ['0o17', 15n],
  ['0x_ff', 255n],
  ['-012', -10n],
  ['08', 8],
  ['+5', 5n],
  ['9223372036854775807', 9_223_372_036_854_775_807n],
  ['18446744073709551616', 18_446_744_073_709_551_616],
  ['1e2', 100],
  ['1_2.5', 12.5],
  ['.5', 0.5],
  ['yes', 'yes'],
  ['on', 'on'],
  ['12:30:45', '12:30:45'],
  ['~', null],
  ['True', true],
  ['2024-01-31', new Date('2024-01-31')],
])('%s', (text, value) => {
  expect(parseCollectorYaml(text)).toEqual(value);
});

test('a text that looks like a time, and is to be one, is quoted', () => {
  expect(parseCollectorYaml('"2024-01-31"')).toBe('2024-01-31');
});
