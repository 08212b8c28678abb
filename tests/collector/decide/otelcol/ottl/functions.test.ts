// The functions there are: those that the documentation lists, each with what it takes, and those that are refused by name.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { FUNCTIONS } from '#collector/decide/otelcol/ottl/functions.ts';
import { refusalOf } from '#tests/support/ottl-subject.ts';

const page = readFileSync(new URL('../../../../../docs/collector-policies.md', import.meta.url), 'utf8');
const rows = [...page.matchAll(/^\| ([a-z, ]+) \| ((?:[A-Z][A-Za-z0-9]+ ?)+)\|$/gm)];
const documented = rows.flatMap(([, , names]) => names!.trim().split(' '));

test('are those that the documentation lists', () => {
  expect(documented.filter((name) => name !== 'IsRootSpan').sort()).toEqual(Object.keys(FUNCTIONS).sort());
});

test('optional parameters stand behind those that are not, and each has a name of its own', () => {
  for (const [name, { parameters }] of Object.entries(FUNCTIONS)) {
    const optional = parameters.map((parameter) => (parameter.optional === true ? 'o' : 'n')).join('');
    expect([name, optional]).toEqual([name, expect.stringMatching(/^n*o*$/)]);
    expect([name, new Set(parameters.map((parameter) => parameter.name)).size]).toEqual([name, parameters.length]);
  }
});

test.each([
  'UUID',
  'UUIDv7',
  'UserAgent',
  'ExtractGrokPatterns',
  'ParseXML',
  'CommunityID',
  'Murmur3Hash',
  'Append',
  'DeleteIndex',
])('%s is refused by name', (name) => {
  expect(refusalOf(`${name}(name) == ""`)).toContain(`calls ${name}, which is no function here`);
});
