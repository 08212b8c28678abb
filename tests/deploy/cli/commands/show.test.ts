// `winnow show` over the shared captures: trees, clocks and what is told of them, as other programs read it.
import { Writable } from 'node:stream';
import { expect, it } from 'vitest';
import type { ShownTrace } from '#deploy/cli/show/trace-json.ts';
import { runWinnow } from '#deploy/cli/run-winnow.ts';
import { describeWithData, sharedData } from '../../../support/shared-data.ts';

async function winnow(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  const parts = { out: '', err: '' };
  const into = (name: 'out' | 'err'): Writable =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        parts[name] += chunk.toString();
        done();
      },
    });
  const code = await runWinnow(['show', ...words], {
    stdout: into('out'),
    stderr: into('err') as NodeJS.WriteStream,
    env: {},
    signal: new AbortController().signal,
  });
  return { code, ...parts };
}

async function traces(...words: string[]): Promise<ShownTrace[]> {
  const { code, out, err } = await winnow(...words, '--json');
  expect([code, err]).toEqual([0, '']);
  return out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as ShownTrace);
}

function depth(trace: ShownTrace): number {
  const depths = new Map<string, number>();
  for (const span of trace.spans) depths.set(span.span_id, (depths.get(span.parent_id) ?? 0) + 1);
  return Math.max(...depths.values());
}

describeWithData('winnow show', () => {
  it('adds the offset of its host to every start, and leaves all as it is with --raw', async () => {
    const file = sharedData('jaeger/hotel_load25.jsonl');
    const [trace] = await traces(file);
    const moved = trace!.spans.filter((span) => span.start !== span.raw_start);
    expect(moved.length).toBe(6);
    const offsets = new Set(trace!.hosts.map((host) => host.offset));
    for (const span of moved) expect(offsets).toContain(String(BigInt(span.start) - BigInt(span.raw_start)));
    const [raw] = await traces(file, trace!.trace_id, '--raw');
    expect(raw!.spans.every((span) => span.start === span.raw_start)).toBe(true);
  });

  it('repairs the Zipkin trace whose server starts before its client', async () => {
    const [trace] = await traces(sharedData('zipkin/skew.json'));
    const byId = new Map(trace!.spans.map((span) => [span.span_id, span]));
    const early = trace!.spans.filter((span) => BigInt(span.start) < BigInt(byId.get(span.parent_id)?.start ?? 0));
    expect(early).toEqual([]);
    expect(trace!.warnings.map((warning) => warning.kind)).toEqual(['clock_own_bounds', 'shared_span_id']);
  });

  // Depth as MANIFEST counts it takes a client and server that share an id for one level; here the server is a level of its own.
  for (const [name, spans, levels] of [
    ['skew', 4, 3 + 1],
    ['messaging', 4, 4],
    ['messaging-kafka', 28, 5],
    ['netflix', 8, 3 + 2],
    ['ascend', 8, 3 + 1],
  ] as const) {
    it(`puts zipkin/${name} together as ${spans} spans on ${levels} levels`, async () => {
      const [trace] = await traces(sharedData(`zipkin/${name}.json`));
      expect(trace!.spans.length).toBe(spans);
      expect(trace!.spans.filter((span) => span.synthetic)).toEqual([]);
      expect(depth(trace!)).toBe(levels);
    });
  }

  it('draws a tree with times, bars, clocks and warnings', async () => {
    const { code, out } = await winnow(sharedData('zipkin/skew.json'));
    expect(code).toBe(0);
    expect(out).toMatch(/^trace 00000000000000001e223ff1f80f1c69 {2}4 spans {2}99\.411 ms\n/u);
    expect(out).toContain('clock of serviceb: +65.922 ms ± 0.481 ms');
    expect(out).toContain('warning shared_span_id: span ');
  });

  it('says which file does not hold a trace, and what a trace id is', async () => {
    const file = sharedData('zipkin/skew.json');
    expect(await winnow(file, 'abc')).toMatchObject({
      code: 1,
      err: expect.stringContaining('no trace 00000000000000000000000000000abc in ') as string,
    });
    expect((await winnow(file, 'xyz')).code).toBe(2);
  });
});
