// What query asks the collector itself: the live ledger and metrics, the rules in force, and what it knows of a trace.
import { nanosOfMs } from '#proto/model/unix-nano.ts';
import type { z } from 'zod';
import { ConfigInForce, KnownTrace, Samples, type Sample } from '#proto/admin/answers.ts';
import { HealthResponse } from '#proto/api/common.ts';
import { LedgerResponse } from '#proto/api/decisions.ts';
import { RescueResponse, type RescueRequest } from '#proto/api/rescue.ts';

/** The collector answers from memory; longer than this it is not there. */
const TIMEOUT_MS = 2000;

/** Looking through the whole rescue ring takes longer. */
const RESCUE_TIMEOUT_MS = 20_000;

function nanosText(ms: number): string {
  return String(nanosOfMs(Math.max(0, Math.floor(ms))));
}

const KnownTraceInNanos = KnownTrace.omit({ trace_id: true }).transform(
  ({ remembers_since_ms: since, buffered, ...known }) => ({
    ...known,
    buffered: buffered === null ? null : bufferedInNanos(buffered),
    remembers_since: nanosText(since),
  }),
);
export type KnownTraceInNanos = z.infer<typeof KnownTraceInNanos>;

function bufferedInNanos({ first_seen_ms: seenMs, ...buffered }: NonNullable<KnownTrace['buffered']>) {
  return { ...buffered, first_seen: nanosText(seenMs) };
}

const ConfigInNanos = ConfigInForce.transform(({ started_ms: startedMs, last_reload: last, ...config }) => ({
  ...config,
  started_at: nanosText(startedMs),
  last_reload: last === null ? null : reloadInNanos(last),
}));

function reloadInNanos({ at_ms: atMs, ...reload }: NonNullable<ConfigInForce['last_reload']>) {
  return { ...reload, at: nanosText(atMs) };
}

export type RescueAnswer =
  | { readonly kind: 'done'; readonly response: RescueResponse }
  | { readonly kind: 'refused'; readonly status: number; readonly message: string }
  | { readonly kind: 'unreachable' };

export class CollectorLink {
  readonly #url: string;

  /** @param url admin address of the collector, `http://HOST:PORT`. */
  constructor(url: string) {
    this.#url = url;
  }

  get reloadUrl(): string {
    return `${this.#url}/reload`;
  }

  /** undefined when the collector cannot be reached. */
  async ledger(): Promise<LedgerResponse | undefined> {
    const body = await this.#get('/ledger');
    return body === undefined ? undefined : LedgerResponse.parse(body);
  }

  /** What the collector's memory knows of a trace; undefined when it cannot be reached. */
  async trace(traceId: string): Promise<KnownTraceInNanos | undefined> {
    return KnownTraceInNanos.safeParse(await this.#get(`/trace/${traceId}`)).data;
  }

  /** The rules and waits in force, and the last reload. */
  async config(): Promise<z.infer<typeof ConfigInNanos> | undefined> {
    return ConfigInNanos.safeParse(await this.#get('/config')).data;
  }

  /** The collector's own metrics; undefined when it cannot be reached. */
  async samples(): Promise<readonly Sample[] | undefined> {
    return Samples.safeParse(await this.#get('/samples')).data?.samples;
  }

  /** Requests with spans that were refused whole, by reason. */
  async refusals(): Promise<{ reason: string; requests: number }[] | undefined> {
    const samples = await this.samples();
    return samples
      ?.filter(
        ({ name, labels, value }) =>
          name === 'winnow_requests_refused_total' && labels['signal'] === 'traces' && value > 0,
      )
      .map(({ labels, value }) => ({ reason: labels['reason'] ?? '', requests: value }));
  }

  /** What keeps the collector from its work, and what only hinders it; undefined when it cannot be reached. */
  async health(): Promise<{ readonly notReady: readonly string[]; readonly degraded: readonly string[] } | undefined> {
    const [ready, health] = await Promise.all([this.#reasons('/readyz'), this.#reasons('/healthz')]);
    if (ready === undefined || health === undefined) return undefined;
    return { notReady: ready, degraded: health.filter((reason) => !ready.includes(reason)) };
  }

  /** Brings dropped traces back. */
  async rescue(request: RescueRequest): Promise<RescueAnswer> {
    try {
      const response = await fetch(`${this.#url}/rescue`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(request),
        signal: AbortSignal.timeout(RESCUE_TIMEOUT_MS),
      });
      const body: unknown = await response.json();
      if (response.ok) return { kind: 'done', response: RescueResponse.parse(body) };
      const message = typeof body === 'object' && body !== null && 'error' in body ? String(body.error) : '';
      return { kind: 'refused', status: response.status, message };
    } catch {
      return { kind: 'unreachable' };
    }
  }

  /** Of an answer that may be a 503. */
  async #reasons(path: string): Promise<readonly string[] | undefined> {
    try {
      const response = await fetch(this.#url + path, { signal: AbortSignal.timeout(TIMEOUT_MS) });
      const { data } = HealthResponse.safeParse(await response.json());
      return data === undefined ? undefined : (data.reasons ?? []);
    } catch {
      return undefined; // not reachable, or no answer of ours
    }
  }

  async #get(path: string): Promise<unknown> {
    try {
      const response = await fetch(this.#url + path, { signal: AbortSignal.timeout(TIMEOUT_MS) });
      return response.ok ? await response.json() : undefined;
    } catch {
      // Not reachable, or no answer of ours: the answer is given without the live part, and says so.
      return undefined;
    }
  }
}
