// Evaluates in the calling thread: for series in memory, where nobody else waits.
import type { EngineOptions } from '#query/promql/engine.ts';
import type { SeriesStore } from '#query/promql/storage.ts';
import { answerQuestion } from './answer-question.ts';
import { encodePieces } from './encode-pieces.ts';
import type { AnswerPieces, Evaluator, Question } from './question.ts';

export class InProcessEvaluator implements Evaluator {
  readonly #store: SeriesStore;
  readonly #engine: EngineOptions;

  constructor(store: SeriesStore, engine: EngineOptions) {
    this.#store = store;
    this.#engine = engine;
  }

  async evaluate(question: Question, signal: AbortSignal): Promise<AnswerPieces> {
    const place = { store: this.#store, engine: this.#engine, queuedMs: 0 };
    return piecesOf(await answerQuestion(question, place, signal));
  }
}

async function* piecesOf(texts: Iterable<string>): AsyncGenerator<Uint8Array> {
  yield* encodePieces(texts);
}
