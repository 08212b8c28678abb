// All Alertmanagers: each alert goes to every one of them, by a queue of its own, so that a slow one holds up no other.
import type { Log } from '#proto/log/log.ts';
import type { ActiveAlert, RuleLabels } from '#query/rules/model.ts';
import { AlertQueue, type SendBatch } from './alert-queue.ts';
import { generatorUrl, postableAlert } from './postable-alert.ts';
import { alertsUrl, type AlertmanagerAddress } from './send-alerts.ts';

export interface AlertmanagersOptions {
  readonly senderOf: (address: AlertmanagerAddress) => SendBatch;
  readonly log: Log;
  /** A monotonic clock, ms. */
  readonly elapsedMs: () => number;
  /** Resolves after so many ms. */
  readonly wait: (ms: number) => Promise<void>;
}

/** What alerts get on their way. */
export interface AlertSettings {
  readonly addresses: readonly AlertmanagerAddress[];
  readonly externalLabels: RuleLabels;
  readonly externalUrl: string;
}

interface Entry {
  /** What of the configuration says how it is reached. */
  readonly address: string;
  readonly queue: AlertQueue;
}

export class Alertmanagers {
  readonly #o: AlertmanagersOptions;
  #settings: AlertSettings = { addresses: [], externalLabels: new Map(), externalUrl: '' };
  /** By the address that alerts are posted to. */
  #entries: ReadonlyMap<string, Entry> = new Map();

  constructor(options: AlertmanagersOptions) {
    this.#o = options;
  }

  /** In the order of the configuration. */
  get queues(): readonly AlertQueue[] {
    return [...this.#entries.values()].map(({ queue }) => queue);
  }

  /** Those that are reached as before keep their queues; of those that are gone what waits is sent for so long. */
  configure(settings: AlertSettings, closeMs: number): void {
    this.#settings = settings;
    const before = new Map(this.#entries);
    const entries = new Map<string, Entry>();
    for (const one of settings.addresses) {
      const url = alertsUrl(one);
      if (entries.has(url)) continue;
      const address = JSON.stringify(one);
      const known = before.get(url);
      if (known?.address === address) {
        entries.set(url, known);
        before.delete(url);
      } else {
        const { log, elapsedMs } = this.#o;
        entries.set(url, { address, queue: new AlertQueue({ url, send: this.#o.senderOf(one), log, elapsedMs }) });
      }
    }
    this.#entries = entries;
    for (const { queue } of before.values()) void queue.close(this.#o.wait, closeMs);
  }

  /** @param query the rule's expression */
  send(query: string, alerts: readonly ActiveAlert[]): void {
    if (alerts.length === 0 || this.#entries.size === 0) return;
    const { externalUrl, externalLabels } = this.#settings;
    const url = generatorUrl(externalUrl, query);
    const postable = alerts.map((alert) => postableAlert(alert, url, externalLabels));
    for (const { queue } of this.#entries.values()) queue.add(postable);
  }

  /** Sends what waits, for so long at most. */
  async close(withinMs: number): Promise<void> {
    await Promise.all(this.queues.map((queue) => queue.close(this.#o.wait, withinMs)));
  }
}
