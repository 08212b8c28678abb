// The envelope of every Prometheus API answer, and which HTTP status goes with which kind of error.
import type { Annotations } from '#query/promql/annotations.ts';
import type { PromqlErrorType } from '#query/promql/promql-error.ts';

export const STATUS_OF: Readonly<Record<PromqlErrorType, number>> = {
  bad_data: 400,
  execution: 422,
  canceled: 499,
  timeout: 503,
  internal: 500,
  unavailable: 500,
  not_found: 404,
};

export const TRUNCATED = 'results truncated due to limit';

export interface Success {
  readonly status: 'success';
  readonly data: unknown;
  readonly warnings?: readonly string[];
  readonly infos?: readonly string[];
}

export interface Failure {
  readonly status: 'error';
  readonly errorType: PromqlErrorType;
  readonly error: string;
}

/** Empty lists of warnings and infos are left out. */
export function success(data: unknown, warnings: readonly string[] = [], infos: readonly string[] = []): Success {
  return {
    status: 'success',
    data,
    ...(warnings.length > 0 ? { warnings } : {}),
    ...(infos.length > 0 ? { infos } : {}),
  };
}

/** @param further warnings that are not about the evaluation */
export function annotated(
  data: unknown,
  annotations: Annotations,
  truncated: boolean,
  further: readonly string[],
): Success {
  const warnings = [...annotations.shown('warning'), ...(truncated ? [TRUNCATED] : []), ...further];
  return success(data, warnings, annotations.shown('info'));
}

export function failure(errorType: PromqlErrorType, error: string): Failure {
  return { status: 'error', errorType, error };
}
