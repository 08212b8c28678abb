// A trace stage on a virtual clock whose rows go to a real ClickHouse.
import type { ClickHouseClient } from '@clickhouse/client';
import { parse } from 'yaml';
import { compileRules, type RulesConfig } from '#collector/decide/rules/compile-rules.ts';
import { RuleDecider } from '#collector/decide/rules/rule-decider.ts';
import { createSpanMemory } from '#collector/model/span-memory.ts';
import { rawClocks } from '#collector/reconstruct/reconstruct.ts';
import { IdentityKeeper, WrittenIdentities } from '#collector/rows/identity-keeper.ts';
import { TraceKeeper } from '#collector/rows/trace-keeper.ts';
import { Ledger } from '#collector/self/ledger.ts';
import { TraceStage } from '#collector/shard/trace-stage.ts';
import { insertBlock } from '#collector/store/insert-block.ts';
import { StoreTables } from '#collector/store/tables/store-tables.ts';
import type { TraceRow } from '#collector/store/tables/traces-table.ts';
import { traceRequest, type PlainSpan } from './trace-builder.ts';

const STEP_MS = 100;

export class StoredStage {
  readonly tables = new StoreTables();
  readonly ledger = new Ledger();
  nowMs = Date.now();
  readonly #stage: TraceStage;
  #blocks = 0;

  /** @param onSummary is given each row of `traces` */
  constructor(onSummary: (row: TraceRow) => void) {
    const rules = compileRules(parse('rules: [{ name: everything, keep: 100% }]') as RulesConfig);
    if (!rules.ok) throw new Error(JSON.stringify(rules.error));
    const memory = createSpanMemory(100_000, 3);
    const { traces, resources, scopes, spans, links, decisions } = this.tables;
    const append = (row: TraceRow): void => {
      traces.append(row);
      onSummary(row);
    };
    const tables = { resources, scopes, spans, links, decisions, traces: { append } };
    const identities = new IdentityKeeper(memory, new WrittenIdentities(this.tables, () => this.nowMs));
    this.#stage = new TraceStage({
      shard: {
        quietMs: 100,
        afterRootMs: 200,
        maxMs: 400,
        maxBytes: 2 ** 28,
        spansPerTrace: 50_000,
        bytesPerTrace: 2 ** 26,
        traceCapacity: 20_000,
        seed: 7,
      },
      memory,
      decisionMemoryBytes: 2 ** 25,
      red: { capacity: 1000, boundsMs: [1, 10] },
      decider: new RuleDecider(rules.value),
      clocks: rawClocks,
      sink: new TraceKeeper(memory, tables, identities, () => this.nowMs, { noteDecided: () => undefined }),
      ledger: this.ledger.traces,
      onFailure: (error) => {
        throw error;
      },
    });
  }

  send(traceId: string, spans: readonly PlainSpan[]): void {
    const body = traceRequest(traceId, spans);
    const answer = this.#stage.accept({ body, transport: 'grpc', encoding: 'protobuf' }, this.nowMs);
    if (answer.kind !== 'accepted') throw new Error(answer.message);
  }

  /** Time passes, and what is due is decided. */
  pass(ms: number): void {
    for (let passed = 0; passed < ms; passed += STEP_MS) {
      this.nowMs += STEP_MS;
      while (this.#stage.shard.tick(this.nowMs, 500));
    }
  }

  /** Stores the rows that have gathered. */
  async store(client: ClickHouseClient): Promise<void> {
    for (const table of this.tables.all) {
      const block = table.cutBlock(Math.floor(Date.now() / 1000));
      if (block !== undefined)
        await insertBlock(client, block.table, block.columns, Buffer.from(block.bytes), `block-${++this.#blocks}`);
    }
  }
}
