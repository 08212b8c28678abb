// Duration rules go by corrected clocks, and a trace is put together for that only where an offset between its hosts is in force.
import { expect, test } from 'vitest';
import { compileRules } from '#collector/decide/rules/compile-rules.ts';
import { simulateOwn } from '#collector/simulate/simulate-own.ts';
import { WholeTraces } from '#collector/simulate/whole-traces.ts';
import type { Decision, TraceView } from '#collector/model/trace.ts';
import { HostPairClock } from '#collector/reconstruct/clock/host-pair-clock.ts';
import { Reconstructor } from '#collector/reconstruct/reconstruct.ts';
import { TraceFile } from '#deploy/cli/show/trace-file.ts';
import { traceRequest, type PlainSpan } from '#tests/support/trace-builder.ts';
import { StageUnderTest } from '../../shard/stage-under-test.ts';

const MS = 1_000_000;
const CLIENT = 3;
const SERVER = 2;
const HOUR_NS = 3_600_000_000_000n;
const BASE_NS = 1_700_000_000_000_000_000n;

/** 100 ms on host a; in between 60 ms of work on another host, whose clock is ahead by so much. */
function call(host: string, aheadMs: number): PlainSpan[] {
  return [
    { id: '1', kind: SERVER, host: 'a', start: 0, end: 100 * MS },
    { id: '2', parent: '1', kind: CLIENT, host: 'a', start: 10 * MS, end: 90 * MS },
    { id: '3', parent: '2', kind: SERVER, host, start: (20 + aheadMs) * MS, end: (80 + aheadMs) * MS },
  ];
}

const traceId = (n: number): string => (n + 0x10000).toString(16).padStart(32, '0');

function traces(all: readonly PlainSpan[][]): TraceView[] {
  const file = new TraceFile(all.flat().length);
  for (const [i, spans] of all.entries()) file.add(traceRequest(traceId(i), spans));
  return all.map((_, i) => file.view(traceId(i))!);
}

function rules(duration: string) {
  const compiled = compileRules({ rules: [{ name: 'it', when: { duration }, keep: '100%' }] });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.error));
  return compiled.value;
}

test('durations are corrected once an offset is known, and only traces of its two hosts are put together', () => {
  const [skewed, same, alone] = traces([
    call('b', 50),
    call('c', 0),
    [{ id: '1', kind: SERVER, host: 'b', start: 0, end: 130 * MS }],
  ]);
  const reconstructor = new Reconstructor(new HostPairClock());
  const judge = rules('= 100ms');
  let rebuilt = 0;
  judge.rebuildWith({
    rebuild: (view) => reconstructor.run(view),
    correctedNs(view) {
      if (!reconstructor.mayMove(view)) return undefined;
      rebuilt++;
      reconstructor.link(view);
      return reconstructor.correctedNs(view);
    },
  });
  const decision: Decision = { keep: false, rule: 0, thresholdHi: 0, thresholdLo: 0, weight: 0 };
  const meets = (view: TraceView): boolean => {
    judge.decide(view, decision);
    return decision.keep;
  };
  expect(meets(skewed!)).toBe(false); // 130 ms: nothing is known of its clocks
  reconstructor.observe(same!);
  expect([meets(skewed!), meets(same!), rebuilt]).toEqual([false, true, 0]);
  reconstructor.observe(skewed!);
  expect(decision.correctedNs).toBe(undefined);
  expect([meets(skewed!), rebuilt]).toEqual([true, 1]);
  expect(decision.correctedNs).toBe(100 * MS);
  expect([meets(same!), meets(alone!), rebuilt]).toEqual([true, false, 1]);
});

test('looking first at how far clocks could reach changes no answer, and spares most traces the correction', () => {
  const numbers = Array.from({ length: 400 }, (_, i) => (Math.imul(i + 1, 0x9e3779b1) >>> 0) / 2 ** 32);
  const views = traces(
    numbers.map((part, i) => call(i % 3 === 0 ? 'b' : 'c', Math.round((part - 0.3) * 60) + (i % 3 === 0 ? 25 : 0))),
  );
  for (const bound of ['> 100ms', '<= 101ms', '= 100ms', '> 130ms', '< 99ms', '> 5s']) {
    const reconstructor = new Reconstructor(new HostPairClock());
    const plain = rules(bound);
    const reaching = rules(bound);
    let corrected = 0;
    const correctedNs = (view: TraceView): number | undefined => reconstructor.correctedNs(view);
    plain.rebuildWith({ rebuild: (view) => reconstructor.finish(view), correctedNs });
    reaching.rebuildWith({
      rebuild: (view) => reconstructor.finish(view),
      correctedNs(view) {
        corrected++;
        return correctedNs(view);
      },
      reachNs: (view) => reconstructor.reachNs(view),
    });
    const answers = views.map((view) => {
      reconstructor.observe(view);
      const decision: Decision = { keep: false, rule: 0, thresholdHi: 0, thresholdLo: 0, weight: 0 };
      reaching.decide(view, decision);
      const first = decision.keep;
      plain.decide(view, decision);
      return [first, decision.keep];
    });
    expect(answers.filter(([first, second]) => first !== second)).toEqual([]);
    expect(bound === '> 5s' ? corrected : 0).toBe(0);
  }
});

test('an offset that was forgotten no longer costs anything', () => {
  const file = new TraceFile(40_000);
  const method = new HostPairClock();
  const reconstructor = new Reconstructor(method);
  for (let i = 0; i < 8300; i++)
    file.add(traceRequest(traceId(i), call('b', i === 0 ? 50 : 0), BASE_NS + (i === 0 ? 0n : HOUR_NS)));
  const views = file.ids().map((id) => file.view(id)!);
  expect(reconstructor.mayMove(views[0]!)).toBe(false);
  reconstructor.observe(views[0]!);
  expect(reconstructor.mayMove(views[5]!)).toBe(true);
  for (const view of views.slice(1)) reconstructor.observe(view);
  expect(reconstructor.mayMove(views[5]!)).toBe(false);
});

test('a trace decided alone goes by its own bounds', () => {
  const under = new StageUnderTest(
    "rules: [{ name: quick, when: { duration: '<= 100ms' }, keep: 100% }, { name: rest, keep: 0% }]",
  );
  under.send(traceId(1), call('b', 50));
  under.send(traceId(2), [{ id: '1', kind: SERVER, host: 'b', start: 0, end: 130 * MS }]);
  under.pass(1000);
  expect([...under.kept.keys()]).toEqual([traceId(1)]);
  expect([under.isAccounted, under.pending]).toEqual([true, 0]);
});

test('simulate learns the offsets from all its traces, whichever comes first', () => {
  const bodies = Array.from({ length: 9 }, (_, i) =>
    traceRequest(
      traceId(i),
      i % 2 === 0 ? call('b', 50) : [{ id: '1', kind: SERVER, host: 'b', start: 0, end: 130 * MS }],
    ),
  );
  for (const ordered of [bodies, bodies.toReversed()]) {
    const whole = new WholeTraces(100);
    for (const body of ordered) whole.add(body);
    expect(simulateOwn(whole, rules('<= 100ms')).map(({ decision }) => decision)).toEqual(
      bodies.map((_, i) => (i % 2 === 0 ? 'keep' : 'drop')),
    );
  }
});
