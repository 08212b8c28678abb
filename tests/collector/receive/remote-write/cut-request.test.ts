// Requests of remote write in pieces: together they are the request, none is large, and what would hold up others is refused by name.
import { describe, expect, it } from 'vitest';
import { RemoteWriteTranslator } from '#collector/metrics/remote-write/translate.ts';
import { cutWriteRequest, type CutOutcome } from '#collector/receive/remote-write/cut-request.ts';
import { Random } from '#tests/simulation/random.ts';
import { writeRequestV1, writeRequestV2, type WrittenSeries } from '#tests/support/remote-write.ts';

const NOW_MS = 1_800_000_000_000;
const turn = (): Promise<void> => Promise.resolve();

function piecesOf(outcome: CutOutcome): readonly Buffer[] {
  if ('problem' in outcome) throw new Error(outcome.message);
  return outcome.pieces;
}

/** Ids and times of all samples. */
function samplesOf(pieces: readonly Uint8Array[], version: 1 | 2): string[] {
  const translator = new RemoteWriteTranslator();
  return pieces.flatMap((piece) => {
    const rows = translator.translate(piece, version, NOW_MS);
    if (typeof rows === 'string') throw new Error(rows);
    const { ids, timesMs, length } = rows.samples;
    return Array.from({ length }, (_, at) => `${ids[2 * at]}:${ids[2 * at + 1]} ${timesMs[at]}`);
  });
}

describe.each([1, 2] as const)('a request of %i.0', (version) => {
  const encode = (series: readonly WrittenSeries[]): Buffer =>
    Buffer.from(version === 1 ? writeRequestV1(series) : writeRequestV2(series));

  it.each([1, 2, 3, 4])(
    'is in its pieces what it is whole, and cut alike when it comes again (seed %i)',
    async (seed) => {
      const random = new Random(seed, 'cut');
      const series = Array.from({ length: random.whole(1, 9000) }, (_, at) => ({
        labels: { __name__: `metric_${at % 70}`, pod: `pod-${at}`, text: 'x'.repeat(random.whole(0, 120)) },
        samples: Array.from({ length: random.whole(0, 3) }, (__, i) => [at * 10 + i, '1'] as const),
      }));
      const body = encode(series);
      const outcome = await cutWriteRequest(body, version, turn);
      const pieces = piecesOf(outcome);
      expect(samplesOf(pieces, version)).toEqual(samplesOf([body], version));
      expect(outcome).toMatchObject({ counts: { samples: series.reduce((sum, one) => sum + one.samples.length, 0) } });
      const again = piecesOf(await cutWriteRequest(Buffer.from(body), version, turn));
      expect(again.map((piece) => piece.toString('hex'))).toEqual(pieces.map((piece) => piece.toString('hex')));
      expect(pieces.length).toBeGreaterThanOrEqual(Math.ceil(series.length / 2500));
    },
  );

  it('of nothing is one piece', async () => {
    expect(piecesOf(await cutWriteRequest(Buffer.alloc(0), version, turn))).toEqual([Buffer.alloc(0)]);
  });

  it('lets other work have its turn, however many empty series it has', async () => {
    const tag = version === 1 ? 0x0a : 0x2a;
    let turns = 0;
    const outcome = await cutWriteRequest(Buffer.alloc(400_000, Buffer.from([tag, 0])), version, async () => turns++);
    expect(piecesOf(outcome)).toHaveLength(80);
    expect(turns).toBeGreaterThanOrEqual(9);
  });

  it('with a series that is too large, or cut short, is refused by name', async () => {
    const samples = Array.from({ length: 300_000 }, (_, at) => [NOW_MS + at, '1'] as const);
    const large = await cutWriteRequest(encode([{ labels: { __name__: 'm' }, samples }]), version, turn);
    expect(large).toMatchObject({ problem: 'too_large', message: expect.stringContaining('more than 4194304') });
    const short = encode([{ labels: { __name__: 'm' }, samples: samples.slice(0, 3) }]).subarray(0, -2);
    expect(await cutWriteRequest(short, version, turn)).toMatchObject({ problem: 'malformed' });
  });
});

describe('symbols', () => {
  it.each([
    ['too many', Buffer.alloc(1_200_000, Buffer.from([0x22, 0])), 'more than 500000 symbols'],
    ['in too many places', Buffer.alloc(12_000, Buffer.from([0x22, 0, 0x2a, 0])), 'more than 1000 places'],
  ])('%s are refused by name', async (_, body, message) => {
    const outcome = await cutWriteRequest(body, 2, turn);
    expect(outcome).toMatchObject({ problem: 'too_large', message: expect.stringContaining(message) });
  });
});
