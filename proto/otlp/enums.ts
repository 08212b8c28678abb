// The enums of OTLP, once: their numbers, and the words that Winnow shows and reads for them.
// opentelemetry-proto trace/v1, metrics/v1, logs/v1; a test compares them with the files in proto/opentelemetry.

/** Span.SpanKind. Another number counts as unspecified. */
export const KIND_UNSPECIFIED = 0;
export const KIND_SERVER = 2;
export const KIND_CLIENT = 3;
export const KIND_PRODUCER = 4;
export const KIND_CONSUMER = 5;
/** Words by number. */
export const SPAN_KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const;

/** Status.StatusCode. Another number counts as unset. */
export const STATUS_UNSET = 0;
export const STATUS_ERROR = 2;
/** Words by number. */
export const STATUS_CODES = ['unset', 'ok', 'error'] as const;

/** AggregationTemporality. */
export const TEMPORALITY_DELTA = 1;
export const TEMPORALITY_CUMULATIVE = 2;

/** Least SeverityNumber of each range of four; `none` is beyond the greatest. */
export const SEVERITIES = { trace: 1, debug: 5, info: 9, warn: 13, error: 17, fatal: 21, none: 25 } as const;
/** Greater numbers are no severities. */
export const MAX_SEVERITY = SEVERITIES.none - 1;

/** The type of a value as it is stored: the number of the field of AnyValue that holds it. */
export const VALUE_UNSET = 0;
export const VALUE_STRING = 1;
export const VALUE_BOOL = 2;
export const VALUE_INT = 3;
export const VALUE_DOUBLE = 4;
export const VALUE_ARRAY = 5;
export const VALUE_KVLIST = 6;
export const VALUE_BYTES = 7;
/** Words by number. */
export const VALUE_TYPES = ['unset', 'string', 'bool', 'int', 'double', 'array', 'kvlist', 'bytes'] as const;
