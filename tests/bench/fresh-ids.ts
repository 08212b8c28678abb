// Gives a capture's requests new trace ids, round after round, so that no round meets the traces of the one before; or new span ids.
import { createSpanMemory } from '#collector/model/span-memory.ts';
import { RequestIndex } from '#collector/assemble/request-index.ts';

const TRACE_ID_TAG = 0x0a;
const SPAN_ID_TAG = 0x12;

export class FreshIds {
  /** The requests as they are now. */
  readonly requests: Buffer[];
  readonly spans: number;
  readonly #places: Int32Array[];

  /** @param requests well-formed requests whose spans begin with their trace id, as OpenTelemetry's SDKs write them */
  constructor(requests: readonly Buffer[]) {
    this.requests = requests.map((request) => Buffer.from(request));
    const index = new RequestIndex(createSpanMemory(1, 1));
    this.#places = this.requests.map((request) => {
      const problem = index.index(request);
      if (problem !== undefined) throw new Error(problem);
      return Int32Array.from(index.columns.offset.subarray(0, index.count), (offset) => {
        if (request[offset] !== TRACE_ID_TAG)
          throw new Error(`the span at byte ${offset} does not begin with its trace id`);
        return offset + 2;
      });
    });
    this.spans = this.#places.reduce((sum, places) => sum + places.length, 0);
  }

  /** Changes all 16 bytes of every trace id, the same way for all spans of a trace: R changes, too. */
  renew(round: number): void {
    const words = [1, 2, 3, 4].map((word) => Math.imul(round * 4 + word, 0x9e3779b1));
    for (const [at, request] of this.requests.entries()) {
      for (const place of this.#places[at]!) {
        for (let word = 0; word < 4; word++)
          request.writeInt32BE(request.readInt32BE(place + word * 4) ^ words[word]!, place + word * 4);
      }
    }
  }

  /** Changes the span ids, of spans whose second field they are, and leaves those of parents: late spans of the same traces. */
  renewSpans(round: number): void {
    for (const [at, request] of this.requests.entries()) {
      for (const place of this.#places[at]!) {
        if (request[place + 16] !== SPAN_ID_TAG) throw new Error(`no span id follows the trace id at byte ${place}`);
        request.writeInt32BE(request.readInt32BE(place + 18) ^ Math.imul(round, 0x9e3779b1), place + 18);
      }
    }
  }
}
