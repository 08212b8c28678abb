// Log records from request to rows, from their bytes. All of them, unless `sampling.logs` says otherwise: then each has its weight.
import { TWO_32 } from '#proto/model/halves.ts';
import { NS_PER_MS } from '#proto/model/unix-nano.ts';
import { LOG_RULE, LogSampler, type LogSampling } from './log-sampler.ts';
import { LogRequestIndex, REJECTED_LOGS } from './log-request-index.ts';
import type { IdentityKeeper } from '#collector/rows/identity-keeper.ts';
import type { ResourceMemory } from '#collector/model/span-memory.ts';
import { errorLogTraceId } from './error-log.ts';
import type { IntakeAnswer, IntakeRequest } from '#collector/receive/intake.ts';
import type { SignalLedger } from '#collector/self/ledger.ts';
import type { LogRowContext } from '#collector/store/tables/logs-table.ts';
import type { StoreTables } from '#collector/store/tables/store-tables.ts';

export class LogStage {
  readonly #memory: ResourceMemory;
  readonly #index: LogRequestIndex;
  readonly #ledger: SignalLedger;
  readonly #store: { readonly tables: StoreTables; readonly identities: IdentityKeeper } | undefined;
  readonly #row: LogRowContext = {
    serviceBytes: Buffer.alloc(0),
    weight: 1,
    resourceIdHi: 0,
    resourceIdLo: 0,
    scopeIdHi: 0,
    scopeIdLo: 0,
    receivedHi: 0,
    receivedLo: 0,
  };

  #sampler: LogSampler;
  readonly #onErrorLogs: (traceIds: Uint32Array) => void;

  /** @param store undefined: records are counted and not stored @param onErrorLogs given the trace ids (four words each) that records of severity ERROR or worse of one request name */
  constructor(
    memory: ResourceMemory,
    ledger: SignalLedger,
    sampling: LogSampling,
    store: { readonly tables: StoreTables; readonly identities: IdentityKeeper } | undefined,
    onErrorLogs: (traceIds: Uint32Array) => void = () => {},
  ) {
    this.#onErrorLogs = onErrorLogs;
    this.#memory = memory;
    this.#index = new LogRequestIndex(memory);
    this.#ledger = ledger;
    this.#sampler = new LogSampler(sampling);
    this.#store = store;
  }

  /** Of a reload: holds from the next request on. */
  reconfigure(sampling: LogSampling): void {
    this.#sampler = new LogSampler(sampling);
  }

  accept(request: IntakeRequest, nowMs: number): IntakeAnswer {
    const index = this.#index;
    const malformed = index.index(request.body);
    if (malformed !== undefined) {
      this.#ledger.refuse('malformed');
      return { kind: 'malformed', message: malformed };
    }
    this.#ledger.receive(index.count + index.rejected, request.transport, request.encoding);
    if (index.rejected > 0) this.#ledger.reject(index.rejected, 'time_out_of_range');
    this.#keep(request.body, nowMs);
    return { kind: 'accepted', rejected: index.rejected, message: index.rejected > 0 ? REJECTED_LOGS : '' };
  }

  #keep(body: Buffer, nowMs: number): void {
    const index = this.#index;
    const ledger = this.#ledger;
    let kept = 0;
    const traceIds: number[] = [];
    this.#stampReceipt(nowMs);
    for (let i = 0; i < index.count; i++) {
      const traceIdAt = errorLogTraceId(body, index.start[i]!, index.end[i]!);
      if (traceIdAt >= 0) for (let word = 0; word < 16; word += 4) traceIds.push(body.readUInt32BE(traceIdAt + word));
      const weight = this.#sampler.weigh(body, index.start[i]!, index.end[i]!);
      if (weight === 0) continue;
      kept++;
      if (this.#store !== undefined) this.#append(body, i, weight, nowMs, this.#store);
    }
    if (traceIds.length > 0) this.#onErrorLogs(Uint32Array.from(traceIds));
    if (kept < index.count) ledger.sampleOut(index.count - kept, LOG_RULE);
    if (this.#store === undefined) ledger.drop(kept, 'store_none');
  }

  #stampReceipt(nowMs: number): void {
    const row = this.#row;
    // ns beyond 2^53: hi from the quotient, lo from the remainder, both exact.
    const hi = Math.floor((nowMs * NS_PER_MS) / TWO_32);
    row.receivedHi = hi;
    row.receivedLo = Math.max(0, Math.min(TWO_32 - 1, Math.round(nowMs * NS_PER_MS - hi * TWO_32)));
  }

  /** HOT: per kept record. */
  #append(
    body: Buffer,
    i: number,
    weight: number,
    nowMs: number,
    { tables, identities }: { readonly tables: StoreTables; readonly identities: IdentityKeeper },
  ): void {
    const { resources, scopes, services } = this.#memory;
    const index = this.#index;
    const row = this.#row;
    const resource = index.resource[i]!;
    const scope = index.scope[i]!;
    row.weight = weight;
    row.resourceIdHi = resources.idHi[resource]!;
    row.resourceIdLo = resources.idLo[resource]!;
    row.scopeIdHi = scopes.idHi[scope]!;
    row.scopeIdLo = scopes.idLo[scope]!;
    row.serviceBytes = services.bytesOf(resources.service[resource]!);
    identities.resource(resource, nowMs);
    identities.scope(scope, nowMs);
    tables.logs.append(body, index.start[i]!, index.end[i]!, row);
  }
}
