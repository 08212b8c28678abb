// With fsync, what was acknowledged outlives a loss of power at any time: written, failing, trimmed, whatever of the rest has reached the
// disk.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { IntakeRequest } from '#collector/receive/intake.ts';
import { Durability } from '#collector/wal/durability.ts';
import { KnownRequests } from '#collector/wal/known-requests.ts';
import { readLog } from '#collector/wal/read-log.ts';
import { WriteAheadLog } from '#collector/wal/write-ahead-log.ts';
import type { Signal } from '#proto/otlp/signal.ts';
import { NO_CAP } from '#tests/support/log-under-test.ts';
import { MemoryLogFiles } from '#tests/support/memory-log-files.ts';
import { writtenTrace } from '#tests/support/written-trace.ts';

const ACCEPTED = { kind: 'accepted', rejected: 0, message: '' } as const;

interface Acked {
  readonly request: IntakeRequest;
  /** Position of the log when it was taken; of traces the number of its span, which is all of a trace. */
  readonly number: number;
}

/** What is in the spool, and is not to be taken again. */
interface Covered {
  /** Logs before this position. */
  readonly logs: number;
  /** Numbers of traces that are decided. */
  readonly traces: ReadonlySet<number>;
}

const view = writtenTrace([{}]);

/** One life after the other on the same disk. */
class Lives {
  nowMs = 1000;
  files = new MemoryLogFiles();
  readonly acked: Acked[] = [];
  /** What the last start has read. */
  read: Acked[] = [];
  known!: KnownRequests;
  durability!: Durability;
  log!: WriteAheadLog;
  #timers: (() => void)[] = [];
  #sent = 0;
  #spans = 0;
  #undecided: number[] = [];
  life = 0;

  /** Returns the bodies that are taken again, and what is in the spool. */
  async start(): Promise<{ again: string[]; covered: Covered }> {
    const epoch = ++this.life; // what the life before does from now on has not happened
    const left = await readLog(this.files, { sync: true });
    this.known = new KnownRequests({ installId: 'test', elapsedMs: () => this.nowMs });
    this.#timers = [];
    this.log = new WriteAheadLog({
      files: this.files,
      ...NO_CAP,
      sync: true,
      segmentBytes: 300,
      existing: left.segments,
      epoch,
      after: (_ms, run) => this.#timers.push(run),
    });
    this.durability = new Durability(
      this.log,
      this.known,
      {
        nextSpan: () => this.#spans,
        oldestMs: () => Infinity,
        overloadSteps: () => 0,
        nowMs: () => this.nowMs,
        elapsedMs: () => this.nowMs,
      },
      left.commit,
    );
    const again: string[] = [];
    this.#undecided = [];
    this.read = [];
    const covered = {
      logs: left.commit?.position ?? 0,
      traces: new Set([...left.decided.keys()].map((id) => Number.parseInt(id.slice(24), 16))),
    };
    for await (const record of left.records()) {
      this.known.restore(record);
      if (record.type !== 'request') continue;
      this.read.push({
        request: { ...record, body: Buffer.from(record.body), deadlineMs: 1e6 },
        number: record.number,
      });
      if (!isCovered(record, covered)) {
        again.push(record.body.toString());
        if (record.signal === 'traces') this.#undecided.push(record.number);
      }
      this.durability.replayed(record);
    }
    this.durability.replayEnded({ traces: 0, logs: 0, metrics: 0 });
    this.known.open();
    return { again, covered };
  }

  send(signal: 'logs' | 'traces'): void {
    const request: IntakeRequest = {
      signal,
      transport: 'grpc',
      encoding: 'protobuf',
      body: Buffer.from(`request ${++this.#sent}`),
      deadlineMs: 1e6,
    };
    const { life } = this;
    const taken = this.durability.circumstances(signal);
    if (signal === 'traces') this.#undecided.push(this.#spans++);
    this.known.find(request);
    void this.durability
      .written(request, { number: this.known.add(ACCEPTED), items: 1, answer: ACCEPTED }, taken)
      .then((answer) => {
        if (answer.kind === 'accepted' && life === this.life) this.acked.push({ request, number: taken.number });
      });
  }

  /** All traces so far are decided. Tells when it is written. */
  commit(written: (logs: number, traces: readonly number[]) => void): void {
    const {
      life,
      log: { position },
    } = this;
    const traces = this.#undecided.splice(0);
    for (const id3 of traces)
      this.durability.decided.add(
        Object.assign(Object.create(view) as typeof view, { id3 }),
        { keep: true, rule: 0, thresholdHi: 0, thresholdLo: 0, weight: 1 },
        'all',
        this.#spans,
      );
    this.durability.redFlushed();
    void this.durability
      .beginCommit(1)
      .write()
      .then(
        () => {
          if (life === this.life) written(position, traces);
        },
        () => undefined,
      );
  }

  async turns(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await Promise.resolve();
  }

  retry(): void {
    for (const run of this.#timers.splice(0)) run();
  }
}

function isCovered(
  { signal, number }: { readonly signal: Signal; readonly number: number },
  covered: Covered,
): boolean {
  return signal === 'logs' ? number < covered.logs : covered.traces.has(number);
}

const chances = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 20 });
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('send' as const),
      signal: fc.constantFrom('logs' as const, 'traces' as const),
      turns: fc.nat(40),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('commit' as const), turns: fc.nat(100) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'failSyncs' as const,
        'failWrites' as const,
        'heal' as const,
        'heal' as const,
        'heal' as const,
      ),
      turns: fc.nat(40),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cut' as const), turns: fc.nat(12), chances }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('kill' as const), turns: fc.nat(12), share: fc.constantFrom(0, 0.5, 1) }),
  },
);

test('is there, to be taken again or in a commit, and known when it comes again', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), chances, async (steps, last) => {
      const lives = new Lives();
      /** Of commits that count as written. */
      const committed = { logs: 0, traces: new Set<number>() };
      await lives.start();
      const cut = async (chances: readonly number[]): Promise<void> => {
        let n = 0;
        await startOn(lives.files.afterPowerCut(() => chances[n++ % chances.length]!));
      };
      const startOn = async (files: MemoryLogFiles): Promise<void> => {
        lives.files = files;
        const { again, covered } = await lives.start();
        expect(covered.logs).toBeGreaterThanOrEqual(committed.logs);
        // Blocks of a commit that is there are sent from now on.
        committed.logs = covered.logs;
        for (const trace of covered.traces) committed.traces.add(trace);
        expect(new Set(again).size, 'none twice').toBe(again.length);
        for (const { request, number } of lives.acked) {
          const body = request.body.toString();
          expect(again.includes(body), body).toBe(!isCovered({ ...request, number }, committed));
          expect(lives.known.find(request)).toBeGreaterThanOrEqual(0);
        }
        // What was read is known when it comes again, and acknowledged then, though nobody has heard that it was written.
        for (const { request, number } of lives.read)
          if (!lives.acked.some((acked) => acked.request.body.equals(request.body)))
            lives.acked.push({ request, number });
      };
      for (const one of steps) {
        lives.nowMs += 10;
        lives.files.failSyncs =
          one.kind === 'failSyncs'
            ? new Error('input/output error')
            : one.kind === 'heal'
              ? undefined
              : lives.files.failSyncs;
        lives.files.failWrites =
          one.kind === 'failWrites'
            ? new Error('no space left')
            : one.kind === 'heal'
              ? undefined
              : lives.files.failWrites;
        if (one.kind === 'send') lives.send(one.signal);
        else if (one.kind === 'commit')
          lives.commit((logs, traces) => {
            committed.logs = logs;
            for (const trace of traces) committed.traces.add(trace);
          });
        else if (one.kind === 'cut') await cut(one.chances);
        else if (one.kind === 'kill') await startOn(lives.files.afterKill(one.share));
        else if (one.kind === 'heal') lives.retry();
        await lives.turns(one.turns);
      }
      await cut(last);
    }),
    { numRuns: 300, seed: 23 },
  );
});
