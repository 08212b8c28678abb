// A client that knows exactly what was acknowledged: every span, log record and point has a number of its own, and a request is sent until it is.
import { createClient } from '@clickhouse/client';

const ITEMS_PER_REQUEST = 20;
const AGAIN_AFTER_MS = 50;
const TIMEOUT_MS = 10_000;
const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504]);

interface Kind {
  readonly path: string;
  readonly body: (numbers: readonly number[], nowNs: string) => object;
}

const service = { attributes: [{ key: 'service.name', value: { stringValue: 'exact' } }] };
const hex = (number: number, digits: number): string => number.toString(16).padStart(digits, '0');
const KINDS: readonly Kind[] = [
  {
    path: '/v1/traces',
    body: (numbers, nowNs) => ({
      resourceSpans: [
        {
          resource: service,
          scopeSpans: [
            {
              spans: numbers.map((number) => ({
                traceId: hex(Math.imul(number, 0x9e3779b1) >>> 0, 8) + hex(number, 24),
                spanId: hex(number + 2 ** 40, 16),
                name: 'work',
                kind: 2,
                startTimeUnixNano: nowNs,
                endTimeUnixNano: nowNs,
              })),
            },
          ],
        },
      ],
    }),
  },
  {
    path: '/v1/logs',
    body: (numbers, nowNs) => ({
      resourceLogs: [
        {
          resource: service,
          scopeLogs: [
            { logRecords: numbers.map((number) => ({ timeUnixNano: nowNs, body: { stringValue: `line ${number}` } })) },
          ],
        },
      ],
    }),
  },
  {
    path: '/v1/metrics',
    body: (numbers, nowNs) => ({
      resourceMetrics: [
        {
          resource: service,
          scopeMetrics: [
            {
              metrics: [
                {
                  name: 'exact_gauge',
                  gauge: {
                    dataPoints: numbers.map((number, i) => ({
                      timeUnixNano: nowNs,
                      asDouble: number,
                      attributes: [{ key: 'i', value: { intValue: String(i) } }],
                    })),
                  },
                },
              ],
            },
          ],
        },
      ],
    }),
  },
];

export class ExactSender {
  /** Items acknowledged, the same for each signal when nothing is on its way. */
  acknowledged = 0;
  /** Answers that no client repeats after. */
  readonly refused: string[] = [];
  /** `HOST:PORT` of OTLP over HTTP; may change. */
  address: string;
  #next = 1;
  #isStopping = false;
  #loops: Promise<void>[] = [];

  constructor(address: string) {
    this.address = address;
  }

  /** Sends in so many lines at once until {@link stop}. */
  run(lines = 2): void {
    this.#loops = Array.from({ length: lines }, async () => {
      while (!this.#isStopping) await this.send();
    });
  }

  /** Ends after the requests that are on their way; rejects when one was refused for good. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.#loops);
    if (this.refused.length > 0) throw new Error(`refused for good: ${this.refused.join('; ')}`);
  }

  /** One request of each signal, until each is acknowledged. */
  async send(): Promise<void> {
    const numbers = Array.from({ length: ITEMS_PER_REQUEST }, () => this.#next++);
    const nowNs = `${Date.now()}000000`;
    await Promise.all(KINDS.map((kind) => this.#deliver(kind.path, JSON.stringify(kind.body(numbers, nowNs)))));
    this.acknowledged += numbers.length;
  }

  async #deliver(path: string, body: string): Promise<void> {
    for (;;) {
      try {
        const response = await fetch(`http://${this.address}${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body,
          signal: AbortSignal.timeout(TIMEOUT_MS),
        });
        const text = await response.text();
        if (response.ok) return;
        if (!RETRYABLE.has(response.status)) {
          this.refused.push(`${response.status} ${text.slice(0, 200)}`);
          return;
        }
      } catch {
        // no connection, or no answer: the same request again
      }
      await new Promise((resolve) => setTimeout(resolve, AGAIN_AFTER_MS));
    }
  }
}

export interface StoredItems {
  readonly rows: number;
  readonly distinct: number;
}

/** What is stored of everything that exact senders sent. @param url of ClickHouse, with its secret */
export async function storedItems(
  url: string,
  database = 'winnow',
): Promise<{ spans: StoredItems; logs: StoredItems; points: StoredItems }> {
  const client = createClient({ url, database });
  const ask = async (query: string): Promise<StoredItems> =>
    (await (await client.query({ query, format: 'JSONEachRow' })).json<StoredItems>())[0]!;
  try {
    return {
      spans: await ask('SELECT count()::Float64 AS rows, uniqExact(span_id)::Float64 AS distinct FROM spans'),
      logs: await ask(
        "SELECT count()::Float64 AS rows, uniqExact(body)::Float64 AS distinct FROM logs WHERE body LIKE 'line %'",
      ),
      points: await ask(
        "SELECT count()::Float64 AS rows, uniqExact(value)::Float64 AS distinct FROM samples WHERE id IN (SELECT id FROM series WHERE name = 'exact_gauge')",
      ),
    };
  } finally {
    await client.close();
  }
}
