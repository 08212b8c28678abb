// Between a shard and the rest of the collector: posts inputs to the host that runs it, and gives their answers to whoever asked.
import type { KnownTrace } from '#proto/admin/answers.ts';
import type { RescueRequest, RescueResponse } from '#proto/api/rescue.ts';
import type { Config } from '#proto/config/schema.ts';
import type { TraceId } from '#proto/model/ids.ts';
import { asBuffer } from '#collector/model/as-buffer.ts';
import { mergeWindow } from '#collector/decide/budget/window-part.ts';
import { RateBook } from '#collector/decide/rates/rate-book.ts';
import type { IntakeAnswer, IntakeRequest } from '#collector/receive/intake.ts';
import type { DecidedTrace } from '#collector/wal/decided-traces.ts';
import type { ReplayInput, ShardInput, ShardOutput, ShardState } from '../messages.ts';
import type { ShardStart, ShardSurroundings } from '../shard.ts';
import type { ShardCounts } from '../shard-counts.ts';

/** Decisions of an earlier life in one message. */
const DECISIONS_PER_MESSAGE = 4096;

/** Where a shard runs. */
export interface ShardHost {
  /** Outputs that answer it reach the receiver before this returns. */
  post(input: ShardInput): void;
}

/** Uses outputs, in the order in which they were emitted. */
export interface ShardReceiver {
  receive(output: ShardOutput): void;
}

/** @param receiver of everything that the shard emits */
export type MakeShardHost = (
  start: ShardStart,
  around: Omit<ShardSurroundings, 'emit'>,
  receiver: ShardReceiver,
) => ShardHost;

type Reply<Kind extends ShardOutput['kind']> = ShardOutput & { readonly kind: Kind };

export class ShardLink implements ShardReceiver {
  /** Which spans of the request accepted last had been received before, or were of traces turned away before, for a log; undefined: none. */
  copied: Buffer | undefined;
  #state: ShardState = { pending: 0, received: 0, nextSpan: 0, pressure: 0 };
  #counts: ShardCounts | undefined;
  #reply: ShardOutput | undefined;
  readonly #host: ShardHost;
  readonly #receiver: ShardReceiver;
  /** Requests of people that are not answered yet, by number. */
  readonly #asked = new Map<number, (response: RescueResponse | undefined) => void>();
  #askedLast = 0;
  readonly #rates = new RateBook();
  /** Inputs that follow from outputs of the one that is being handled. */
  readonly #next: ShardInput[] = [];

  /** @param hostOf makes the host, which gives its outputs to this link @param receiver of what answers nobody */
  constructor(hostOf: (link: ShardReceiver) => ShardHost, receiver: ShardReceiver) {
    this.#receiver = receiver;
    this.#host = hostOf(this);
  }

  /** As of the last input. */
  get state(): ShardState {
    return this.#state;
  }

  receive(output: ShardOutput): void {
    switch (output.kind) {
      case 'state':
        this.#state = output.state;
        return;
      case 'links':
        // One shard owns all traces.
        this.#next.push({ kind: 'linked', traceIds: output.traceIds });
        return;
      case 'randomness':
        // There is no other shard.
        return;
      case 'window': {
        const [thresholds] = mergeWindow([output.part]);
        this.#next.push({ kind: 'thresholds', window: output.window, thresholds: thresholds! });
        return;
      }
      case 'rates':
        this.#next.push({ kind: 'rate-thresholds', answer: this.#rates.renew([output.part]) });
        return;
      case 'rescued':
        this.#asked.get(output.number)?.(output.response);
        this.#asked.delete(output.number);
        return;
      case 'accepted':
      case 'malformed':
      case 'replayed':
      case 'ticked':
      case 'counts':
      case 'known':
      case 'carried':
        this.#reply = output;
        return;
      default:
        this.#receiver.receive(output);
    }
  }

  /** @param leastHi T_min in force, high half */
  accept({ body, transport, encoding }: IntakeRequest, nowMs: number, leastHi: number): IntakeAnswer {
    const answer = this.#ask({ kind: 'request', body, transport, encoding, nowMs, leastHi }, 'accepted', 'malformed');
    if (answer.kind === 'malformed') {
      this.copied = undefined;
      return answer;
    }
    const { rejected, message, copied } = answer;
    this.copied = copied === undefined ? undefined : asBuffer(copied);
    return { kind: 'accepted', rejected, message };
  }

  /** Decides what is due. @param isFirst slice of a turn */
  tick(nowMs: number, budget: number, isFirst: boolean): Reply<'ticked'> {
    return this.#ask({ kind: 'tick', nowMs, budget, isFirst }, 'ticked');
  }

  /** Decides everything that is buffered, for about `budget` spans. Returns whether there is more. */
  drain(nowMs: number, budget: number): boolean {
    return this.#ask({ kind: 'drain', nowMs, budget }, 'ticked').more;
  }

  reconfigure(config: Config, nowMs: number): void {
    this.#post({ kind: 'reconfigure', config, nowMs });
  }

  /** @param traceIds of error logs, four words each */
  noteErrorLogs(traceIds: Uint32Array): void {
    this.#post({ kind: 'error-logs', traceIds });
  }

  /** Asks for dropped traces, for a person. undefined when there is no ring. */
  rescue(request: RescueRequest, nowMs: number): Promise<RescueResponse | undefined> {
    const number = ++this.#askedLast;
    const { promise, resolve } = Promise.withResolvers<RescueResponse | undefined>();
    this.#asked.set(number, resolve);
    this.#post({ kind: 'rescue', number, request, nowMs });
    return promise;
  }

  /** What the shard's memory knows of a trace. */
  lookUp(traceId: TraceId): KnownTrace {
    return this.#ask({ kind: 'look-up', traceId }, 'known').known;
  }

  /** Also brings the ledger up to date. After each input the shard is asked once: it passes over all its traces. */
  counts(nowMs: number): ShardCounts {
    this.#counts ??= this.#ask({ kind: 'count', nowMs }, 'counts').counts;
    return this.#counts;
  }

  /** Has the shard hand over what it has counted, see {@link ShardInput}. */
  flush(nowMs: number, isWhole: boolean): void {
    this.#post({ kind: 'flush', nowMs, isWhole });
  }

  /** A piece of what is known of the spans of decided traces, for a log. @param lost so many of the oldest pieces are about to be removed from it */
  carrySpans(lost: number): Buffer | undefined {
    const { piece } = this.#ask({ kind: 'carry-spans', lost }, 'carried');
    return piece === undefined ? undefined : asBuffer(piece);
  }

  /** Decisions of an earlier life. */
  rememberDecisions(traces: Iterable<DecidedTrace>, nowMs: number): void {
    let some: DecidedTrace[] = [];
    for (const trace of traces) {
      some.push(trace);
      if (some.length < DECISIONS_PER_MESSAGE) continue;
      this.#post({ kind: 'remember-decisions', traces: some, nowMs });
      some = [];
    }
    if (some.length > 0) this.#post({ kind: 'remember-decisions', traces: some, nowMs });
  }

  /** Spans of decided traces of an earlier life. */
  rememberSpans(carried: Uint8Array, nowMs: number): void {
    this.#post({ kind: 'remember-spans', carried, nowMs });
  }

  replay(request: Omit<ReplayInput, 'kind'>): Reply<'replayed'> {
    return this.#ask({ kind: 'replay', ...request }, 'replayed');
  }

  /** @param nextSpan least number of the next span */
  endReplay(nextSpan: number): void {
    this.#post({ kind: 'replay-ended', nextSpan });
  }

  /** Nothing can be posted afterwards. */
  stop(): void {
    this.#post({ kind: 'stop' });
  }

  /** What outputs of an input ask for is posted after it. */
  #post(input: ShardInput): void {
    this.#counts = undefined;
    this.#host.post(input);
    for (let next = this.#next.shift(); next !== undefined; next = this.#next.shift()) this.#host.post(next);
  }

  /** @throws Error when the input has no such answer */
  #ask<Kind extends ShardOutput['kind']>(input: ShardInput, ...kinds: readonly Kind[]): Reply<Kind> {
    this.#reply = undefined;
    this.#post(input);
    const reply = this.#reply;
    if (!isReply(reply, kinds)) throw new Error(`${input.kind} was not answered by ${kinds.join(' or ')}`);
    return reply;
  }
}

function isReply<Kind extends ShardOutput['kind']>(
  output: ShardOutput | undefined,
  kinds: readonly Kind[],
): output is Reply<Kind> {
  return output !== undefined && kinds.some((kind) => kind === output.kind);
}
