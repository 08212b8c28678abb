// Checks add up to what /readyz, /healthz and the metrics say.
import { expect, test } from 'vitest';
import { Health, HEALTH_METRICS, type HealthCheck } from '#collector/self/health.ts';

const check = (name: string, isDegraded: boolean, isNotReady: boolean): HealthCheck => ({
  name,
  isDegraded: () => isDegraded,
  isNotReady: () => isNotReady,
  sentence: () => `${name} is ill: heal it`,
});

test('what is not ready is degraded, what is degraded may be ready, and a sentence is asked only of those', () => {
  const well = {
    ...check('well', false, false),
    sentence: () => {
      throw new Error('not to be asked');
    },
  };
  const health = new Health([well, check('spool', true, false), check('log', false, true), check('disk', true, true)]);
  expect(health.notReady()).toEqual(['log is ill: heal it', 'disk is ill: heal it']);
  expect(health.degraded()).toEqual(['spool is ill: heal it', 'log is ill: heal it', 'disk is ill: heal it']);
  const values = Object.fromEntries(
    HEALTH_METRICS.map(({ name, read }) => [name, read(health).map(([labels, value]) => [labels['check'], value])]),
  );
  expect(values).toEqual({
    winnow_health_degraded: [
      ['well', 0],
      ['spool', 1],
      ['log', 1],
      ['disk', 1],
    ],
    winnow_health_not_ready: [
      ['well', 0],
      ['spool', 0],
      ['log', 1],
      ['disk', 1],
    ],
  });
});
