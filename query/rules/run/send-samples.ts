// One remote write request to the collector, through the door that others use: what it acknowledges is in its write-ahead log.
import { compress } from 'snappy';
import type { RuleSample } from '#query/rules/model.ts';
import type { SendOutcome } from './sample-queue.ts';
import { writeRequest } from './write-request.ts';

/** Longer than the collector holds an answer. */
const TIMEOUT_MS = 30_000;
const MAX_RETRY_AFTER_MS = 30_000;

/** @param receiver HOST:PORT of the collector's HTTP receiver */
export async function sendSamples(receiver: string, samples: readonly RuleSample[]): Promise<SendOutcome> {
  try {
    const answer = await fetch(`http://${receiver}/api/v1/write`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request',
        'content-encoding': 'snappy',
        'x-prometheus-remote-write-version': '2.0.0',
        'user-agent': 'Winnow rules',
      },
      body: new Uint8Array(await compress(Buffer.from(writeRequest(samples)))),
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const message = (await answer.text()).trim();
    if (answer.ok) return { kind: 'accepted', refused: 0, message: '' };
    if (answer.status < 500 && answer.status !== 429) {
      const written = ['samples', 'histograms'].map((what) =>
        Number(answer.headers.get(`x-prometheus-remote-write-${what}-written`) ?? 0),
      );
      const refused = samples.length - written.reduce((sum, count) => sum + count, 0);
      return { kind: 'accepted', refused, message: `${answer.status} ${message}` };
    }
    const seconds = Number(answer.headers.get('retry-after') ?? 0);
    const retryAfterMs = Number.isFinite(seconds) ? Math.min(MAX_RETRY_AFTER_MS, seconds * 1000) : undefined;
    return { kind: 'away', message: `${answer.status} ${message}`, retryAfterMs };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return { kind: 'away', message: cause instanceof Error ? cause.message : String(cause) };
  }
}
