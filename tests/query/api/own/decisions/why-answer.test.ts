// Each state of a trace, from what is known of it.
import { describe, expect, it } from 'vitest';
import type { DecisionRow } from '#proto/api/decisions.ts';
import { whyAnswer, type WhyFacts } from '#query/api/own/decisions/why-answer.ts';

const NOW_MS = 1_800_000_000_000;
const HOUR_MS = 3_600_000;
const ns = (ms: number): string => String(BigInt(ms) * 1_000_000n);
const ID = '000000000000000001d0000000000000';

function row(more: Partial<DecisionRow> = {}): DecisionRow {
  return {
    trace_id: ID,
    decided_at: ns(NOW_MS - HOUR_MS),
    decision: 'kept',
    rule: 'errors',
    trigger: 'complete',
    threshold: 'c0000000000000',
    randomness: 'd0000000000000',
    weight: 4,
    root_service: 'web',
    root_name: 'GET /',
    start: ns(NOW_MS - HOUR_MS),
    duration_ns: 5,
    span_count: 3,
    bytes: 300,
    error_count: 1,
    root_present: true,
    missing_parents: 0,
    ...more,
  };
}
const known = (more: object = {}): WhyFacts['collector'] => ({
  pending: false,
  buffered: null,
  remembered: null,
  remembers_since: ns(NOW_MS - HOUR_MS),
  rejected: [],
  rescuable: null,
  ...more,
});
function answer(more: Partial<WhyFacts>): ReturnType<typeof whyAnswer> {
  return whyAnswer({ decisions: [], stored: null, collector: known(), refusals: [], ...more }, NOW_MS);
}
const stored = { spans: 3, late_spans: 0 };

describe('a kept trace', () => {
  it('tells rule, trigger, R, T, what it stands for and that it was whole', () => {
    const told = answer({ decisions: [row()], stored });
    expect(told.state).toBe('kept');
    expect(told.answer).toBe(
      'Kept by rule “errors”, decided when it was whole and quiet: R = d0000000000000 is at least T = c0000000000000, and it stands for 4 traces. It had 3 spans and 1 error, and was whole.',
    );
  });
  it("that a Collector's policy kept tells no threshold, and a weight only where it is known", () => {
    expect(answer({ decisions: [row({ threshold: '100000000000000' })], stored }).answer).toContain(
      'without a threshold, and it stands for 4 traces.',
    );
    expect(answer({ decisions: [row({ threshold: '100000000000000', weight: 0 })], stored }).answer).toContain(
      'and how many it stands for is not known.',
    );
  });
  it('tells a missing root, missing parents and late spans', () => {
    const decisions = [
      row({ trigger: 'late', span_count: 2, root_present: true }),
      row({ trigger: 'timeout', root_present: false, missing_parents: 2 }),
    ];
    expect(answer({ decisions, stored: { spans: 5, late_spans: 2 } }).answer).toMatch(
      /at the end of the longest wait.*without its root and with 2 parents missing\. 2 late spans were added\.$/,
    );
  });
  it('is on its way while the store lacks it shortly after the decision, and expired long after', () => {
    expect(answer({ decisions: [row({ decided_at: ns(NOW_MS - 2000) })] })).toMatchObject({
      state: 'kept',
      answer: expect.stringContaining('on its way to the store') as string,
    });
    expect(answer({ decisions: [row()] })).toMatchObject({
      state: 'expired',
      answer: expect.stringContaining('past retention') as string,
    });
  });
  it('is kept when it is stored and its decision is older than the log', () => {
    expect(answer({ stored })).toMatchObject({
      state: 'kept',
      answer: expect.stringContaining('older than the decision log') as string,
    });
  });
  it("that was brought back for others' sake stands for none", () => {
    const back = row({ rule: 'rescue:link', trigger: 'rescue', threshold: '100000000000000', weight: 0 });
    expect(answer({ decisions: [back, row({ decision: 'dropped', rule: 'rest' })], stored }).answer).toContain(
      'Kept by rule “rescue:link”, decided when it was brought back, without a threshold, and it stands for none: others stand for it already.',
    );
  });
  it('stays kept when it was dropped first and rescued', () => {
    expect(
      answer({ decisions: [row({ rule: 'rescue:late-error' }), row({ decision: 'dropped', rule: 'rest' })], stored }),
    ).toMatchObject({ state: 'kept', answer: expect.stringContaining('rescue:late-error') as string });
  });
});

describe('a dropped trace', () => {
  const dropped = row({ decision: 'dropped', rule: 'rest', threshold: 'f0000000000000', weight: 0 });
  it('tells rule and R below T', () => {
    const told = answer({ decisions: [dropped] });
    expect(told.state).toBe('dropped');
    expect(told.answer).toBe(
      'Rule “rest” did not keep it, decided when it was whole and quiet: its randomness R = d0000000000000 is below the threshold T = f0000000000000. It had 3 spans and 1 error, and was whole.',
    );
  });
  it('names where R comes from when it is not the id', () => {
    expect(answer({ decisions: [row({ ...dropped, randomness: '00000000000001' })] }).answer).toContain(
      'R = 00000000000001 (from tracestate, or that of a trace it is linked to) is below',
    );
  });
  it('tells a rule that keeps nothing, and that none matched', () => {
    expect(answer({ decisions: [row({ ...dropped, threshold: '100000000000000' })] }).answer).toContain(
      'Rule “rest” keeps nothing',
    );
    expect(
      answer({ decisions: [row({ ...dropped, rule: 'no rule', threshold: '100000000000000' })] }).answer,
    ).toContain('No rule matched it');
  });
  it('tells whether the rescue ring still holds it, where there is one', () => {
    expect(answer({ decisions: [dropped], collector: known({ rescuable: true }) }).answer).toContain(
      'can be brought back',
    );
    expect(answer({ decisions: [dropped], collector: known({ rescuable: false }) }).answer).toContain(
      'no longer holds it',
    );
  });
});

describe('a trace without a row in the decision log', () => {
  it('is pending while it is buffered', () =>
    expect(answer({ collector: known({ pending: true }) }).state).toBe('pending'));
  it('is kept or dropped by what the collector remembers, while its row is on its way', () => {
    expect(
      answer({ collector: known({ remembered: { decision: 'dropped', rule: 'rest', threshold: null } }) }),
    ).toMatchObject({ state: 'dropped', answer: expect.stringContaining('on its way') as string });
    expect(
      answer({ collector: known({ remembered: { decision: 'kept', rule: 'rest', threshold: 'f0000000000000' } }) }),
    ).toMatchObject({ state: 'kept', answer: expect.stringContaining('T = f0000000000000') as string });
  });
  it('is expired when the collector remembers further back than the log', () => {
    const collector = known({
      remembered: { decision: 'kept', rule: 'rest', threshold: '0' },
      remembers_since: ns(NOW_MS - 100 * HOUR_MS),
    });
    expect(answer({ collector })).toMatchObject({
      state: 'expired',
      answer: expect.stringContaining('past the retention of the decision log') as string,
    });
  });
  it('was turned away under overload, which writes no rows', () => {
    expect(
      answer({ collector: known({ remembered: { decision: 'dropped', rule: 'overload', threshold: null } }) }),
    ).toMatchObject({ state: 'dropped', answer: expect.stringContaining('Turned away') as string });
  });
  it('is refused when its spans were rejected, with the reasons', () => {
    expect(answer({ collector: known({ rejected: ['bad_span_id'] }) })).toMatchObject({
      state: 'refused',
      answer: 'Spans of it were rejected: bad_span_id. Nothing else of it has arrived.',
    });
  });
  it('was never seen; requests refused whole are told, since nobody knows what was in them', () => {
    expect(answer({}).state).toBe('never seen');
    expect(answer({ refusals: [{ reason: 'malformed', requests: 2 }] }).answer).toContain(
      '2 requests were refused whole (2 malformed): it may have been in one of them',
    );
    expect(answer({ collector: null })).toMatchObject({
      state: 'never seen',
      answer: expect.stringContaining('the collector does not answer') as string,
    });
  });
});
