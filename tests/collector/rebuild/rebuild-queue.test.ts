// Which traces are put together again when, on a clock that stands still: after their rows were stored, again where something is missing, never more
// than there is room for.
import { describe, expect, it } from 'vitest';
import { MAX_TRIES, RebuildQueue } from '#collector/rebuild/rebuild-queue.ts';
import { Rebuilder } from '#collector/rebuild/rebuilder.ts';
import type { RebuildAnswer, RebuildQuestion, Rebuilt } from '#collector/rebuild/messages.ts';
import { EMPTY_FACTS } from '#collector/rows/trace-head.ts';
import type { RebuiltHead, TraceRow } from '#collector/store/tables/traces-table.ts';

const key = (i: number) => ({ traceId: i.toString(16).padStart(32, '0'), startNs: String(1_700_000_000_000_000_000n) });
const HEAD: RebuiltHead = { ...EMPTY_FACTS, spans: 3, startHi: 1, startLo: 2 };

describe('the queue', () => {
  it('waits a second, and for the rows to be stored', () => {
    const queue = new RebuildQueue();
    queue.note(key(1), 5, 0);
    expect(queue.take(999, 100, 10)).toEqual([]);
    expect(queue.take(1000, 4, 10)).toEqual([]);
    expect(queue.take(1000, 5, 10)).toMatchObject([key(1)]);
    expect(queue.size).toBe(0);
  });

  it('goes by the first part where others follow, and by the rows of the last', () => {
    const queue = new RebuildQueue();
    queue.note(key(1), 5, 0);
    queue.note(key(1), 9, 900);
    expect(queue.take(1000, 8, 10)).toEqual([]);
    expect(queue.take(1000, 9, 10)).toHaveLength(1);
  });

  it('lets a trace that takes long rest', () => {
    const queue = new RebuildQueue();
    queue.done(key(1), 500, 1000);
    queue.note(key(1), 0, 1100);
    queue.note(key(2), 0, 1100);
    expect(queue.take(10_999, 0, 10)).toMatchObject([key(2)]);
    expect(queue.take(11_000, 0, 10)).toMatchObject([key(1)]);
  });

  it('has room for ten thousand, and says that there were more', () => {
    const queue = new RebuildQueue();
    for (let i = 0; i < 10_003; i++) queue.note(key(i), 0, 0);
    expect([queue.size, queue.overflows]).toEqual([10_000, 3]);
    expect([queue.takeOverflow(), queue.takeOverflow()]).toEqual([true, false]);
    expect(queue.take(5000, 0, 64)).toHaveLength(64);
  });
});

/** A rebuilder on a clock, whose thread answers what a test says. */
function rebuilder(answer: (question: RebuildQuestion) => RebuildAnswer) {
  const rows: TraceRow[] = [];
  const failures: string[] = [];
  const questions: RebuildQuestion[] = [];
  const clock = { nowMs: 1_000_000 };
  const under = new Rebuilder({
    ask: async (question) => {
      questions.push(question);
      return answer(question);
    },
    append: (row) => void rows.push(row),
    appendedRows: () => rows.length,
    waitingRows: () => 0,
    nowMs: () => clock.nowMs,
    onFailure: (message) => void failures.push(message),
  });
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 500) {
      clock.nowMs += 500;
      await under.turn();
    }
  };
  return { under, rows, failures, questions, pass };
}

const LATE: TraceRow = {
  ...EMPTY_FACTS,
  id0: 0,
  id1: 0,
  id2: 0,
  id3: 7,
  startHi: 5,
  startLo: 6,
  endHi: 5,
  endLo: 6,
  rule: '',
  thresholdHi: 0,
  thresholdLo: 0,
  weight: 1,
  lateCount: 2,
};
const answering =
  (outcome: (tries: number) => Rebuilt['outcome']) =>
  (question: RebuildQuestion): RebuildAnswer => {
    if (question.kind === 'find') return { kind: 'found', keys: [] };
    tries++;
    return {
      kind: 'rebuilt',
      traces: question.tasks.map(({ traceId, startNs, isLastTry }) => {
        const its = outcome(tries);
        if (its === 'rebuilt' || isLastTry) return { traceId, startNs, outcome: 'rebuilt', head: HEAD };
        return { traceId, startNs, outcome: its };
      }),
    };
  };
let tries = 0;

describe('the rebuilder', () => {
  it('writes a row that changes nothing but the head', async () => {
    tries = 0;
    const { under, rows, pass } = rebuilder(answering(() => 'rebuilt'));
    under.appended({ ...LATE, lateCount: 0 });
    expect(under.queue.size).toBe(0);
    under.appended(LATE);
    await pass(3000);
    expect(rows).toEqual([{ ...LATE, weight: 0, lateCount: 0, rebuilt: HEAD }]);
    expect(under.outcomes).toEqual({ rebuilt: 1, too_large: 0, gone: 0, given_up: 0 });
  });

  it('tries again while spans and summary do not agree, and takes at last what is there', async () => {
    tries = 0;
    const { under, rows, pass } = rebuilder(answering(() => 'incomplete'));
    under.appended(LATE);
    await pass(20 * 60_000);
    expect(tries).toBe(MAX_TRIES + 1);
    expect([rows.length, under.queue.size]).toEqual([1, 0]);
  });

  it('waits for a store that is away, says so now and then, and searches at the start', async () => {
    let isAway = true;
    const { under, rows, failures, questions, pass } = rebuilder((question) => {
      if (isAway) return { kind: 'failed', message: 'no answer' };
      return question.kind === 'find'
        ? { kind: 'found', keys: [key(9)] }
        : {
            kind: 'rebuilt',
            traces: question.tasks.map(({ traceId, startNs }) => ({
              traceId,
              startNs,
              outcome: 'rebuilt',
              head: HEAD,
            })),
          };
    });
    under.appended(LATE);
    await pass(60_000);
    expect(failures.length).toBeGreaterThan(0);
    expect(failures.length).toBeLessThan(4);
    isAway = false;
    await pass(180_000);
    expect(rows).toHaveLength(2);
    expect(questions[0]?.kind).toBe('find');
  });

  it('leaves alone what is too large, and what is stored no more', async () => {
    tries = 0;
    const { under, rows, pass } = rebuilder(answering(() => 'too_large'));
    under.appended(LATE);
    await pass(5000);
    const gone = rebuilder(answering(() => 'gone'));
    gone.under.appended(LATE);
    await gone.pass(60_000);
    expect([rows, gone.rows]).toEqual([[], []]);
    expect([under.outcomes.too_large, gone.under.outcomes.gone, gone.under.queue.size]).toEqual([1, 1, 0]);
  });
});
