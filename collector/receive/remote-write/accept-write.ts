// A request of remote write to the pipeline, piece by piece with other work between, and what its sender is answered.
import { setImmediate as turn } from 'node:timers/promises';
import type { Caller } from '../caller.ts';
import { DEFAULT_DEADLINE_MS, wireMessage } from '../limits.ts';
import type { Intake, IntakeAnswer } from '../intake.ts';
import { cutWriteRequest, type WriteCounts } from './cut-request.ts';

export interface WriteAnswer {
  readonly status: 204 | 400 | 413 | 503;
  /** Empty with 204. */
  readonly message: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * 400 where parts were refused: the others are taken, and the sender must not repeat it. 503 with Retry-After where a retry helps: Prometheus
 * repeats a request that was answered 429 only with `retry_on_http_429`, and drops its samples otherwise.
 */
export async function acceptWrite(body: Buffer, version: 1 | 2, intake: Intake, caller: Caller): Promise<WriteAnswer> {
  const request = await cutWriteRequest(body, version, turn);
  if ('problem' in request) {
    intake.refused('metrics', request.problem);
    return { status: request.problem === 'malformed' ? 400 : 413, message: request.message, headers: {} };
  }
  const { pieces, counts } = request;
  const messages = new Set<string>();
  const rejected = { samples: 0, histograms: 0, exemplars: 0 };
  for (const [at, piece] of pieces.entries()) {
    if (at > 0) await turn();
    if (caller.isDisconnected) {
      intake.refused('metrics', 'canceled');
      return { status: 503, message: 'the client has disconnected', headers: {} };
    }
    const encoding = version === 1 ? 'remote_write_1' : 'remote_write_2';
    const common = { signal: 'metrics', transport: 'http', deadlineMs: DEFAULT_DEADLINE_MS } as const;
    const answer = await intake.accept({ ...common, body: piece, encoding, caller });
    if (answer.kind !== 'accepted') return refused(answer);
    if (answer.message !== '') messages.add(answer.message);
    rejected.samples += answer.refused?.samples ?? 0;
    rejected.histograms += answer.refused?.histograms ?? 0;
    rejected.exemplars += answer.refused?.exemplars ?? 0;
  }
  const headers = version === 1 ? {} : writtenHeaders(counts, rejected);
  if (messages.size === 0) return { status: 204, message: '', headers };
  return { status: 400, message: wireMessage([...messages].join('; ')), headers };
}

function refused(answer: Exclude<IntakeAnswer, { readonly kind: 'accepted' }>): WriteAnswer {
  const message = wireMessage(answer.message);
  switch (answer.kind) {
    case 'malformed':
      return { status: 400, message, headers: {} };
    case 'too_large':
      return { status: 413, message, headers: {} };
    case 'busy':
      return {
        status: 503,
        message,
        headers: { 'Retry-After': String(Math.max(1, Math.ceil(answer.retryAfterMs / 1000))) },
      };
  }
}

function writtenHeaders(counts: WriteCounts, rejected: WriteCounts): Record<string, string> {
  return {
    'X-Prometheus-Remote-Write-Samples-Written': String(counts.samples - rejected.samples),
    'X-Prometheus-Remote-Write-Histograms-Written': String(counts.histograms - rejected.histograms),
    'X-Prometheus-Remote-Write-Exemplars-Written': String(counts.exemplars - rejected.exemplars),
  };
}
