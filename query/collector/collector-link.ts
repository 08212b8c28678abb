// What query asks the collector itself: the live ledger and metrics, the rules in force, and what it knows of a trace.
import { z } from 'zod';
import { LedgerResponse } from '#proto/api/decisions.ts';
import { RescueResponse, type RescueRequest } from '#proto/api/rescue.ts';
import { parseMetrics, type MetricSample } from './parse-metrics.ts';

/** The collector answers from memory; longer than this it is not there. */
const TIMEOUT_MS = 2000;

/** Looking through the whole rescue ring takes longer. */
const RESCUE_TIMEOUT_MS = 20_000;

const msToNs = z.number().transform((ms) => String(BigInt(Math.max(0, Math.floor(ms))) * 1_000_000n));

/** GET /trace/<id> of the admin address. */
const KnownTrace = z
  .object({
    pending: z.boolean(),
    remembered: z
      .object({ decision: z.enum(['kept', 'dropped']), rule: z.string(), threshold: z.string().nullable() })
      .nullable(),
    remembers_since_ms: msToNs,
    rejected: z.array(z.string()),
    rescuable: z.boolean().nullable(),
  })
  .transform(({ remembers_since_ms: since, ...known }) => ({ ...known, remembers_since: since }));
export type KnownTrace = z.infer<typeof KnownTrace>;

/** GET /config of the admin address. */
const SamplingConfig = z
  .object({
    yaml: z.string(),
    hash: z.string(),
    file: z.string(),
    started_ms: msToNs,
    last_reload: z
      .object({
        at_ms: msToNs,
        asked: z.enum(['file', 'request']),
        result: z.enum(['applied', 'unchanged', 'refused']),
        errors: z.array(z.string()),
        restart: z.array(z.string()),
      })
      .transform(({ at_ms: at, ...reload }) => ({ ...reload, at }))
      .nullable(),
  })
  .transform(({ started_ms: startedAt, ...config }) => ({ ...config, started_at: startedAt }));
export type SamplingConfig = z.infer<typeof SamplingConfig>;

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
  async trace(traceId: string): Promise<KnownTrace | undefined> {
    return KnownTrace.safeParse(await this.#get(`/trace/${traceId}`)).data;
  }

  /** The rules and waits in force, and the last reload. */
  async config(): Promise<SamplingConfig | undefined> {
    return SamplingConfig.safeParse(await this.#get('/config')).data;
  }

  /** The collector's own metrics; undefined when it cannot be reached. */
  async metrics(): Promise<readonly MetricSample[] | undefined> {
    const text = await this.#text('/metrics');
    return text === undefined ? undefined : parseMetrics(text);
  }

  /** Requests with spans that were refused whole, by reason. */
  async refusals(): Promise<{ reason: string; requests: number }[] | undefined> {
    const samples = await this.metrics();
    return samples
      ?.filter(
        ({ name, labels, value }) =>
          name === 'winnow_requests_refused_total' && labels['signal'] === 'traces' && value > 0,
      )
      .map(({ labels, value }) => ({ reason: labels['reason'] ?? '', requests: value }));
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

  async #get(path: string): Promise<unknown> {
    const text = await this.#text(path);
    try {
      return text === undefined ? undefined : (JSON.parse(text) as unknown);
    } catch {
      return undefined;
    }
  }

  async #text(path: string): Promise<string | undefined> {
    try {
      const response = await fetch(this.#url + path, { signal: AbortSignal.timeout(TIMEOUT_MS) });
      return response.ok ? await response.text() : undefined;
    } catch {
      // Not reachable: the answer is given without the live part, and says so.
      return undefined;
    }
  }
}
