// Policy status_code: some span has one of the codes.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { decide, errorsOf, policy, refusal } from '#tests/support/collector-decision.ts';

test('one span with one of the codes is enough, and a span that sets none is UNSET', () => {
  expect(decide(policy('status_code', '{ status_codes: [ERROR] }'), {}, { status: 2 })).toBe('+p');
  expect(decide(policy('status_code', '{ status_codes: [UNSET] }'), { status: 2 }, {})).toBe('+p');
  expect(decide(policy('status_code', '{ status_codes: [OK] }'), { status: 2 })).toBe('');
});

test('codes are written in capitals, and at least one', () => {
  expect(errorsOf(`policies: ${policy('status_code', '{ status_codes: [error] }')}`)).toContain(
    'did you mean `ERROR`?',
  );
  expect(errorsOf(`policies: ${policy('status_code', '{ status_codes: [] }')}`)).toContain('is empty');
});

test('a code that nobody knows is none of the three', () => {
  expect(decide(policy('status_code', '{ status_codes: [UNSET, OK, ERROR] }'), { status: 7 })).toBe('');
  expect(decide(policy('status_code', '{ status_codes: [UNSET] }'), { status: 7 }, { status: 0 })).toBe('+p');
});

test('some span has one of the codes, for any codes', () => {
  const names = ['UNSET', 'OK', 'ERROR'];
  fc.assert(
    fc.property(
      fc.subarray([0, 1, 2], { minLength: 1 }),
      fc.array(fc.constantFrom(undefined, 0, 1, 2, 3, 200), { minLength: 1, maxLength: 4 }),
      (wanted, codes) => {
        const block = `{ status_codes: [${wanted.map((code) => names[code]).join(', ')}] }`;
        const spans = codes.map((status) => (status === undefined ? {} : { status }));
        expect(decide(policy('status_code', block), ...spans)).toBe(
          codes.some((code) => wanted.includes(code ?? 0)) ? '+p' : '',
        );
      },
    ),
    { seed: 46, numRuns: 100 },
  );
});

test('a code alone is a list of one', () => {
  expect(decide(policy('status_code', '{ status_codes: ERROR }'), { status: 2 })).toBe('+p');
});

test.each([
  ['{}', '.status_codes: is empty; write at least one of UNSET, OK, ERROR'],
  ['{ status_codes: }', '.status_codes: is empty'],
  ['{ status_codes: [OK, FAILED] }', '.status_codes: holds FAILED, which is no status code'],
  ['{ status_codes: [2] }', '.status_codes: has the wrong type, got `[2]`; write a list of texts'],
  ['{ status_codes: 2 }', '.status_codes: has the wrong type'],
  ["{ status_codes: 'OK,ERROR' }", '.status_codes: has the wrong type'],
  ['{ status_code: [OK] }', '.status_code: is no key here; did you mean `status_codes`?'],
])('%s is refused', (block, message) => {
  expect(refusal('status_code', block)).toContain(message);
});
