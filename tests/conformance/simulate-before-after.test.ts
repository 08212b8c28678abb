// See before you ship: what `winnow simulate --before OLD --config NEW` prints for a capture is what the running system really keeps of it,
// under the old rules and after the reload to the new ones: traces and spans per rule, spans per service, and which traces change sides.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import type { TraceSummary } from '#proto/api/search.ts';
import { SimulateResponse, type ComparedRow } from '#proto/api/simulate.ts';
import { RunningWinnow } from '../support/running-winnow.ts';
import { describeWithData, sharedData } from '../support/shared-data.ts';
import { storedTraces } from '../support/stored-traces.ts';

const WINNOW = fileURLToPath(new URL('../../deploy/cli/winnow.ts', import.meta.url));
const CAPTURE = 'otlp/online-boutique-9min.otlp.pb.frames';
const SPANS = 165_050;
const TIMEOUT_MS = 300_000;
/** Longer than the replay: everything waits in the buffer, whole, until the rules are reloaded with short waits. */
const LONG = '  wait: { quiet: 60s, after_root: 100s, max: 120s }\n';
const SHORT = '  wait: { quiet: 1s, after_root: 2s, max: 4s }\n';
const OLD = `  rules:
    - { name: errors, when: { any: { status: error } }, keep: 100% }
    - { name: slow, when: { duration: '> 100ms' }, keep: 20% }
    - { name: rest, keep: 5% }
`;
const NEW = OLD.replace("'> 100ms' }, keep: 20%", "'> 50ms' }, keep: 10%");

/** What a Winnow keeps of the capture that starts with OLD and is reloaded to `rules` while all is buffered. */
async function really(rules: string): Promise<TraceSummary[]> {
  await using winnow = await RunningWinnow.start(`sampling:\n${LONG}${OLD}`);
  expect((await winnow.replay(sharedData(CAPTURE))).code).toBe(0);
  expect((await winnow.ledger()).spans).toMatchObject({ received: SPANS, pending: SPANS });
  writeFileSync(path.join(winnow.dir, 'winnow.yaml'), `sampling:\n${SHORT}${rules}`);
  const answer = await fetch(`http://${winnow.addresses['admin']}/reload`, { method: 'POST' });
  expect(answer.status).toBe(200);
  await winnow.settled();
  return await storedTraces(winnow); // before Winnow is stopped
}

async function printed(): Promise<SimulateResponse> {
  const dir = mkdtempSync(path.join(tmpdir(), 'winnow-simulate-'));
  const [before, after] = [path.join(dir, 'old.yaml'), path.join(dir, 'new.yaml')];
  writeFileSync(before, `sampling:\n${OLD}`);
  writeFileSync(after, `sampling:\n${NEW}`);
  const { stdout } = await promisify(execFile)(process.execPath, [
    WINNOW,
    'simulate',
    '--config',
    after,
    '--before',
    before,
    sharedData(CAPTURE),
    '--json',
  ]);
  rmSync(dir, { recursive: true });
  return SimulateResponse.parse(JSON.parse(stdout));
}

function keptSpans(rows: readonly ComparedRow[], side: 'before' | 'after'): Record<string, number> {
  return Object.fromEntries(
    rows.map((row): [string, number] => [row.name, row[side].kept.spans]).filter(([, spans]) => spans > 0),
  );
}

function spansBy(
  traces: readonly TraceSummary[],
  parts: (trace: TraceSummary) => readonly (readonly [string, number])[],
): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [name, spans] of traces.flatMap(parts)) sums[name] = (sums[name] ?? 0) + spans;
  return sums;
}

describeWithData('a changed rule', () => {
  it(
    'is foretold by simulate to the span, per rule and service, as it comes about after the reload',
    { timeout: TIMEOUT_MS },
    async () => {
      const told = await printed();
      const real = { before: await really(OLD), after: await really(NEW) };
      expect(told.exact).toBe(true);
      expect(told.total.before.received).toMatchObject({ traces: 4224, spans: SPANS });
      for (const side of ['before', 'after'] as const) {
        const stored = real[side];
        expect(told.total[side].kept).toMatchObject({
          traces: stored.length,
          spans: stored.reduce((sum, trace) => sum + trace.span_count, 0),
        });
        expect(keptSpans(told.by_rule, side)).toEqual(spansBy(stored, (trace) => [[trace.rule, trace.span_count]]));
        expect(keptSpans(told.by_service, side)).toEqual(
          spansBy(stored, (trace) => trace.services.map(({ service, spans }) => [service, spans])),
        );
      }
      const [before, after] = [
        new Set(real.before.map((trace) => trace.trace_id)),
        new Set(real.after.map((trace) => trace.trace_id)),
      ];
      expect(told.newly_lost.traces).toBe([...before].filter((id) => !after.has(id)).length);
      expect(told.newly_kept.traces).toBe([...after].filter((id) => !before.has(id)).length);
      expect(told.newly_lost.traces).toBeGreaterThan(10);
      for (const example of told.newly_lost.examples)
        expect([before.has(example.trace_id), after.has(example.trace_id)]).toEqual([true, false]);
      for (const example of told.newly_kept.examples)
        expect([before.has(example.trace_id), after.has(example.trace_id)]).toEqual([false, true]);
    },
  );
});
