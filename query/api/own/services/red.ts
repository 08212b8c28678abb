// Services and operations with their rate, errors and duration over a range, from 100 % of the spans.
import type { OperationsQuery, OperationsResponse, Red, ServicesResponse } from '#proto/api/services.ts';
import type { OperationSums, ServiceReader, ServiceSums } from '#query/store/services/contract.ts';
import type { TimeRange } from '#query/store/time-range.ts';
import { quantileMs } from './quantile.ts';

/** Points of a sparkline. */
const TREND_POINTS = 30;
/** OTLP SpanKind numbers. */
const KIND_NAMES = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const;
/** Rows of one page; beyond it the busiest are shown. */
const MAX_OPERATIONS = 2000;

function shapeRed(sums: OperationSums | ServiceSums, seconds: number): Red {
  const { total, failed, durationSumNs, boundsUs, counts } = sums;
  return {
    calls: total,
    errors: failed,
    per_second: total / seconds,
    p50_ms: quantileMs(0.5, boundsUs, counts),
    p95_ms: quantileMs(0.95, boundsUs, counts),
    p99_ms: quantileMs(0.99, boundsUs, counts),
    mean_ms: total === 0 ? null : durationSumNs / total / 1e6,
  };
}

type ServiceRed = ServicesResponse['services'][number];

const secondsOf = (range: TimeRange): number => Number(range.endNs - range.startNs) / 1e9;
/** A range that begins before the first span would make every rate less than it was. */
const rateSeconds = (dataSeconds: number, range: TimeRange): number =>
  Math.max(1, Math.min(dataSeconds, secondsOf(range)));

/** What a service serves: its SERVER and CONSUMER spans, or all of them when it has none. */
export async function services(reader: ServiceReader, range: TimeRange): Promise<ServicesResponse> {
  const width = Math.max(1, Math.ceil(secondsOf(range) / TREND_POINTS));
  const [sums, trends, dataSeconds] = await Promise.all([
    reader.services(range),
    reader.trends(range, width),
    reader.dataSeconds(range),
  ]);
  const seconds = rateSeconds(dataSeconds, range);
  const list = new Map<string, { readonly served: boolean; readonly shown: ServiceRed }>();
  for (const one of sums) {
    if (list.has(one.service)) continue; // its SERVER and CONSUMER spans came first
    const shown = {
      service: one.service,
      ...shapeRed(one, seconds),
      served: one.served,
      operations: one.operations,
      trend: Array.from({ length: TREND_POINTS }, () => 0),
      error_trend: Array.from({ length: TREND_POINTS }, () => 0),
    };
    list.set(one.service, { served: one.served, shown });
  }
  for (const { service, served, point, total, failed } of trends) {
    const found = list.get(service);
    if (found === undefined || found.served !== served || point < 0 || point >= TREND_POINTS) continue;
    found.shown.trend[point] = total / width;
    found.shown.error_trend[point] = failed / width;
  }
  const shown = [...list.values()].map((one) => one.shown);
  return { data_seconds: seconds, services: shown.toSorted((one, other) => other.calls - one.calls) };
}

export async function operations(
  reader: ServiceReader,
  { service, contains }: Pick<OperationsQuery, 'service' | 'contains'>,
  range: TimeRange,
): Promise<OperationsResponse> {
  const [{ rows, count }, dataSeconds] = await Promise.all([
    reader.operations({ service, range, limit: MAX_OPERATIONS, contains }),
    reader.dataSeconds(range),
  ]);
  const seconds = rateSeconds(dataSeconds, range);
  return {
    data_seconds: seconds,
    distinct: count,
    operations: rows.map((one) => ({
      service,
      name: one.name,
      kind: KIND_NAMES[one.kind] ?? 'unspecified',
      ...shapeRed(one, seconds),
    })),
  };
}
