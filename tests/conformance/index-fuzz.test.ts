// Every recorded hostile or odd request comes out of the index as listed beside it.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { REJECTIONS } from '#collector/assemble/span-columns.ts';
import { RequestIndex } from '#collector/assemble/request-index.ts';
import { createSpanMemory } from '#collector/model/span-memory.ts';
import { otlpType } from '#tests/support/otlp-proto.ts';
import { describeWithData, sharedData } from '#tests/support/shared-data.ts';

interface Case {
  file: string;
  expect: string;
  why: string;
}

const folder = 'fuzz/otlp-pb-derived';
const request = otlpType('opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest');

describeWithData('hostile trace requests', () => {
  const cases = JSON.parse(readFileSync(sharedData(`${folder}/index.json`), 'utf8')) as Case[];
  const index = new RequestIndex(createSpanMemory(16, 1));

  it('finds the recorded cases', () => {
    expect(cases.length).toBeGreaterThanOrEqual(79);
  });

  describe.each(cases)('$file ($why)', ({ file, expect: outcome }) => {
    it(`comes out as ${outcome}`, () => {
      const body = readFileSync(sharedData(`${folder}/${file}`));
      expect(allowed(outcome)).toContain(outcomeOf(body));
    });
  });

  function outcomeOf(body: Buffer): string {
    const problem = index.index(body);
    if (problem !== undefined)
      return /^malformed protobuf at byte \d+: ./.test(problem) && index.count === 0 ? 'reject' : `unclear: ${problem}`;
    if (index.rejectedCount > 0) return index.count === 0 && index.rejectedCount === 1 ? 'reject-span' : 'partly';
    const isRoot = (index.columns.parentHi[0]! | index.columns.parentLo[0]!) === 0;
    return index.count === 1 && isRoot ? 'accept-as-root' : 'accept';
  }

  it('takes every span of what it accepts', () => {
    const accepted = cases.filter(({ expect: outcome }) => /^accept(?!-or-reject)/.test(outcome));
    for (const { file } of accepted) {
      const body = readFileSync(sharedData(`${folder}/${file}`));
      index.index(body);
      expect([file, index.count]).toEqual([file, spansOf(body)]);
    }
  });

  it('names why each span was refused', () => {
    const reasons = (file: string): string[] => {
      index.index(readFileSync(sharedData(`${folder}/${file}`)));
      return REJECTIONS.filter((_reason, at) => index.rejected[at]! > 0);
    };
    expect(reasons('20-trace-id-15-bytes.pb')).toEqual(['bad_trace_id']);
    expect(reasons('22-trace-id-zero.pb')).toEqual(['bad_trace_id']);
    expect(reasons('25-span-id-7-bytes.pb')).toEqual(['bad_span_id']);
    expect(reasons('34-time-max-u64.pb')).toEqual(['time_out_of_range']);
    expect(reasons('35-time-2^63.pb')).toEqual(['time_out_of_range']);
  });

  it('survives every truncation and every single bit flip of a small request', () => {
    const body = readFileSync(sharedData(`${folder}/54-link-bad-ids.pb`));
    for (let length = 0; length < body.length; length++) index.index(body.subarray(0, length));
    for (let bit = 0; bit < body.length * 8; bit++) {
      const flipped = Buffer.from(body);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      index.index(flipped);
    }
    expect(index.index(body)).toBeUndefined();
  });
});

/** What a listed outcome allows; a lone root span is accepted as one whatever the case is about. */
function allowed(outcome: string): string[] {
  if (outcome === 'accept-as-root' || outcome === 'reject' || outcome === 'reject-span') return [outcome];
  if (outcome === 'accept-or-reject-span') return ['accept', 'accept-as-root', 'reject-span'];
  return outcome.startsWith('accept')
    ? ['accept', 'accept-as-root']
    : ['accept', 'accept-as-root', 'reject-span', 'partly', 'reject'];
}

function spansOf(body: Buffer): number {
  const decoded = request.toObject(request.decode(body), { arrays: true }) as {
    resourceSpans: { scopeSpans: { spans: unknown[] }[] }[];
  };
  return decoded.resourceSpans.flatMap((group) => group.scopeSpans.flatMap((scope) => scope.spans)).length;
}
