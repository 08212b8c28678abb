// Texts that name a trace, and such that do not.
import { expect, it } from 'vitest';
import { traceAddress } from '#proto/search/trace-address.ts';

const ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

it.each([
  [ID, ID, ''],
  [` ${ID.toUpperCase()} `, ID, ''],
  ['4bf92f35-77b3-4da6-a3ce-929d0e0e4736', ID, ''],
  [`0x${ID}`, ID, ''],
  ['9ad00e306a01cd4e', '00000000000000009ad00e306a01cd4e', ''],
  [`00-${ID}-${SPAN}-01`, ID, SPAN],
  [`http://localhost:16686/trace/${ID}?uiFind=${SPAN}`, ID, SPAN],
  [`https://x.example/trace/9ad00e306a01cd4e`, '00000000000000009ad00e306a01cd4e', ''],
  [`https://g.example/explore?left={"query":"${ID}"}`, ID, ''],
])('%s', (text, traceId, spanId) => {
  expect(traceAddress(text)).toEqual({ traceId, spanId });
});

it.each([
  '',
  'checkout',
  `service=${ID}`,
  '0'.repeat(32),
  ID.slice(1),
  'https://x.example/search?service=a',
  `${ID} status=error`,
])('%s names none', (text) => {
  expect(traceAddress(text)).toBeUndefined();
});
