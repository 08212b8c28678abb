// Rules tried on a running Winnow: what is foretold from the decision log and the stored traces, beside what the same rules do to the whole capture.
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { compileConfig } from '#collector/simulate/compile-config.ts';
import { compareRuns } from '#collector/simulate/compare.ts';
import { simulate } from '#collector/simulate/simulate.ts';
import type { SimulatedTrace } from '#collector/simulate/simulate-own.ts';
import { WholeTraces } from '#collector/simulate/whole-traces.ts';
import { readCapture } from '#deploy/replay/read/read-capture.ts';
import { SamplingHitsResponse, SamplingResponse } from '#proto/api/sampling.ts';
import { SimulateResponse, type Amount } from '#proto/api/simulate.ts';
import { RunningWinnow } from '../support/running-winnow.ts';
import { describeWithData, sharedData } from '../support/shared-data.ts';

const WINNOW = fileURLToPath(new URL('../../deploy/cli/winnow.ts', import.meta.url));
const CAPTURE = 'otlp/online-boutique-9min.otlp.pb.frames';
const SPANS = 165_050;
const TIMEOUT_MS = 300_000;
/** A fixed capture and fixed rules: no luck is involved, yet an estimate may be this far off. */
const STANDARD_ERRORS = 4;

const rules = (...lines: string[]): string =>
  `sampling:\n  wait: { quiet: 1s, after_root: 2s, max: 4s }\n  rules:\n${lines.map((line) => `    - ${line}\n`).join('')}`;
const IN_FORCE = rules(
  '{ name: health, when: { spans: 1 }, keep: 0% }',
  "{ name: slow, when: { duration: '> 100ms' }, keep: 50% }",
  '{ name: rest, keep: 20% }',
);
const STRICTER = rules(
  '{ name: one, when: { spans: 1 }, keep: 0% }',
  "{ name: slow, when: { any: { service: cartservice }, duration: '> 100ms' }, keep: 25% }",
  '{ name: others, keep: 10% }',
);
const LOOSER = rules("{ name: slow, when: { duration: '> 50ms' }, keep: 100% }", '{ name: rest, keep: 40% }');

describeWithData('rules tried on a running Winnow', () => {
  let winnow: RunningWinnow;
  const traces = new WholeTraces(SPANS);
  let inForce: SimulatedTrace[] | undefined;

  beforeAll(async () => {
    winnow = await RunningWinnow.start(
      IN_FORCE.replace(/wait: .*/, 'wait: { quiet: 60s, after_root: 100s, max: 120s }'),
    );
    for await (const request of readCapture(sharedData(CAPTURE))) traces.add(Buffer.from(request.bytes));
    await winnow.replay(sharedData(CAPTURE));
    writeFileSync(path.join(winnow.dir, 'winnow.yaml'), IN_FORCE);
    await fetch(`http://${winnow.addresses['admin']}/reload`, { method: 'POST' });
    await winnow.settled();
    // The ledger settles with the spans; the decision log's last rows may be on their way.
    await winnow.until(async () =>
      (await hits()).rules.reduce((sum, rule) => sum + rule.kept + rule.dropped, 0) === 4224 ? true : undefined,
    );
  }, TIMEOUT_MS);
  afterAll(() => winnow.stop());

  async function post(body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`http://${winnow.addresses['http']}/api/simulate`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  }
  async function tried(config: string, more: object = {}): Promise<SimulateResponse> {
    const answer = await post({ config, ...more });
    if (!answer.ok) throw new Error(await answer.text());
    return SimulateResponse.parse(await answer.json());
  }
  async function hits(): Promise<SamplingHitsResponse> {
    return SamplingHitsResponse.parse(await winnow.api('/api/sampling/hits'));
  }
  /** The truth: both configurations on the whole capture. */
  function truth(config: string): SimulateResponse {
    inForce ??= simulate(traces, asOwn(IN_FORCE));
    return compareRuns(traces, inForce, config === IN_FORCE ? inForce : simulate(traces, asOwn(config)));
  }
  const rounded = ({ traces: t, spans, bytes }: Amount): number[] =>
    [t, spans, bytes].map((value) => Math.round(value * 1000) / 1000);

  it(
    'tell before and after as equal for the rules in force, before by the decision log and after from the stored spans',
    async () => {
      const told = await tried(IN_FORCE);
      const { total } = truth(IN_FORCE);
      expect(told.total.before).toEqual(total.before);
      expect(rounded(told.total.after.kept)).toEqual(rounded(total.before.kept));
      expect(told.total.after.kept_error).toEqual({ traces: 0, spans: 0, bytes: 0 });
      expect(told.newly_lost.traces).toBe(0);
      expect(told.basis.traces).toBe(total.before.kept.traces);
    },
    TIMEOUT_MS,
  );

  it(
    'are exact where nothing gets likelier: totals, rules and what is newly lost',
    async () => {
      const [told, real] = [await tried(STRICTER), truth(STRICTER)];
      expect(rounded(told.total.after.kept)).toEqual(rounded(real.total.after.kept));
      for (const name of ['slow', 'others']) {
        expect(rounded(told.by_rule.find((row) => row.name === name)!.after.kept)).toEqual(
          rounded(real.by_rule.find((row) => row.name === name)!.after.kept),
        );
      }
      expect(told.newly_lost.traces).toBe(real.newly_lost.traces);
      // Replay moves times to now; everything else of the examples is the same.
      const timeless = ({ newly_lost: { examples } }: SimulateResponse): object[] =>
        examples.map((example) => ({ ...example, start: '' }));
      expect(timeless(told)).toEqual(timeless(real));
      expect(told.newly_lost.traces).toBeGreaterThan(50);
    },
    TIMEOUT_MS,
  );

  it(
    'are estimated where something gets likelier, within their standard errors, and say what no stored trace stands for',
    async () => {
      const [told, real] = [await tried(LOOSER), truth(LOOSER)];
      expect(told.exact).toBe(false);
      const unseen = real.by_rule.find((row) => row.name === 'health')!.before.received;
      expect(told.basis.unseen).toEqual(unseen);
      expect(told.notes.join()).toContain(
        `${unseen.traces} traces (${unseen.spans} spans) were dropped by rules that keep nothing`,
      );
      // Of the real, those that the rule of 0 % hides from the store: single spans, 40 % of them within the rest.
      const hidden = simulate(traces, asOwn(LOOSER)).filter((trace) => trace.spans === 1 && trace.decision === 'keep');
      const error = told.total.after.kept_error!;
      expect(error.spans).toBeGreaterThan(0);
      expect(Math.abs(told.total.after.kept.traces - (real.total.after.kept.traces - hidden.length))).toBeLessThan(
        STANDARD_ERRORS * error.traces,
      );
      expect(Math.abs(told.total.after.kept.spans - (real.total.after.kept.spans - hidden.length))).toBeLessThan(
        STANDARD_ERRORS * error.spans,
      );
    },
    TIMEOUT_MS,
  );

  it(
    'are tried on an even choice of the stored traces when a limit is given, with larger errors',
    async () => {
      const [few, real] = [await tried(STRICTER, { limit: 300 }), truth(STRICTER)];
      expect(few.basis.traces).toBe(300);
      expect(few.basis.stored).toBe(real.total.before.kept.traces);
      const error = few.total.after.kept_error!;
      expect(Math.abs(few.total.after.kept.traces - real.total.after.kept.traces)).toBeLessThan(
        STANDARD_ERRORS * error.traces,
      );
      expect(Math.abs(few.total.after.kept.spans - real.total.after.kept.spans)).toBeLessThan(
        STANDARD_ERRORS * error.spans,
      );
      expect(few.total.before.kept).toEqual(real.total.before.kept);
    },
    TIMEOUT_MS,
  );

  it(
    'are printed by winnow simulate --from, as tables or as JSON',
    async () => {
      const file = path.join(winnow.dir, 'new.yaml');
      writeFileSync(file, STRICTER);
      const run = async (...words: string[]): Promise<string> =>
        (
          await promisify(execFile)(process.execPath, [
            WINNOW,
            'simulate',
            '--config',
            file,
            '--from',
            `http://${winnow.addresses['http']}`,
            ...words,
          ])
        ).stdout;
      expect(
        SimulateResponse.parse(JSON.parse(await run('--since', '30m', '--limit', '100', '--json'))).total.before
          .received.traces,
      ).toBe(4224);
      const text = await run('--limit', '200');
      expect(text).toMatch(
        /^200 of \d+ stored traces, \d+ spans decided again \(after: estimated, ± standard error\)\n/,
      );
      expect(text).toMatch(/^total +\d+ +\d+ ±\d+ +-\d+ \(-\d+%\)/m);
      expect(text).toContain('service of the root');
      expect(text).toMatch(/^newly lost: \d+ traces, for example$/m);
    },
    TIMEOUT_MS,
  );

  it(
    "of a Collector's configuration are tried, too",
    async () => {
      const policies =
        'processors:\n  tail_sampling:\n    policies: [{ name: slow, type: latency, latency: { threshold_ms: 100 } }]\n';
      const told = await tried(policies, { limit: 200 });
      expect(told.by_rule.map((row) => row.name)).toContain('slow');
      expect(told.total.after.kept.traces).toBeGreaterThan(100);
    },
    TIMEOUT_MS,
  );

  it(
    'begin with those in force, which GET /api/sampling tells completed, with the last reload and what is in the buffer',
    async () => {
      const { config, metrics } = SamplingResponse.parse(await winnow.api('/api/sampling'));
      expect(config).toMatchObject({
        file: path.join(winnow.dir, 'winnow.yaml'),
        hash: expect.stringMatching(/^\w{12}$/) as string,
        last_reload: { errors: [], restart: [] },
      });
      expect(config!.yaml).toContain("{ name: slow, when: { duration: '> 100ms' }, keep: 50% }".replaceAll("'", '"'));
      const compiled = asOwn(config!.yaml);
      expect(truth(IN_FORCE).total.before.kept.traces).toBe(
        simulate(traces, compiled).filter((trace) => trace.decision === 'keep').length,
      );
      const value = (name: string): number | undefined => metrics.find((metric) => metric.name === name)?.value;
      expect([
        value('winnow_buffer_traces'),
        value('winnow_buffer_spans'),
        value('winnow_buffer_oldest_seconds'),
      ]).toEqual([0, 0, 0]);
    },
    TIMEOUT_MS,
  );

  it(
    'have their hits told over time, by rule, service and trigger',
    async () => {
      const told = await hits();
      const { by_rule: real } = truth(IN_FORCE);
      for (const { name, before } of real) {
        const row = told.rules.find((rule) => rule.name === name)!;
        const { traces: kept, spans } = before.kept;
        expect(row).toMatchObject({
          kept,
          kept_spans: spans,
          dropped: before.received.traces - kept,
          dropped_spans: before.received.spans - spans,
        });
        expect(row.kept_by_step.reduce((sum, count) => sum + count, 0)).toBe(kept);
        expect(row.kept_by_step).toHaveLength(told.steps);
      }
      expect(told.services.map((service) => service.name)).toEqual(['frontend']);
      expect(told.triggers.length).toBeGreaterThan(0);
    },
    TIMEOUT_MS,
  );

  it(
    'are refused with path, value and remedy when broken, and from other origins',
    async () => {
      const broken = await post({ config: rules('{ name: a, keep: 150% }') });
      expect(broken.status).toBe(422);
      expect(await broken.json()).toMatchObject({
        error: {
          code: 'BAD_CONFIG',
          errors: [
            { path: 'sampling.rules[0].keep', value: '150%', remedy: expect.stringContaining('percentage') as string },
          ],
        },
      });
      expect((await post({ config: '', since_ms: 5 })).status).toBe(400);
      expect((await post({ config: '' }, { origin: 'https://shop.example' })).status).toBe(403);
      expect((await post({ config: '' }, { 'content-type': 'text/plain' })).status).toBe(403);
    },
    TIMEOUT_MS,
  );
});

function asOwn(text: string): Parameters<typeof simulate>[1] {
  const compiled = compileConfig(text, 'test');
  if (!compiled.ok) throw new Error('a test configuration is broken');
  return compiled.value;
}
