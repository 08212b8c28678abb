// What query asks the collector itself: the live ledger, and whether a trace still waits for its decision.
import { LedgerResponse } from '#proto/api/decisions.ts';

/** The collector answers from memory; longer than this it is not there. */
const TIMEOUT_MS = 2000;

export class CollectorLink {
  readonly #url: string;

  /** @param url admin address of the collector, `http://HOST:PORT`. */
  constructor(url: string) {
    this.#url = url;
  }

  /** undefined when the collector cannot be reached. */
  async ledger(): Promise<LedgerResponse | undefined> {
    const body = await this.#get('/ledger');
    return body === undefined ? undefined : LedgerResponse.parse(body);
  }

  async isPending(traceId: string): Promise<boolean> {
    const body = await this.#get(`/pending/${traceId}`);
    return typeof body === 'object' && body !== null && 'pending' in body && body.pending === true;
  }

  async #get(path: string): Promise<unknown> {
    try {
      const response = await fetch(this.#url + path, { signal: AbortSignal.timeout(TIMEOUT_MS) });
      return response.ok ? await response.json() : undefined;
    } catch {
      // Not reachable: the answer is given without the live part, and says so.
      return undefined;
    }
  }
}
