// Asks the server to try rules on what was received. A refusal of the rules is an answer, too: each mistake with its place.
import type { ApiError } from '#proto/api/common.ts';
import { PATHS } from '#proto/api/paths.ts';
import type { SimulateResponse } from '#proto/api/simulate.ts';
import type { BodyOf } from './api.ts';
import { ApiFailure } from './http.ts';

type ConfigMistake = NonNullable<ApiError['error']['errors']>[number];
export type TriedRules =
  | { readonly kind: 'done'; readonly response: SimulateResponse }
  | { readonly kind: 'refused'; readonly mistakes: readonly ConfigMistake[] };

/** @throws ApiFailure when it cannot be tried for another reason than its mistakes */
export async function tryRules(config: string, sinceMs: number, signal: AbortSignal): Promise<TriedRules> {
  const asked: BodyOf<'simulate'> = { config, since_ms: sinceMs };
  let response: Response;
  try {
    response = await fetch(PATHS.simulate, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(asked),
      signal,
    });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new ApiFailure(0, 'The query server does not answer.', 'Is it running? `npm start` brings up all parts.');
  }
  if (response.ok) return { kind: 'done', response: await answerOf<SimulateResponse>(response) };
  const error = await errorOf(response);
  if (error?.errors !== undefined) return { kind: 'refused', mistakes: error.errors };
  throw new ApiFailure(response.status, error?.message ?? `The server answered ${response.status}.`, error?.hint ?? '');
}

/** What the server holds to its type. */
async function answerOf<T>(response: Response): Promise<T> {
  return response.json();
}

/** undefined where the answer is none of ours, as of a proxy. */
async function errorOf(response: Response): Promise<ApiError['error'] | undefined> {
  const body = await answerOf<ApiError | null>(response).catch(() => null);
  return body?.error;
}
