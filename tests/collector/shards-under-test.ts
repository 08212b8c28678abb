// Several trace stages of one process on a virtual clock, with one budget, floor and rates: traces go to them by partition.
import { parse } from 'yaml';
import { partitionOf, shardOf } from '#collector/assemble/partition.ts';
import { compileRules, type RulesConfig } from '#collector/decide/compile-rules.ts';
import { sharedDeciders } from '#collector/decide/rule-decider.ts';
import { MS_PER_STEP, StageUnderTest, type KeptPart, type SamplerUnderTest } from './stage-under-test.ts';

const SPAN_CAPACITY = 20_000;

export class ShardsUnderTest implements SamplerUnderTest {
  /** By trace, of all shards. */
  readonly kept = new Map<string, KeptPart[]>();
  readonly #stages: readonly StageUnderTest[];

  constructor(yaml: string, shards: number) {
    const rules = Array.from({ length: shards }, () => {
      const compiled = compileRules(parse(yaml) as RulesConfig);
      if (!compiled.ok) throw new Error(JSON.stringify(compiled.error));
      return compiled.value;
    });
    this.#stages = sharedDeciders(rules).map((decider) => new StageUnderTest(yaml, {}, undefined, SPAN_CAPACITY, { decider, kept: this.kept }));
  }

  get nowMs(): number {
    return this.#stages[0]!.nowMs;
  }

  get isAccounted(): boolean {
    return this.#stages.every(({ stage }) => stage.shard.ledger.isBalanced());
  }

  get pending(): number {
    return this.#stages.reduce((sum, { stage }) => sum + stage.shard.ledger.pending, 0);
  }

  get late(): number {
    return this.#stages.reduce((sum, { stage }) => sum + stage.shard.ledger.late, 0);
  }

  /** Shards that were sent anything. */
  get busyShards(): number {
    return this.#stages.filter(({ stage }) => stage.shard.ledger.received > 0).length;
  }

  sendBody(body: Buffer, traceId: string): void {
    const words = [0, 8, 16, 24].map((at) => Number.parseInt(traceId.slice(at, at + 8), 16));
    const shard = shardOf(partitionOf(words[0]!, words[1]!, words[2]!, words[3]!), this.#stages.length);
    this.#stages[shard]!.sendBody(body);
  }

  pass(ms: number): void {
    for (let passed = 0; passed < ms; passed += MS_PER_STEP) for (const stage of this.#stages) stage.pass(MS_PER_STEP);
  }
}
