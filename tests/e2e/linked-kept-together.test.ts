// Linked traces in the running system, with `sampling.linked: producer`: kept together over two hops, stored with the randomness that
// decided, late spans too, and a dropped one is explained by it.
import { expect, it } from 'vitest';
import type { WhyResponse } from '#proto/api/decisions.ts';
import { numbers } from '#tests/collector/shard/stage-load.ts';
import { RunningWinnow } from '../support/running-winnow.ts';
import { storedSpans, storedTraces } from '../support/stored-traces.ts';
import { traceRequest, type PlainSpan } from '../support/trace-builder.ts';

const CHAINS = 60;
const CONFIG =
  'sampling: { wait: { quiet: 300ms, after_root: 1s, max: 2s }, linked: producer, rules: [{ name: all, keep: 40% }] }\n';

it(
  'keeps chains of linked traces whole or not at all, and tells by whose randomness',
  { timeout: 120_000 },
  async () => {
    await using winnow = await RunningWinnow.start(CONFIG);
    const random = numbers(21);
    const id = (): string => Array.from({ length: 4 }, () => random().toString(16).padStart(8, '0')).join('');
    const chains = Array.from({ length: CHAINS }, () => [id(), id(), id()] as const);
    const nowNs = BigInt(Date.now()) * 1_000_000n;
    const send = async (
      spans: (chain: readonly [string, string, string]) => [traceId: string, span: PlainSpan],
    ): Promise<void> => {
      const body = Buffer.concat(
        chains.map((chain) => {
          const [traceId, span] = spans(chain);
          return traceRequest(traceId, [span], nowNs);
        }),
      );
      const answer = await fetch(`http://${winnow.addresses['otlp_http']}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-protobuf' },
        body,
      });
      expect(answer.status).toBe(200);
      await winnow.settled();
    };
    for (const hop of [0, 1, 2] as const) {
      await send((chain) => [
        chain[hop],
        { id: '1', kind: 5, start: 0, end: 5000, ...(hop > 0 && { links: [{ trace: chain[hop - 1]!, span: '1' }] }) },
      ]);
    }
    await send((chain) => [chain[2], { id: '2', parent: '1', start: 10, end: 20 }]);

    const kept = new Set((await storedTraces(winnow)).map((trace) => trace.trace_id));
    const whole = chains.filter((chain) => chain.every((one) => kept.has(one)));
    expect(kept.size).toBe(whole.length * 3);
    expect(whole.length).toBeGreaterThan(CHAINS * 0.2);
    expect(whole.length).toBeLessThan(CHAINS * 0.6);

    const spans = await storedSpans(
      winnow,
      whole.map((chain) => chain[2]),
    );
    expect(spans).toHaveLength(whole.length * 2);
    const producers = new Map(whole.map((chain) => [chain[2], chain[0].slice(18)]));
    expect(spans.map((span) => span.trace_state)).toEqual(
      spans.map((span) => `ot=th:9999999999999a;rv:${producers.get(span.trace_id)}`),
    );

    const [first, , dropped] = chains.find((chain) => !kept.has(chain[0]))!;
    const why = await winnow.api<WhyResponse>(`/api/why/${dropped}`);
    expect(why).toMatchObject({
      state: 'dropped',
      decisions: [{ randomness: first.slice(18), threshold: '9999999999999a' }],
    });
    expect(why.answer).toContain(
      `its randomness R = ${first.slice(18)} (from tracestate, or that of a trace it is linked to) is below the threshold T = 9999999999999a`,
    );
  },
);
