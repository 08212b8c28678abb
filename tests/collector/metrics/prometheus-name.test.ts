// Names as Prometheus' OTLP endpoint gives them.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labelName, metricName, unitName } from '#collector/metrics/prometheus-name.ts';

describe('metric names', () => {
  it.each([
    ['http.server.request.duration', 's', 'other', 'http_server_request_duration_seconds'],
    ['http.server.requests', '{request}', 'counter', 'http_server_requests_total'],
    ['system.cpu.time', 's', 'counter', 'system_cpu_time_seconds_total'],
    ['cpu.seconds.total', 's', 'counter', 'cpu_seconds_total'],
    ['total.requests', '', 'counter', 'requests_total'],
    ['memory.usage', 'By', 'gauge', 'memory_usage_bytes'],
    ['memory.usage_bytes', 'By', 'gauge', 'memory_usage_bytes'],
    ['network.speed', 'MBy/s', 'gauge', 'network_speed_megabytes_per_second'],
    ['speed', '{packet}/m', 'gauge', 'speed_per_minute'],
    ['cpu.utilization', '1', 'gauge', 'cpu_utilization_ratio'],
    ['cpu.utilization', '1', 'counter', 'cpu_utilization_total'],
    ['fill', '%', 'gauge', 'fill_percent'],
    ['a--b__c', '', 'gauge', 'a_b_c'],
    ['9lives', '', 'gauge', '_9lives'],
    ['job:rate', '', 'gauge', 'job:rate'],
    ['größe', '', 'gauge', 'gr_e'],
    ['odd', 'k£/s', 'gauge', 'odd_k_per_second'],
  ] as const)('%s in %s as %s is %s', (name, unit, kind, expected) =>
    expect(metricName(name, unit, kind)).toBe(expected),
  );

  it('are in the classic character set whatever is sent', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), fc.string({ unit: 'binary' }), (name, unit, key) => {
        expect(metricName(name, unit, 'counter')).toMatch(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/);
        expect(key === '' || /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(labelName(key))).toBe(true);
      }),
    );
  });
});

it.each([
  ['http.method', 'http_method'],
  ['9x', 'key_9x'],
  ['_x', 'key_x'],
  ['__x', '__x'],
  ['a..b', 'a__b'],
])('label %s is %s', (key, expected) => expect(labelName(key)).toBe(expected));

it.each([
  ['s', 'seconds'],
  ['By/s', 'bytes_per_second'],
  ['{thing}', ''],
  ['', ''],
])('unit %s is %s', (unit, expected) => expect(unitName(unit)).toBe(expected));
