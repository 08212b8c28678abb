// The fields of Prometheus' remote write messages, once: the tag of each (number and wire type).
// 1.0: https://prometheus.io/docs/specs/prw/remote_write_spec/ (prometheus.WriteRequest);
// 2.0: https://prometheus.io/docs/specs/prw/remote_write_spec_2_0/ (io.prometheus.write.v2.Request). Both name a histogram's fields alike.
import { WIRE_BYTES, WIRE_FIXED64, WIRE_VARINT } from '../wire/wire-type.ts';

const varint = (field: number): number => field * 8 + WIRE_VARINT;
const fixed64 = (field: number): number => field * 8 + WIRE_FIXED64;
const bytes = (field: number): number => field * 8 + WIRE_BYTES;

export const WRITE_REQUEST = { timeseries: bytes(1), metadata: bytes(3) } as const;
export const TIME_SERIES = { labels: bytes(1), samples: bytes(2), exemplars: bytes(3), histograms: bytes(4) } as const;
export const LABEL = { name: bytes(1), value: bytes(2) } as const;
export const EXEMPLAR = { labels: bytes(1), value: fixed64(2), timestamp: varint(3) } as const;
export const METRIC_METADATA = { type: varint(1), familyName: bytes(2), help: bytes(4), unit: bytes(5) } as const;

export const REQUEST_V2 = { symbols: bytes(4), timeseries: bytes(5) } as const;
/** `labelsRefs` may come as one number or packed. */
export const TIME_SERIES_V2 = {
  labelsRefs: bytes(1),
  labelsRef: varint(1),
  samples: bytes(2),
  histograms: bytes(3),
  exemplars: bytes(4),
  metadata: bytes(5),
} as const;
export const EXEMPLAR_V2 = {
  labelsRefs: bytes(1),
  labelsRef: varint(1),
  value: fixed64(2),
  timestamp: varint(3),
} as const;
export const METADATA_V2 = { type: varint(1), helpRef: varint(3), unitRef: varint(4) } as const;

/** `startTimestamp` is of 2.0. */
export const SAMPLE = { value: fixed64(1), timestamp: varint(2), startTimestamp: varint(3) } as const;

/** Buckets of integer histograms are deltas (`…Deltas`), of float ones counts (`…Counts`). `startTimestamp` is of 2.0. */
export const HISTOGRAM = {
  countInt: varint(1),
  countFloat: fixed64(2),
  sum: fixed64(3),
  schema: varint(4),
  zeroThreshold: fixed64(5),
  zeroCountInt: varint(6),
  zeroCountFloat: fixed64(7),
  negativeSpans: bytes(8),
  negativeDeltas: bytes(9),
  negativeDelta: varint(9),
  negativeCounts: bytes(10),
  negativeCount: fixed64(10),
  positiveSpans: bytes(11),
  positiveDeltas: bytes(12),
  positiveDelta: varint(12),
  positiveCounts: bytes(13),
  positiveCount: fixed64(13),
  resetHint: varint(14),
  timestamp: varint(15),
  customValues: bytes(16),
  customValue: fixed64(16),
  startTimestamp: varint(17),
} as const;
export const BUCKET_SPAN = { offset: varint(1), length: varint(2) } as const;

/** By the number of MetricType, which both versions give alike; the names are those of the metadata API. */
export const METRIC_TYPES = [
  '',
  'counter',
  'gauge',
  'histogram',
  'gaugehistogram',
  'summary',
  'info',
  'stateset',
] as const;
