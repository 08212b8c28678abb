// The gate on a virtual clock: replies are held before anything is refused, in order and within bounds.
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { Gate, type GateClock, type GateLimits } from '#collector/admit/gate.ts';
import { Caller } from '#collector/receive/caller.ts';
import type { IntakeAnswer, IntakeRequest } from '#collector/receive/intake.ts';
import { SIGNALS, type Signal } from '#proto/otlp/signal.ts';
import { TestIntake } from '../receive/test-intake.ts';

class VirtualClock implements GateClock {
  #nowMs = 0;
  #timers: { atMs: number; run: () => void }[] = [];

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, run };
    this.#timers.push(timer);
    return () => (this.#timers = this.#timers.filter((other) => other !== timer));
  }

  advance(ms: number): void {
    this.#nowMs += ms;
    const due = this.#timers.filter((timer) => timer.atMs <= this.#nowMs);
    this.#timers = this.#timers.filter((timer) => timer.atMs > this.#nowMs);
    for (const timer of due) timer.run();
  }
}

let clock: VirtualClock;
let inner: TestIntake;
let full: boolean;
beforeEach(() => {
  clock = new VirtualClock();
  inner = new TestIntake();
  full = false;
});

/** A signal alone may hold half of each: the quarters of the two others stay free. */
function gate(limits: GateLimits = { maxHeld: 6, maxHeldBytes: 200, maxHoldMs: 9500 }): Gate {
  return new Gate(inner, () => full, clock, limits);
}

function request(deadlineMs = 10_000, size = 10): IntakeRequest {
  return requestOf('traces', deadlineMs, size);
}

function requestOf(signal: Signal, deadlineMs = 10_000, size = 10, caller?: Caller): IntakeRequest {
  return {
    signal,
    body: Buffer.alloc(size, deadlineMs & 0xff),
    transport: 'grpc',
    encoding: 'protobuf',
    deadlineMs,
    caller,
  };
}

function all(answers: readonly (IntakeAnswer | Promise<IntakeAnswer>)[]): Promise<IntakeAnswer[]> {
  return Promise.all(answers.map(async (answer) => answer));
}

async function settled(answer: IntakeAnswer | Promise<IntakeAnswer>): Promise<IntakeAnswer | 'held'> {
  return Promise.race([answer, Promise.resolve().then(() => Promise.resolve().then(() => 'held' as const))]);
}

describe('without pressure', () => {
  it('a request passes at once, without a promise', () => {
    expect(gate().accept(request())).toEqual({ kind: 'accepted', rejected: 0, message: '' });
  });
});

describe('under pressure', () => {
  it('a reply is held until the pressure eases, and then it is a success', async () => {
    const held = gate();
    full = true;
    const answer = held.accept(request());
    clock.advance(9000);
    expect(await settled(answer)).toBe('held');
    full = false;
    held.release();
    expect(await answer).toMatchObject({ kind: 'accepted' });
    expect([held.heldRequests, held.heldBytes]).toEqual([0, 0]);
    expect(inner.requests.map(({ deadlineMs }) => deadlineMs)).toEqual([1000]);
  });

  it('a client that will not wait longer is refused half a second before its deadline, with a delay to come back after', async () => {
    const held = gate();
    full = true;
    const answer = held.accept(request(4000));
    clock.advance(3499);
    expect(await settled(answer)).toBe('held');
    clock.advance(1);
    const refused = await answer;
    expect(refused).toMatchObject({ kind: 'busy' });
    expect(inner.refusals).toEqual([['traces', 'busy']]);
    expect(inner.requests).toEqual([]);
  });

  it('no reply is held beyond ten seconds, whatever the client says', async () => {
    const held = gate();
    full = true;
    const answer = held.accept(request(3_600_000));
    clock.advance(9500);
    expect(await answer).toMatchObject({ kind: 'busy' });
  });

  it('a client that waits for almost nothing is answered at once', () => {
    full = true;
    expect(gate().accept(request(300))).toMatchObject({ kind: 'busy' });
  });

  it('only so many requests, and only so many bytes, are held', () => {
    const held = gate();
    full = true;
    for (let i = 0; i < 3; i++) expect(held.accept(request())).toBeInstanceOf(Promise);
    expect(held.accept(request())).toMatchObject({ kind: 'busy' });
    const other = gate();
    expect(other.accept(request(10_000, 95))).toBeInstanceOf(Promise);
    expect(other.accept(request())).toMatchObject({ kind: 'busy' });
  });

  it('what a request has waited is no more of its deadline', async () => {
    full = true;
    const held = gate();
    const answer = held.accept(request(6000));
    clock.advance(2500);
    full = false;
    held.release();
    expect(await answer).toMatchObject({ kind: 'accepted' });
    expect(inner.requests.map(({ deadlineMs }) => deadlineMs)).toEqual([3500]);
  });

  it('who came first goes first, and newcomers do not pass those who wait', async () => {
    const held = gate();
    full = true;
    const answers = [1001, 1002, 1003].map((deadlineMs) => held.accept(request(deadlineMs + 5000)));
    full = false;
    await held.accept(request(9000));
    expect(inner.requests.map(({ deadlineMs }) => deadlineMs)).toEqual([6001, 6002, 6003, 9000]);
    await all(answers);
  });

  it('the pressure is asked again before each that is let through', async () => {
    let room = 0;
    const intoRoom = new Gate(inner, () => room === inner.requests.length, clock, {
      maxHeld: 6,
      maxHeldBytes: 200,
      maxHoldMs: 9500,
    });
    const answers = [intoRoom.accept(request()), intoRoom.accept(request())];
    room = 1;
    intoRoom.release();
    expect([inner.requests.length, intoRoom.heldRequests]).toEqual([1, 1]);
    room = 2;
    intoRoom.release();
    expect(await all(answers)).toMatchObject([{ kind: 'accepted' }, { kind: 'accepted' }]);
  });

  it('the delay grows with the jam, within one and five seconds, and is not the same for all', () => {
    full = true;
    const held = gate({ maxHeld: 0, maxHeldBytes: 0, maxHoldMs: 9500 });
    const delays = Array.from({ length: 40 }, () => {
      clock.advance(400);
      const answer = held.accept(request());
      return answer instanceof Promise || answer.kind !== 'busy' ? -1 : answer.retryAfterMs;
    });
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(1000);
    expect(Math.max(...delays)).toBe(5000);
    expect(new Set(delays.slice(0, 8)).size).toBeGreaterThan(4);
  });

  it('closing answers everyone who waits', async () => {
    const held = gate();
    full = true;
    const answers = [held.accept(request()), held.accept(request())];
    held.close();
    expect(await all(answers)).toMatchObject([{ kind: 'busy' }, { kind: 'busy' }]);
    expect(held.heldBytes).toBe(0);
  });
});

describe('signals side by side', () => {
  const limits: GateLimits = { maxHeld: 8, maxHeldBytes: 800, maxHoldMs: 9500 };
  let fullSignals: Set<Signal>;
  let bySignal: Gate;
  beforeEach(() => {
    fullSignals = new Set(SIGNALS);
    bySignal = new Gate(inner, (signal) => fullSignals.has(signal), clock, limits);
  });
  const heldOf = (signal: Signal, size = 10): number => {
    let count = 0;
    while (count < 20 && bySignal.accept(requestOf(signal, 10_000, size)) instanceof Promise) count++;
    return count;
  };

  it('a signal that is full does not hold the others back', async () => {
    fullSignals = new Set(['logs']);
    const log = bySignal.accept(requestOf('logs'));
    expect(await bySignal.accept(requestOf('traces'))).toMatchObject({ kind: 'accepted' });
    expect(await bySignal.accept(requestOf('metrics'))).toMatchObject({ kind: 'accepted' });
    expect(await settled(log)).toBe('held');
  });

  it('those of a signal that is full do not stand in the way of those behind them', async () => {
    const answers = SIGNALS.map((signal) => bySignal.accept(requestOf(signal)));
    fullSignals = new Set(['traces']);
    bySignal.release();
    expect(await all(answers.slice(1))).toMatchObject([{ kind: 'accepted' }, { kind: 'accepted' }]);
    expect([await settled(answers[0]!), bySignal.heldRequests]).toEqual(['held', 1]);
  });

  it.each(SIGNALS)('a flood of %s leaves each other signal its quarter, of requests and of bytes', (flood) => {
    expect(heldOf(flood)).toBe(4);
    for (const other of SIGNALS.filter((signal) => signal !== flood))
      expect([other, heldOf(other)]).toEqual([other, 2]);
    bySignal.close();
    bySignal = new Gate(inner, () => true, clock, { ...limits, maxHeld: 1000 });
    expect(heldOf(flood, 100)).toBe(4);
    for (const other of SIGNALS.filter((signal) => signal !== flood))
      expect([other, heldOf(other, 100)]).toEqual([other, 2]);
  });

  it('what is left over is shared, first come, first served', () => {
    expect([heldOf('logs'), heldOf('metrics'), heldOf('traces')]).toEqual([4, 2, 2]);
  });
});

describe('a client that goes', () => {
  it('takes its held request with it, unseen, and frees its room', async () => {
    const held = gate();
    full = true;
    const caller = new Caller();
    const answer = held.accept(requestOf('traces', 10_000, 95, caller));
    expect(held.accept(request(10_000, 95))).toMatchObject({ kind: 'busy' });
    caller.disconnect();
    expect([held.heldRequests, held.heldBytes, inner.requests.length]).toEqual([0, 0, 0]);
    expect(inner.refusals).toEqual([
      ['traces', 'busy'],
      ['traces', 'canceled'],
    ]);
    expect(held.accept(request(10_000, 95))).toBeInstanceOf(Promise);
    await answer;
  });

  it('after its request was let through or refused changes nothing', async () => {
    const held = gate();
    full = true;
    const [through, refused] = [new Caller(), new Caller()];
    const answers = [
      held.accept(requestOf('traces', 10_000, 10, through)),
      held.accept(requestOf('traces', 1000, 10, refused)),
    ];
    clock.advance(500);
    full = false;
    held.release();
    for (const caller of [through, refused]) caller.disconnect();
    expect(await all(answers)).toMatchObject([{ kind: 'accepted' }, { kind: 'busy' }]);
    expect([held.heldRequests, held.heldBytes, inner.requests.length]).toEqual([0, 0, 1]);
  });
});

it('the delay told is what was measured for that signal, within one and thirty seconds, spread', () => {
  const delays: Readonly<Record<Signal, number>> = { traces: 2000, logs: 60_000, metrics: 1 };
  const asked = new Gate(
    inner,
    () => true,
    clock,
    { maxHeld: 0, maxHeldBytes: 0, maxHoldMs: 9500 },
    (signal) => delays[signal],
  );
  const told = SIGNALS.map((signal) => {
    const answer = asked.accept(requestOf(signal));
    return answer instanceof Promise || answer.kind !== 'busy' ? -1 : answer.retryAfterMs;
  });
  expect(told).toEqual([2000, 31_875, 1125]);
});

it('every request is answered exactly once and nothing stays counted as held, whatever happens when', async () => {
  const step = fc.oneof(
    fc.record({ deadlineMs: fc.nat(20_000), size: fc.nat(60) }),
    fc.record({ advanceMs: fc.nat(6000) }),
    fc.record({ full: fc.boolean() }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      clock = new VirtualClock();
      inner = new TestIntake();
      full = false;
      const held = gate();
      const answers: (IntakeAnswer | Promise<IntakeAnswer>)[] = [];
      for (const step of steps) {
        if ('deadlineMs' in step) answers.push(held.accept(request(step.deadlineMs, step.size)));
        else if ('advanceMs' in step) clock.advance(step.advanceMs);
        else {
          full = step.full;
          held.release();
        }
        expect(held.heldRequests).toBeLessThanOrEqual(3);
        expect(held.heldBytes).toBeLessThanOrEqual(100);
      }
      clock.advance(10_000);
      const kinds = (await all(answers)).map((answer) => answer.kind);
      expect(kinds.filter((kind) => kind === 'accepted')).toHaveLength(inner.requests.length);
      expect(kinds.filter((kind) => kind === 'busy')).toHaveLength(inner.refusals.length);
      expect([held.heldRequests, held.heldBytes]).toEqual([0, 0]);
    }),
  );
});
