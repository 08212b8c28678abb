// Asks a running Winnow to try a configuration on what it received.
import { ApiError } from '#proto/api/common.ts';
import { PATHS } from '#proto/api/paths.ts';
import { SimulateResponse, type SimulateRequest } from '#proto/api/simulate.ts';

/** The server gives up earlier than this and says so. */
const TIMEOUT_MS = 150_000;

/** @param server HOST:PORT, or an address with its scheme @throws Error whose message is for people */
export async function askServer(
  server: string,
  request: SimulateRequest,
  signal: AbortSignal,
): Promise<SimulateResponse> {
  const base = /^https?:\/\//.test(server) ? server.replace(/\/+$/, '') : `http://${server}`;
  let response: Response;
  try {
    response = await fetch(base + PATHS.simulate, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request),
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : String(cause);
    throw new Error(
      `no Winnow answers on ${base} (${code}): start it, or say where its query address is with --from HOST:PORT`,
      { cause: error },
    );
  }
  const body: unknown = await response.json().catch(() => undefined);
  const answer = SimulateResponse.safeParse(body).data;
  if (response.ok && answer !== undefined) return answer;
  const error = ApiError.safeParse(body).data?.error;
  throw new Error(
    `${base} answers ${response.status}: ${error?.message ?? 'not a simulation as this version knows it'}${error?.hint === undefined ? '' : ` (${error.hint})`}`,
  );
}
