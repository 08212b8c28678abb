// One trace, as binary columns where the server has them: a large one is here in a tenth of the time that JSON takes.
import { PATHS } from '#proto/api/paths.ts';
import { decodeTraceColumns, TRACE_COLUMNS_TYPE } from '#proto/api/trace-columns.ts';
import type { Answer } from './api.ts';
import { ApiFailure, getAnswer, jsonOf } from './http.ts';

/** The trace, or null where nothing of it is stored. Errors: ApiFailure. */
export async function loadTrace(traceId: string, signal?: AbortSignal): Promise<Answer<'trace'> | null> {
  const path = PATHS.trace.replace(':trace_id', encodeURIComponent(traceId));
  let response: Response;
  try {
    response = await getAnswer(path, `${TRACE_COLUMNS_TYPE}, application/json;q=0.5`, signal);
  } catch (error) {
    if (error instanceof ApiFailure && error.status === 404) return null;
    throw error;
  }
  if (response.headers.get('content-type')?.startsWith(TRACE_COLUMNS_TYPE) !== true)
    return jsonOf<Answer<'trace'>>(response);
  try {
    return decodeTraceColumns(new Uint8Array(await response.arrayBuffer()));
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiFailure(
      response.status,
      `The trace cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
      'Something between the browser and the query server changed or cut it: ask again.',
    );
  }
}
