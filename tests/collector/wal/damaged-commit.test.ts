// A flipped bit in the log's account of what is stored costs nothing: no span is decided, stored or counted a second time because of it.
import { expect, test } from 'vitest';
import { decodeRecord } from '#collector/wal/record.ts';
import { CollectorLives } from '#tests/support/collector-lives.ts';
import { traceRequest } from '#tests/support/trace-builder.ts';

const ROUNDS = 3;
const TRACES = 3;

interface Place {
  readonly file: string;
  readonly at: number;
  readonly size: number;
}

/** A life with traces decided and stored at different times, all of whose log is still there. */
async function livesWithCommits(): Promise<{ lives: CollectorLives; commits: Place[] }> {
  const lives = new CollectorLives({ segmentBytes: 2 ** 30 });
  await lives.start();
  for (let round = 0; round < ROUNDS; round++) {
    for (let i = 0; i < TRACES; i++)
      lives.send(
        'traces',
        traceRequest((round * TRACES + i + 1).toString(16), [{ id: '1', start: 0, end: 10, kind: 2 }]),
      );
    lives.send(
      'traces',
      traceRequest('ff', [{ id: (round + 1).toString(16), parent: '77', start: 0, end: 10, kind: 2 }]),
    ); // is late in each round
    await lives.pass(4000);
    lives.pipeline.flushDerived(true);
    await lives.pass(1000);
  }
  const commits: Place[] = [];
  for (const [file, bytes] of lives.log.files) {
    for (let at = 0; at < bytes.length;) {
      const record = decodeRecord(bytes, at);
      if ('why' in record) throw new Error(record.why);
      const size = record.end - record.position;
      if (record.type === 'commit') commits.push({ file, at, size });
      at += size;
    }
  }
  return { lives, commits };
}

const { commits } = await livesWithCommits();

test.each(
  commits.flatMap(({ at, size }, i) =>
    [0.3, 0.99].map((where) => ({ commit: i + 1, of: commits.length, byte: at + Math.floor(size * where) })),
  ),
)('commit $commit of $of, damaged at byte $byte', async ({ byte }) => {
  const {
    lives,
    commits: [first],
  } = await livesWithCommits();
  lives.log.files.get(first!.file)![byte]! ^= 4;
  await lives.crash();
  await lives.settle();
  const spans = ROUNDS * (TRACES + 1);
  const { traces } = lives.pipeline.ledger;
  expect({
    rows: lives.rows('spans'),
    red: lives.sum('red', 'calls'),
    received: traces.receivedTotal,
    stored: traces.stored,
    imbalance: traces.imbalance,
  }).toEqual({ rows: spans, red: spans, received: spans, stored: spans, imbalance: 0 });
});
