// Services and operations with their rate, errors and duration over a range, from 100 % of the spans.
import type { OperationsResponse, Red, ServicesResponse } from '#proto/api/services.ts';
import { listOf, numberOf, textOf, type Cell, type Database } from '../store/database.ts';
import type { TimeRange } from '../time-range.ts';
import { quantileMs } from './quantile.ts';
import { IN_RANGE } from './range-sql.ts';

/** Points of a sparkline. */
const TREND_POINTS = 30;
/** OTLP SpanKind numbers. */
const KIND_NAMES = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const;
/** Rows of one page; beyond it the busiest are shown. */
const MAX_OPERATIONS = 2000;

/** What a service serves: its SERVER and CONSUMER spans, or all of them when it has none. */
export const SERVED = 'kind IN (2, 5)';
const BUCKETS = 'sumMap(duration_buckets) AS buckets, mapKeys(buckets), mapValues(buckets)';

function red(
  calls: number,
  errors: number,
  sumNs: number,
  bounds: Cell | undefined,
  counts: Cell | undefined,
  seconds: number,
): Red {
  const boundsUs = listOf(bounds).map((cell) => numberOf(cell));
  const spans = listOf(counts).map((cell) => numberOf(cell));
  return {
    calls,
    errors,
    per_second: calls / seconds,
    p50_ms: quantileMs(0.5, boundsUs, spans),
    p95_ms: quantileMs(0.95, boundsUs, spans),
    p99_ms: quantileMs(0.99, boundsUs, spans),
    mean_ms: calls === 0 ? null : sumNs / calls / 1e6,
  };
}

type ServiceRed = ServicesResponse['services'][number];

const secondsOf = (range: TimeRange): number => Number(range.endNs - range.startNs) / 1e9;
const bind = (range: TimeRange): { start: string; end: string } => ({
  start: String(range.startNs),
  end: String(range.endNs),
});

export async function services(db: Database, range: TimeRange): Promise<ServicesResponse> {
  const width = Math.max(1, Math.ceil(secondsOf(range) / TREND_POINTS));
  const [rows, trends] = await Promise.all([
    db.rows(
      `SELECT service, served, sum(calls), sumIf(calls, status = 2), sum(duration_sum_ns), uniqExact(name), ${BUCKETS}
       FROM (SELECT *, ${SERVED} AS served FROM red WHERE ${IN_RANGE}) GROUP BY service, served ORDER BY service, served DESC`,
      bind(range),
    ),
    db.rows(
      `SELECT service, ${SERVED} AS served, intDiv(toUnixTimestamp(time) - intDiv({start:Int64}, 1000000000), {width:Int64}) AS point, sum(calls), sumIf(calls, status = 2)
       FROM red WHERE ${IN_RANGE} GROUP BY service, served, point`,
      { ...bind(range), width },
    ),
  ]);
  const list = new Map<string, ServiceRed & { readonly served: number }>();
  for (const row of rows) {
    const service = textOf(row[0]);
    if (list.has(service)) continue; // its SERVER and CONSUMER spans came first
    list.set(service, {
      service,
      served: numberOf(row[1]),
      ...red(numberOf(row[2]), numberOf(row[3]), numberOf(row[4]), row[7], row[8], secondsOf(range)),
      operations: numberOf(row[5]),
      trend: Array.from({ length: TREND_POINTS }, () => 0),
      error_trend: Array.from({ length: TREND_POINTS }, () => 0),
    });
  }
  for (const [service, served, point, calls, errors] of trends) {
    const found = list.get(textOf(service));
    const at = numberOf(point);
    if (found === undefined || found.served !== numberOf(served) || at < 0 || at >= TREND_POINTS) continue;
    found.trend[at] = numberOf(calls) / width;
    found.error_trend[at] = numberOf(errors) / width;
  }
  const sorted = [...list.values()].toSorted((one, other) => other.calls - one.calls);
  return { services: sorted.map(({ served: _served, ...service }) => service) };
}

export async function operations(db: Database, service: string, range: TimeRange): Promise<OperationsResponse> {
  const rows = await db.rows(
    `SELECT name, kind, sum(calls) AS total, sumIf(calls, status = 2), sum(duration_sum_ns), ${BUCKETS}
     FROM red WHERE ${IN_RANGE} AND service = {service:String} GROUP BY name, kind ORDER BY total DESC LIMIT {limit:UInt32}`,
    { ...bind(range), service, limit: MAX_OPERATIONS },
  );
  return {
    operations: rows.map((row) => ({
      service,
      name: textOf(row[0]),
      kind: KIND_NAMES[numberOf(row[1])] ?? 'unspecified',
      ...red(numberOf(row[2]), numberOf(row[3]), numberOf(row[4]), row[6], row[7], secondsOf(range)),
    })),
  };
}
