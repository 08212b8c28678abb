// `winnow simulate` and `winnow lint` as one runs them: output lines, their order, and exit codes.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runWinnow } from '#deploy/cli/run-winnow.ts';
import { SimulateResponse } from '#proto/api/simulate.ts';
import { writtenRequest } from '#tests/support/written-trace.ts';

let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'winnow-simulate-'));
  const frames = [
    writtenRequest([{ status: 2 }, { parent: '1' }], 'ff000000000000000000000000000001'),
    writtenRequest([{ parent: '9' }], '0000000000000000000000000000000a'),
    writtenRequest([{}], '00000000000000ffffffffffffffffff'),
  ];
  const framed = frames.flatMap((frame) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(frame.length);
    return [length, frame];
  });
  writeFileSync(join(folder, 'capture.pb.frames'), Buffer.concat(framed));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function winnow(
  command: string,
  yaml: string,
  ...words: string[]
): Promise<{ code: number; out: string; err: string }> {
  writeFileSync(join(folder, 'winnow.yaml'), yaml);
  const texts = { out: '', err: '' };
  const stream = (name: 'out' | 'err') => {
    const through = new PassThrough();
    through.on('data', (chunk: Buffer) => (texts[name] += chunk.toString()));
    return through;
  };
  const context = {
    stdout: stream('out'),
    stderr: stream('err') as unknown as NodeJS.WriteStream,
    env: {},
    signal: new AbortController().signal,
  };
  const code = await runWinnow([command, '--config', join(folder, 'winnow.yaml'), ...words], context);
  return { code, ...texts };
}

const capture = () => join(folder, 'capture.pb.frames');
const rules = (...lines: string[]) => `sampling:\n  rules:\n${lines.map((line) => `    - ${line}\n`).join('')}`;

describe('simulate', () => {
  test('prints one line per trace, sorted by id, with what the contract names', async () => {
    const { code, out } = await winnow(
      'simulate',
      rules('{ name: errors, when: { any: { status: error } }, keep: 100% }', '{ name: rest, keep: 10% }'),
      capture(),
      '--json',
    );
    expect(code).toBe(0);
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      {
        trace_id: '0000000000000000000000000000000a',
        decision: 'drop',
        rule: 'rest',
        threshold: 'e6666666666666',
        weight: null,
        spans: 1,
        trigger: 'timeout',
      },
      {
        trace_id: '00000000000000ffffffffffffffffff',
        decision: 'keep',
        rule: 'rest',
        threshold: 'e6666666666666',
        weight: expect.closeTo(10, 9) as number,
        spans: 1,
        trigger: 'complete',
      },
      {
        trace_id: 'ff000000000000000000000000000001',
        decision: 'keep',
        rule: 'errors',
        threshold: '00000000000000',
        weight: 1,
        spans: 2,
        trigger: 'complete',
      },
    ]);
  });

  test('a trace that no rule matches is dropped with rule null', async () => {
    const { out } = await winnow(
      'simulate',
      rules('{ name: errors, when: { any: { status: error } }, keep: 100% }'),
      capture(),
      '--json',
    );
    expect(JSON.parse(out.split('\n')[0]!)).toMatchObject({
      decision: 'drop',
      rule: null,
      threshold: null,
      weight: null,
    });
  });

  test('without --json a table tells what each rule keeps', async () => {
    const { out } = await winnow('simulate', rules('{ name: rest, keep: 10% }'), capture());
    expect(out).toMatch(/^rule +traces +kept/);
    expect(out).toMatch(/rest +3 +1 \(33\.3%\)/);
  });

  test('a configuration that is not valid ends with 2 and says path, value and remedy', async () => {
    const { code, err } = await winnow('simulate', rules('{ name: a, keep: 150% }'), capture());
    expect(code).toBe(2);
    expect(err).toContain('sampling.rules[0].keep');
    expect(err).toContain('150%');
    expect((await winnow('simulate', 'samplng: {}', capture())).err).toContain('did you mean `sampling`?');
    expect((await winnow('simulate', '', join(folder, 'absent'))).code).toBe(2);
  });
});

describe('simulate with --before', () => {
  const errors = '{ name: errors, when: { any: { status: error } }, keep: 100% }';
  const old = (yaml: string) => {
    writeFileSync(join(folder, 'old.yaml'), yaml);
    return ['--before', join(folder, 'old.yaml')];
  };

  test('tells kept traces, spans and bytes per rule and service on both sides, and what is newly lost and kept', async () => {
    const { code, out } = await winnow(
      'simulate',
      rules(errors),
      ...old(rules('{ name: rest, keep: 10% }')),
      capture(),
      '--json',
    );
    expect(code).toBe(0);
    const told = SimulateResponse.parse(JSON.parse(out));
    expect(told).toMatchObject({ exact: true, services: 'span', basis: { traces: 3, spans: 4 } });
    expect(told.total).toMatchObject({
      before: { received: { traces: 3, spans: 4 }, kept: { traces: 1, spans: 1 } },
      after: { kept: { traces: 1, spans: 2 } },
    });
    expect(told.by_rule.map(({ name, before, after }) => [name, before.kept.traces, after.kept.traces])).toEqual([
      ['rest', 1, 0],
      ['errors', 0, 1],
      ['no rule', 0, 0],
    ]);
    expect(told.newly_lost).toMatchObject({
      traces: 1,
      examples: [
        { trace_id: '00000000000000ffffffffffffffffff', rule_before: 'rest', rule_after: 'no rule', error_count: 0 },
      ],
    });
    expect(told.newly_kept).toMatchObject({
      traces: 1,
      examples: [{ trace_id: 'ff000000000000000000000000000001', error_count: 1, span_count: 2 }],
    });
    expect(told.total.after.kept.bytes).toBeGreaterThan(told.total.before.kept.bytes);
  });

  test('prints tables for people, and equal configurations change nothing', async () => {
    const { out } = await winnow('simulate', rules(errors), ...old(rules('{ name: rest, keep: 10% }')), capture());
    expect(out).toMatch(/^rule +traces kept: before/m);
    expect(out).toMatch(/^total +1 +1 +0 +1 +2 +\+1 \(\+100%\)/m);
    expect(out).toContain('newly lost: 1 trace\n  00000000000000ffffffffffffffffff');
    const same = await winnow('simulate', rules(errors), ...old(rules(errors)), capture());
    expect(same.out).toContain('newly lost: none\n\nnewly kept: none');
  });

  test("compares with a Collector's configuration, too, and refuses a broken one with its own name", async () => {
    const collector = 'processors:\n  tail_sampling:\n    policies: [{ name: all, type: always_sample }]\n';
    const told = SimulateResponse.parse(
      JSON.parse((await winnow('simulate', rules(errors), ...old(collector), capture(), '--json')).out),
    );
    expect(told.total.before.kept.traces).toBe(3);
    const broken = await winnow('simulate', rules(errors), ...old(rules('{ name: a, keep: 150% }')), capture());
    expect([broken.code, broken.err]).toEqual([2, expect.stringMatching(/old\.yaml.*150%/)]);
  });

  test('captures beside --from, and a duration that is none, are wrong usage; a server that is not there is said so', async () => {
    expect((await winnow('simulate', rules(errors), '--from', '127.0.0.1:1', capture())).code).toBe(2);
    expect((await winnow('simulate', rules(errors), '--from', '127.0.0.1:1', '--since', 'soon')).code).toBe(2);
    const away = await winnow('simulate', rules(errors), '--from', '127.0.0.1:1');
    expect([away.code, away.err]).toEqual([1, expect.stringContaining('no Winnow answers on http://127.0.0.1:1 (')]);
  });
});

describe("simulate with a Collector's configuration", () => {
  const block = (...lines: string[]) =>
    `processors:\n  tail_sampling:\n${lines.map((line) => `    ${line}\n`).join('')}`;
  const all = 'policies: [{ name: all, type: always_sample }]';
  const parsed = (out: string) =>
    out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  test('with the gate usetracestate tells threshold, weight and what goes out on every span; without it they are unknown', async () => {
    const half = block('policies: [{ name: half, type: probabilistic, probabilistic: { sampling_percentage: 100 } }]');
    const gated = parsed(
      (
        await winnow(
          'simulate',
          half,
          capture(),
          '--json',
          '--feature-gates',
          '+processor.tailsamplingprocessor.usetracestate',
        )
      ).out,
    );
    expect(gated[2]).toMatchObject({
      threshold: '00000000000000',
      weight: 1,
      tracestates: [
        ['0000000000000001', 'ot=th:0'],
        ['0000000000000002', 'ot=th:0'],
      ],
    });
    expect(parsed((await winnow('simulate', half, capture(), '--json')).out)[2]).toMatchObject({
      decision: 'keep',
      threshold: null,
      weight: null,
    });
  });

  test('a trace above the size is not sampled, an evicted one neither, and shards hold a share each', async () => {
    const sized = parsed(
      (await winnow('simulate', block('maximum_trace_size_bytes: 100', all), capture(), '--json')).out,
    );
    expect(sized.map(({ decision, trigger }) => `${String(decision)} ${String(trigger)}`)).toEqual([
      'keep timeout',
      'keep timeout',
      'drop trace_bytes',
    ]);
    const evicted = parsed((await winnow('simulate', block('num_traces: 2', all), capture(), '--json')).out);
    expect(evicted.map(({ trigger }) => trigger)).toEqual(['timeout', 'timeout', 'memory']);
    const sharded = parsed(
      (await winnow('simulate', block('num_traces: 3', 'num_shards: 3', all), capture(), '--json')).out,
    );
    expect(sharded.filter(({ decision }) => decision === 'keep').length).toBeGreaterThan(0);
  });

  test('what is no gate is refused, gates of other components are passed over', async () => {
    expect(
      (await winnow('simulate', block(all), capture(), '--feature-gates', 'processor.tailsampling.usetracestate')).code,
    ).toBe(2);
    expect(
      (
        await winnow(
          'simulate',
          block(all),
          capture(),
          '--feature-gates',
          'service.profilesSupport,-processor.tailsamplingprocessor.recordpolicy',
        )
      ).code,
    ).toBe(0);
  });
});

describe('lint', () => {
  test('a list that ends with a catch-all has nothing to point out', async () => {
    const { code, out } = await winnow(
      'lint',
      rules('{ name: errors, when: { any: { status: error } }, keep: 100% }', '{ name: rest, keep: 5% }'),
    );
    expect([code, out]).toEqual([0, expect.stringContaining('nothing to point out')]);
  });

  test.each([
    [
      rules('{ name: all, keep: 5% }', '{ name: errors, when: { any: { status: error } }, keep: 100% }'),
      'sampling.rules[1]: rule `errors` is never reached: `all`',
    ],
    [
      rules(
        '{ name: a, when: { spans: 1 }, keep: 5% }',
        '{ name: b, when: { spans: 1 }, keep: 6% }',
        '{ name: c, keep: 1% }',
      ),
      'same conditions',
    ],
    [rules('{ name: errors, when: { any: { status: error } }, keep: 100% }'), 'what matches none is not kept'],
    [
      rules(
        "{ name: a, when: { any: { attributes: { http.status_code: '500' } } }, keep: 5% }",
        '{ name: c, keep: 1% }',
      ),
      'an int never equals a text; write 500 without quotes',
    ],
    [
      rules('{ name: a, when: { any: { name: { matches: GET } } }, keep: 5% }', '{ name: c, keep: 1% }'),
      'it only equals itself',
    ],
    [
      rules("{ name: a, when: { spans: { '>': 5, '<': 3 } }, keep: 5% }", '{ name: c, keep: 1% }'),
      'the rule never matches',
    ],
    ['sampling: { wait: { after_root: 1m } }', 'is longer than max'],
  ])('finding in %j', async (yaml, finding) => {
    const { code, out } = await winnow('lint', yaml);
    expect(code).toBe(1);
    expect(out).toContain(finding);
  });

  test('with captures it names the rules that match nothing there', async () => {
    const { code, out } = await winnow(
      'lint',
      rules('{ name: many, when: { spans: "> 99" }, keep: 100% }', '{ name: rest, keep: 5% }'),
      capture(),
    );
    expect(code).toBe(1);
    expect(out).toContain('rule `many` matches none of the 3 traces');
  });

  test("of a Collector's file it names the traps by where they stand, 2 when it is not valid", async () => {
    const file = (policies: string) => `processors:\n  tail_sampling:\n    policies: ${policies}`;
    const found = await winnow(
      'lint',
      file('[{ name: s, type: latency, latency: { threshold_ms: 5, upper_threshold_ms: 4 } }]'),
    );
    expect([found.code, found.out]).toEqual([
      1,
      expect.stringContaining('processors.tail_sampling.policies[0].latency.upper_threshold_ms: `4` is not above'),
    ]);
    const passed = await winnow(
      'lint',
      file('[{ name: e, type: status_code, status_code: { status_codes: [ERROR] } }]'),
    );
    expect([passed.code, passed.out]).toEqual([0, expect.stringContaining('nothing to point out')]);
    expect((await winnow('lint', file('[{ name: e, type: status }]'))).code).toBe(2);
  });

  test('with captures it names policies that keep or drop nothing there, bursts and budgets below the biggest trace', async () => {
    const policies =
      'tail_sampling: { policies: [{ name: many, type: span_count, span_count: { min_spans: 9 } }, { name: r, type: rate_limiting, rate_limiting: { spans_per_second: 1, burst_capacity: 1 } }] }';
    const { code, out } = await winnow('lint', policies, capture());
    expect([code, out]).toEqual([
      1,
      expect.stringMatching(
        /a burst of 1 spans never lets a larger trace pass, and the biggest of the captures has 2[^]*policy `many` keeps none of the 3 traces/,
      ),
    ]);
    const budget = await winnow(
      'lint',
      'sampling: { budget: { spans_per_second: 1 }, rules: [{ name: rest, keep: 100% }] }',
      capture(),
    );
    expect(budget.out).toContain('`1` is less than the 2 spans of the biggest trace of the captures');
  });
});
