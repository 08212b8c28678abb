// A reload of the running system: what `winnow simulate` foretold of the changed rules is what happens, to the trace, with everything
// that waited in the buffer when the rules changed; a broken file changes nothing.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { readTriedConfig } from '#deploy/cli/simulate/tried-config.ts';
import { simulateOwn } from '#collector/simulate/simulate-own.ts';
import { WholeTraces } from '#collector/simulate/whole-traces.ts';
import { readCapture } from '#deploy/replay/read/read-capture.ts';
import { conserved, RunningWinnow } from '../support/running-winnow.ts';
import { describeWithData, sharedData } from '../support/shared-data.ts';
import { storedTraces } from '../support/stored-traces.ts';

const CAPTURE = 'otlp/online-boutique-9min.otlp.pb.frames';
const TIMEOUT_MS = 300_000;
const SPANS = 165_050;
/** Waits longer than the replay: every trace is in the buffer when the rules change. */
const BEFORE = `sampling:
  wait: { quiet: 60s, after_root: 100s, max: 120s }
  rules:
    - { name: errors, when: { any: { status: error } }, keep: 100% }
    - { name: rest, keep: 5% }
`;
const AFTER = `sampling:
  wait: { quiet: 1s, after_root: 2s, max: 4s }
  rules:
    - { name: errors, when: { any: { status: error } }, keep: 50% }
    - { name: slow, when: { duration: '> 100ms' }, keep: 1/3 }
    - { name: carts, when: { services: cartservice }, keep: 10% }
    - { name: others, keep: 2% }
`;

interface Reloaded {
  result: string;
  hash: string;
  errors: string[];
  restart: string[];
}

async function reload(winnow: RunningWinnow, init: RequestInit = {}): Promise<{ status: number; body: Reloaded }> {
  const response = await fetch(`http://${winnow.addresses['admin']}/reload`, { method: 'POST', ...init });
  return { status: response.status, body: (await response.json()) as Reloaded };
}

function configFile(winnow: RunningWinnow): string {
  return path.join(winnow.dir, 'winnow.yaml');
}

async function hashInForce(winnow: RunningWinnow): Promise<string> {
  return /^winnow_config_info\{hash="(\w+)"\} 1$/m.exec(await winnow.metrics())?.[1] ?? '';
}

describeWithData('a reload', () => {
  it('of other rules while everything is buffered does what simulate foretold', { timeout: TIMEOUT_MS }, async () => {
    await using winnow = await RunningWinnow.start(BEFORE);
    expect((await winnow.replay(sharedData(CAPTURE))).code).toBe(0);
    expect((await winnow.ledger()).spans).toMatchObject({ received: SPANS, pending: SPANS });

    writeFileSync(configFile(winnow), AFTER);
    const traces = new WholeTraces(SPANS);
    for await (const request of readCapture(sharedData(CAPTURE))) traces.add(Buffer.from(request.bytes));
    const tried = readTriedConfig(configFile(winnow));
    if (tried.kind !== 'own') throw new Error("the file is not of Winnow's own kind");
    const foretold = simulateOwn(traces, tried.rules);
    // The file watch may have been faster: then the request finds nothing to do.
    const { status, body } = await reload(winnow);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      result: expect.stringMatching(/^(applied|unchanged)$/) as string,
      errors: [],
      restart: [],
    });

    const { spans } = await winnow.settled();
    expect(conserved(spans)).toBe(true);
    expect(spans).toMatchObject({ rejected: 0, dropped: 0 });
    const stored = (await storedTraces(winnow)).map((trace) => `${trace.trace_id} ${trace.span_count}`).toSorted();
    const kept = foretold.filter((trace) => trace.decision === 'keep');
    expect(kept.length).toBeGreaterThan(100);
    expect(stored).toEqual(kept.map((trace) => `${trace.trace_id} ${trace.spans}`).toSorted());
    const metrics = await winnow.metrics();
    for (const rule of ['errors', 'slow', 'carts', 'others']) {
      const out = foretold
        .filter((trace) => trace.decision === 'drop' && trace.rule === rule)
        .reduce((sum, trace) => sum + trace.spans, 0);
      const told =
        new RegExp(`^winnow_spans_sampled_out_total\\{rule="${rule}"\\} (\\d+)$`, 'm').exec(metrics)?.[1] ?? '0';
      expect([rule, Number(told)]).toEqual([rule, out]);
    }
    expect(metrics).toMatch(/^winnow_config_reloads_total\{result="applied"\} 1$/m);
  });

  it(
    'is taken from the file by itself; a broken file, a browser and a GET change nothing',
    { timeout: TIMEOUT_MS },
    async () => {
      await using winnow = await RunningWinnow.start(BEFORE);
      const before = await hashInForce(winnow);
      expect(before).toMatch(/^\w{12}$/);

      writeFileSync(configFile(winnow), BEFORE.replace('5%', '150%'));
      const refused = await reload(winnow);
      expect(refused).toMatchObject({ status: 422, body: { result: 'refused', hash: before } });
      expect(refused.body.errors.join()).toMatch(
        /sampling\.rules\[1\]\.keep .*150%.*write a percentage from 0% to 100%/,
      );
      expect(await hashInForce(winnow)).toBe(before);
      expect(winnow.log).toContain('the rules in force stay');
      expect((await reload(winnow, { headers: { origin: 'https://shop.example' } })).status).toBe(403);
      expect((await reload(winnow, { method: 'GET' })).status).toBe(405);

      writeFileSync(configFile(winnow), `${AFTER}buffer: { max_spans: 5000 }\n`);
      await winnow.until(async () => ((await hashInForce(winnow)) === before ? undefined : true));
      expect(await winnow.metrics()).toMatch(/^winnow_config_reloads_total\{result="applied"\} 1$/m);
      expect((await reload(winnow)).body).toMatchObject({ result: 'unchanged', restart: ['buffer.max_spans'] });
    },
  );

  it(
    'to a budget keeps that much of every window, and its weights stand for the rest',
    { timeout: TIMEOUT_MS },
    async () => {
      await using winnow = await RunningWinnow.start('');
      const budget = 20_000;
      writeFileSync(
        configFile(winnow),
        `sampling: { wait: { quiet: 1s, after_root: 2s, max: 4s }, budget: { spans_per_second: ${budget} } }\n`,
      );
      expect((await reload(winnow)).status).toBe(200);
      const began = performance.now();
      expect((await winnow.replay(sharedData(CAPTURE))).code).toBe(0);
      const { spans } = await winnow.settled();
      const seconds = (performance.now() - began) / 1000;
      expect(conserved(spans)).toBe(true);
      expect(spans).toMatchObject({ received: SPANS, rejected: 0, dropped: 0 });
      expect(spans.stored).toBeGreaterThan(budget);
      expect(spans.stored).toBeLessThan(budget * (seconds + 1));
      const stored = await storedTraces(winnow);
      const estimate = stored.reduce((sum, trace) => sum + trace.span_count * (trace.weight ?? Number.NaN), 0);
      expect(estimate / SPANS).toBeGreaterThan(0.75);
      expect(estimate / SPANS).toBeLessThan(1.25);
    },
  );
});
