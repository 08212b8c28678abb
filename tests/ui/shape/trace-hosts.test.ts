// The hosts of a trace: whose clock was moved, whose was taken as it is, and why.
import { expect, it } from 'vitest';
import type { TraceResponse } from '#proto/api/trace.ts';
import { offsetAxis, offsetPlace, traceHosts } from '#ui/shape/trace-hosts.ts';
import { makeTrace } from '../make-trace.ts';

const resource = (service: string, host: string, name?: string): TraceResponse['resources'][number] => ({
  id: service,
  service,
  host,
  schema_url: '',
  attributes: name === undefined ? [] : [{ key: 'host.name', type: 'string', value: name }],
});

function trace(
  hosts: TraceResponse['summary']['hosts'],
  warnings: TraceResponse['summary']['warning_spans'] = [],
): TraceResponse {
  const made = makeTrace([
    { parent: -1, start: 0, duration: 100 },
    { parent: 0, start: 10, duration: 10 },
    { parent: 0, start: 30, duration: 10 },
    { parent: 0, start: 50, duration: 10 },
  ]);
  return {
    ...made,
    resource: [1, 0, 2, 2],
    resources: [resource('payment', 'id-b', 'node-b'), resource('shop', 'id-a'), resource('ads', 'id-c', 'node-c')],
    summary: { ...made.summary, hosts, warning_spans: warnings },
  };
}

it('begins with the root’s host, calls hosts by their name, and counts their spans', () => {
  const hosts = traceHosts(
    trace([
      { host: 'id-c', offset_ns: 0, error_ns: 0 },
      { host: 'id-b', offset_ns: -3000, error_ns: 650 },
      { host: 'id-a', offset_ns: 0, error_ns: 0 },
    ]),
  );
  expect(hosts.map(({ label, verdict, spans }) => [label, verdict, spans])).toEqual([
    ['id-a', 'reference', 1],
    ['node-b', 'moved', 1],
    ['node-c', 'as it is', 2],
  ]);
});

it('tells a clock that needs nothing from one that nothing fits', () => {
  const made = trace([
    { host: 'id-a', offset_ns: 0, error_ns: 0 },
    { host: 'id-c', offset_ns: 0, error_ns: 0 },
  ]);
  const hosts = traceHosts(trace(made.summary.hosts, [{ kind: 'clock_infeasible', span_id: made.span_id[2] ?? '' }]));
  expect(hosts.map(({ verdict }) => verdict)).toEqual(['reference', 'no fit']);
});

it('lays all offsets with their errors on one axis about zero', () => {
  const hosts = traceHosts(
    trace([
      { host: 'id-a', offset_ns: 0, error_ns: 0 },
      { host: 'id-b', offset_ns: -3000, error_ns: 1000 },
    ]),
  );
  const half = offsetAxis(hosts)!;
  expect(half).toBeGreaterThan(4000);
  expect(offsetPlace(0, half)).toBe(0.5);
  expect(offsetPlace(-4000, half)).toBeGreaterThan(0);
  expect(offsetPlace(-half * 2, half)).toBe(0);
  expect(offsetAxis(traceHosts(trace([{ host: 'id-a', offset_ns: 0, error_ns: 0 }])))).toBeNull();
});
