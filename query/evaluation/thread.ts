// A thread that evaluates PromQL questions, one at a time, with a way to the store of its own.
import { readlinkSync } from 'node:fs';
import path from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { getHeapStatistics } from 'node:v8';
import { PromqlError } from '#query/promql/promql-error.ts';
import { openStore } from '#query/store/open-store.ts';
import { answerQuestion } from './answer-question.ts';
import { encodePieces } from './encode-pieces.ts';
import { MAX_UNREAD_BYTES, SHARED, type FromThread, type ThreadStart, type ToThread } from './messages.ts';
import type { Question, QuestionFailure } from './question.ts';

const start = workerData as ThreadStart;
const store = openStore(start.database).series;

interface Run {
  readonly number: number;
  readonly controller: AbortController;
  /** CPU time of the thread when it began, ms. */
  readonly fromCpuMs: number;
  unreadBytes: number;
  /** Resumes the writer when the client has read some of the answer, or has disconnected. */
  wake: () => void;
}
let current: Run | undefined;

/** Linux names the thread that asks; elsewhere there is no such file. */
function systemThread(): number {
  try {
    return Number(path.basename(readlinkSync('/proc/thread-self')));
  } catch {
    return 0;
  }
}
Atomics.store(start.shared, SHARED.systemThread, systemThread());

function send(message: FromThread, transfer: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, transfer);
}

function failureOf(error: unknown): QuestionFailure {
  if (error instanceof PromqlError) return { type: error.type, message: error.message };
  return { type: 'internal', message: error instanceof Error ? error.message : String(error) };
}

/** CPU time of this thread, ms. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function lookAtShared(run: Run): void {
  Atomics.store(start.shared, SHARED.cpuMs, Math.trunc(cpuMs() - run.fromCpuMs));
  if (Atomics.load(start.shared, SHARED.stopRun) === run.number) run.controller.abort();
}

async function write(run: Run, texts: Iterable<string>): Promise<void> {
  for (const bytes of encodePieces(texts)) {
    lookAtShared(run);
    while (run.unreadBytes >= MAX_UNREAD_BYTES && !run.controller.signal.aborted)
      await new Promise<void>((resolve) => (run.wake = resolve));
    if (run.controller.signal.aborted) throw new PromqlError('canceled', 'the client has gone');
    run.unreadBytes += bytes.byteLength;
    send({ kind: 'piece', run: run.number, bytes }, [bytes.buffer]);
  }
}

async function evaluate(run: Run, question: Question, queuedMs: number): Promise<QuestionFailure | undefined> {
  // The engine looks at the clock every few milliseconds of work: so it sees the stop while no message can come in.
  const nowMs = (): number => {
    lookAtShared(run);
    return performance.now();
  };
  try {
    const place = { store, engine: { ...start.engine, nowMs }, queuedMs };
    await write(run, await answerQuestion(question, place, run.controller.signal));
    return undefined;
  } catch (error) {
    return failureOf(error);
  }
}

parentPort?.on('message', (message: ToThread) => {
  if (message.kind === 'evaluate') {
    const run: Run = {
      number: message.run,
      controller: new AbortController(),
      fromCpuMs: cpuMs(),
      unreadBytes: 0,
      wake: () => undefined,
    };
    current = run;
    lookAtShared(run);
    Atomics.store(start.shared, SHARED.begunRun, run.number);
    void evaluate(run, message.question, message.queuedMs).then((failure) => {
      current = undefined;
      Atomics.store(start.shared, SHARED.begunRun, 0);
      const { total_heap_size: heap, external_memory: external } = getHeapStatistics();
      send({ kind: 'done', run: run.number, failure, heapBytes: heap + external });
    });
    return;
  }
  if (current?.number !== message.run) return;
  if (message.kind === 'stop') current.controller.abort();
  else current.unreadBytes -= message.bytes;
  current.wake();
});
