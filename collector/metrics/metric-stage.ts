// Metric points from request to rows of Prometheus' model: of OTLP and of remote write. A point becomes one or more rows; the ledger counts points.
import { isRemoteWrite, type IntakeAnswer, type IntakeRequest } from '#collector/receive/intake.ts';
import { AckQueue } from '#collector/self/ack-queue.ts';
import type { AwaitedPoints, PointTable } from '#collector/self/block-account.ts';
import type { SignalLedger } from '#collector/self/ledger.ts';
import type { StoreTables } from '#collector/store/tables/store-tables.ts';
import { MetricsTranslator } from './metrics-translator.ts';
import { isStaleHistogram } from './remote-write/read-histogram.ts';
import { RemoteWriteTranslator, type RemoteWriteRows } from './remote-write/translate.ts';

export class MetricStage implements AwaitedPoints {
  readonly #translator = new MetricsTranslator();
  readonly #remoteWrite = new RemoteWriteTranslator();
  readonly #ledger: SignalLedger;
  readonly #tables: StoreTables | undefined;
  /** Points wait for the rows of one table: native histograms for theirs. */
  readonly #acks: Readonly<Record<PointTable, AckQueue>>;

  /** @param tables undefined: points are counted and not stored */
  constructor(ledger: SignalLedger, tables: StoreTables | undefined) {
    this.#ledger = ledger;
    this.#tables = tables;
    const queue = (): AckQueue =>
      new AckQueue((points, lossReason) => {
        if (lossReason === '') ledger.stored += points;
        else ledger.drop(points, lossReason);
      });
    this.#acks = { samples: queue(), histograms: queue() };
  }

  accept(request: IntakeRequest, nowMs: number): IntakeAnswer {
    if (isRemoteWrite(request.encoding))
      return this.#write(request, request.encoding === 'remote_write_1' ? 1 : 2, nowMs);
    const rows = this.#translator.translate(request.body, nowMs);
    if (typeof rows === 'string') return this.#malformed(rows);
    this.#ledger.receive(rows.points, request.transport, request.encoding);
    if (rows.rejected > 0) this.#ledger.reject(rows.rejected, 'not_representable');
    const accepted = rows.points - rows.rejected;
    const tables = this.#tables;
    if (tables === undefined) {
      this.#ledger.drop(accepted, 'store_none');
    } else {
      for (const row of rows.series) tables.series.append(row);
      for (const row of rows.samples) {
        if (row.stale) tables.samples.appendStale(row.idHi, row.idLo, row.tsMs, row.startMs);
        else tables.samples.append(row.idHi, row.idLo, row.tsMs, row.value, row.startMs);
      }
      for (const row of rows.exemplars) tables.exemplars.append(row);
      this.appended('samples', rows.samples.length);
      this.await('samples', accepted);
    }
    return { kind: 'accepted', rejected: rows.rejected, message: rows.message };
  }

  #write({ body, transport, encoding }: IntakeRequest, version: 1 | 2, nowMs: number): IntakeAnswer {
    const rows = this.#remoteWrite.translate(body, version, nowMs);
    if (typeof rows === 'string') return this.#malformed(rows);
    const { refused } = rows;
    const rejected = refused.samples + refused.histograms;
    this.#ledger.receive(rows.points, transport, encoding);
    if (rejected > 0) this.#ledger.reject(rejected, 'not_representable');
    if (this.#tables === undefined) this.#ledger.drop(rows.points - rejected, 'store_none');
    else this.#append(rows, this.#tables);
    return { kind: 'accepted', rejected, message: rows.problems.join('; '), refused };
  }

  /** HOT: per sample. */
  #append(rows: RemoteWriteRows, tables: StoreTables): void {
    for (const row of rows.series) tables.series.append(row);
    const { ids, values, timesMs, startTimesMs, length } = rows.samples;
    for (let at = 0; at < length; at++)
      tables.samples.appendBits(
        ids[2 * at]!,
        ids[2 * at + 1]!,
        timesMs[at]!,
        values[2 * at]!,
        values[2 * at + 1]!,
        startTimesMs[at]!,
      );
    this.appended('samples', length);
    let stale = 0;
    for (const row of rows.histograms) {
      if (isStaleHistogram(row)) {
        tables.samples.appendStale(row.idHi, row.idLo, row.timeMs, row.startMs);
        stale++;
      } else tables.histograms.append(row);
    }
    this.appended('samples', stale);
    this.appended('histograms', rows.histograms.length - stale);
    for (const row of rows.exemplars) tables.exemplars.append(row);
    this.await('samples', length + stale);
    this.await('histograms', rows.histograms.length - stale);
  }

  #malformed(message: string): IntakeAnswer {
    this.#ledger.refuse('malformed');
    return { kind: 'malformed', message };
  }

  /** Points whose rows are not yet in the store. */
  get awaited(): number {
    return this.#acks.samples.awaited + this.#acks.histograms.awaited;
  }

  awaitedOf(table: PointTable): number {
    return this.#acks[table].awaited;
  }

  /** So many points wait for all rows appended to the table until now. */
  await(table: PointTable, points: number): void {
    this.#acks[table].await(points);
  }

  /** Rows were appended to the table (by others too: all of them count). */
  appended(table: PointTable, rows: number): void {
    this.#acks[table].appended(rows);
  }

  /** Rows left the table: stored, or given up for `lossReason`. */
  done(table: PointTable, rows: number, lossReason = ''): void {
    this.#acks[table].done(rows, lossReason);
  }
}
