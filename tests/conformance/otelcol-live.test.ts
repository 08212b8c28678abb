// The recorded decisions of the real tail_sampling processor, through the running pipeline's trace stage: one tick, the same traces kept.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { frames } from '#tests/support/frames.ts';
import { PolicyStage } from '#tests/support/policy-stage.ts';
import { describeWithData, sharedData } from '#tests/support/shared-data.ts';
import { traceByTrace } from '#tests/support/trace-by-trace.ts';

const SPAN_CAPACITY = 200_000;
/** What the Collector silently takes for something else than was written is refused here. */
const STRICTER: ReadonlySet<string> = new Set([
  'config-error-33-syn',
  'config-error-35-syn',
  'config-error-39-syn',
  'config-error-50-syn',
  'numeric-attribute-30-syn',
  'string-attribute-41-syn',
]);

interface Case {
  id: string;
  type: string;
  capture: string;
  config: string;
  gates: string[];
  outcome: 'ok' | 'config_error' | 'crash';
  policies?: Record<string, number>;
  dropped_too_early?: number;
}
interface Kept {
  id: string;
  kept?: string[];
  dropped?: string[];
}
interface Live {
  readonly kept: Set<string>;
  readonly evicted: Set<string>;
  readonly named: Record<string, number>;
}

function lines<T>(name: string): T[] {
  return readFileSync(sharedData(`expected/tail_sampling/${name}`), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
}

/** Types whose answers depend on how spans came together, on other traces of the tick, or on limits; of the others a few cases stand for all. */
const LIVE_TYPES: ReadonlySet<string> = new Set([
  'engine',
  'span_ingest',
  'bytes_limiting',
  'rate_limiting',
  'composite',
  'usetracestate',
  'wild',
  'drop',
  'precedence',
  'first_match',
]);
const OTHERS_OF_A_TYPE = 3;

function chosen(cases: readonly Case[]): Case[] {
  const seen = new Map<string, number>();
  return cases.filter(({ type, capture }) => {
    seen.set(type, (seen.get(type) ?? 0) + 1);
    return LIVE_TYPES.has(type) || (capture.startsWith('synthetic') && seen.get(type)! <= OTHERS_OF_A_TYPE);
  });
}

const captures = new Map<string, { readonly id: string; readonly body: Buffer }[]>();

function tracesOf(capture: string): { readonly id: string; readonly body: Buffer }[] {
  const known = captures.get(capture) ?? traceByTrace(frames(`otlp/${capture}`));
  captures.set(capture, known);
  return known;
}

/** The case as Winnow's own file holds it: the block verbatim at its top. Errors in words when it is refused. */
function run({ config, capture, gates }: Case): Live | string {
  let stage: PolicyStage;
  try {
    stage = new PolicyStage(config, gates.length > 0 ? [`--feature-gates=${gates.join(',')}`] : [], SPAN_CAPACITY);
  } catch (error) {
    return String(error);
  }
  for (const { body } of tracesOf(capture)) stage.sendBody(body);
  stage.settle();
  if (stage.failures.length > 0 || !stage.stage.shard.ledger.isBalanced())
    throw new Error(`${config}: ${String(stage.failures[0])}`);
  const live: Live = { kept: new Set(), evicted: new Set(), named: {} };
  for (const { id, kept, rule, trigger } of stage.decisions) {
    if (trigger === 'memory') live.evicted.add(id);
    if (!kept) continue;
    const policy = rule.split('/')[0]!;
    if (!live.kept.has(id)) live.named[policy] = (live.named[policy] ?? 0) + 1;
    live.kept.add(id);
  }
  return live;
}

describeWithData("a Collector's policies in the running pipeline", () => {
  test('keep the traces that the Collector keeps, by the same policies', { timeout: 180_000 }, () => {
    const keptOf = new Map(lines<Kept>('kept.jsonl').map((kept) => [kept.id, kept]));
    const wrong: string[] = [];
    const counted = { equal: 0, refused: 0, evicting: 0 };
    for (const one of chosen(lines<Case>('cases.jsonl'))) {
      const live = run(one);
      if (typeof live === 'string') {
        if (one.outcome === 'ok' && !STRICTER.has(one.id)) wrong.push(`${one.id}: ${live}`);
        else counted.refused++;
        continue;
      }
      const expected = keptOf.get(one.id);
      const dropped = new Set(expected?.dropped ?? []);
      const wanted = new Set(
        expected?.kept ??
          tracesOf(one.capture)
            .map(({ id }) => id)
            .filter((id) => !dropped.has(id)),
      );
      const more = [...live.kept].filter((id) => !wanted.has(id));
      const fewer = [...wanted].filter((id) => !live.kept.has(id));
      const told = `${one.id}: ${more.length} more, ${fewer.length} fewer than ${wanted.size}; named ${JSON.stringify(live.named)}, there ${JSON.stringify(one.policies)}`;
      const sameNames =
        one.policies === undefined ||
        Object.entries(live.named).every(([name, count]) => one.policies?.[name] === count);
      if (more.length + fewer.length === 0 && sameNames) counted.equal++;
      // Where the Collector forgets the oldest undecided, they are decided early here.
      else if (live.evicted.size > 0 && fewer.length === 0 && more.every((id) => live.evicted.has(id)))
        counted.evicting++;
      else wrong.push(told);
    }
    expect(wrong).toEqual([]);
    expect(counted.equal).toBeGreaterThan(counted.evicting * 10);
  });
});
