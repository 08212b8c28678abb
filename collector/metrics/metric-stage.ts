// Metric points from request to Prometheus-model rows. A point becomes one or more samples; the ledger counts points.
import { MetricsTranslator } from './metrics-translator.ts';
import type { IntakeAnswer, IntakeRequest } from '#collector/receive/intake.ts';
import { AckQueue } from '#collector/self/ack-queue.ts';
import type { SignalLedger } from '#collector/self/ledger.ts';
import type { StoreTables } from '#collector/store/tables/store-tables.ts';

export class MetricStage {
  readonly #translator = new MetricsTranslator();
  readonly #ledger: SignalLedger;
  readonly #tables: StoreTables | undefined;
  readonly #acks: AckQueue;

  /** @param tables undefined: points are counted and not stored */
  constructor(ledger: SignalLedger, tables: StoreTables | undefined) {
    this.#ledger = ledger;
    this.#tables = tables;
    this.#acks = new AckQueue((points, lossReason) => {
      if (lossReason === '') ledger.stored += points;
      else ledger.drop(points, lossReason);
    });
  }

  accept(request: IntakeRequest, nowMs: number): IntakeAnswer {
    const rows = this.#translator.translate(request.body, nowMs);
    if (typeof rows === 'string') {
      this.#ledger.refuse('malformed');
      return { kind: 'malformed', message: rows };
    }
    this.#ledger.receive(rows.points, request.transport, request.encoding);
    if (rows.rejected > 0) this.#ledger.reject(rows.rejected, 'not_representable');
    const taken = rows.points - rows.rejected;
    const tables = this.#tables;
    if (tables === undefined) {
      this.#ledger.drop(taken, 'store_none');
    } else {
      for (const row of rows.series) tables.series.append(row);
      for (const row of rows.samples) {
        if (row.stale) tables.samples.appendStale(row.idHi, row.idLo, row.tsMs, row.startMs);
        else tables.samples.append(row.idHi, row.idLo, row.tsMs, row.value, row.startMs);
      }
      for (const row of rows.exemplars) tables.exemplars.append(row);
      this.appended(rows.samples.length);
      this.#acks.await(taken);
    }
    return { kind: 'accepted', rejected: rows.rejected, message: rows.message };
  }

  /** Points whose samples are not yet in the store. */
  get awaited(): number {
    return this.#acks.awaited;
  }

  /** So many points of an earlier life wait for all sample rows appended until now. */
  await(points: number): void {
    this.#acks.await(points);
  }

  /** Sample rows were appended to the table (by others too: all of them count). */
  appended(rows: number): void {
    this.#acks.appended(rows);
  }

  /** Sample rows left the table: stored, or given up for `lossReason`. */
  done(rows: number, lossReason = ''): void {
    this.#acks.done(rows, lossReason);
  }
}
