// Policy bytes_limiting: bytes per second; what it shares with rate_limiting is tested there.
import { expect, test } from 'vitest';
import { compiledShards, decide, policy, received, tickOf } from '#tests/support/collector-decision.ts';

test('bytes are those of the whole encoded trace with its resource', () => {
  const trace = received([{ service: 'a' }]);
  const bytes = trace.sizeBytes();
  expect(
    tickOf(policy('bytes_limiting', `{ bytes_per_second: 1, burst_capacity: ${bytes} }`), [trace])[0],
  ).toMatchObject({ keep: true });
  expect(
    tickOf(policy('bytes_limiting', `{ bytes_per_second: 1, burst_capacity: ${bytes - 1} }`), [trace])[0],
  ).toMatchObject({ keep: false });
});

test('unset, the burst is twice the rate; without a rate nothing passes', () => {
  const bytes = received([{}]).sizeBytes();
  expect(decide(policy('bytes_limiting', `{ bytes_per_second: ${Math.ceil(bytes / 2)} }`), {})).toBe('+p');
  expect(decide(policy('bytes_limiting', `{ bytes_per_second: ${Math.floor((bytes - 1) / 2)} }`), {})).toBe('');
  expect(decide(policy('bytes_limiting'), {})).toBe('');
});

test('with the gate it is a budget in bytes: the highest randomness first', () => {
  const [low, high] = [
    received([{}], `${'1'.repeat(18)}00000000000001`),
    received([{}], `${'1'.repeat(18)}00000000000009`),
  ];
  expect(
    tickOf(
      policy('bytes_limiting', `{ bytes_per_second: 1, burst_capacity: ${low.sizeBytes()} }`),
      [low, high],
      true,
    ).map(({ keep }) => keep),
  ).toEqual([false, true]);
});

test('what is too large for the burst never passes, whatever the rate', () => {
  const bytes = received([{}, {}]).sizeBytes();
  const block = (burst: number): string =>
    policy('bytes_limiting', `{ bytes_per_second: 1000000, burst_capacity: ${burst} }`);
  expect(decide(block(bytes - 1), {}, {})).toBe('');
  expect(decide(block(bytes), {}, {})).toBe('+p');
});

test('bytes come back with time', () => {
  const trace = received([{ name: 'x'.repeat(100) }]);
  const bytes = trace.sizeBytes();
  const [set] = compiledShards(policy('bytes_limiting', `{ bytes_per_second: ${bytes}, burst_capacity: ${bytes} }`));
  expect([0, 0, 500, 1000, 1999, 2000].map((nowMs) => set!.decideTick([trace], nowMs)[0]!.keep)).toEqual([
    true,
    false,
    false,
    true,
    false,
    true,
  ]);
});
