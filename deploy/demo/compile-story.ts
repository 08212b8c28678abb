// Turns a story into what the generator copies: points in time with gaps between them, and bytes with patched places.

import { ByteBuilder, PATCH_SPAN_ID, PATCH_TRACE_ID } from './byte-builder.ts';
import { serviceIndex, shopServices } from './shop-services.ts';
import { severityNumber, type LogStory, type SpanStory } from './story.ts';

/** One span or log record: its bytes with tag and length, and parallel lists of patches. */
export interface CompiledRecord {
  service: number;
  host: 0 | 1;
  bytes: Uint8Array;
  kinds: Uint8Array;
  ats: Uint32Array;
  args: Uint32Array;
}

/**
 * A story ready to be copied. Point i is at max(point before[i], point alsoBefore[i]) + gapMs[i]; point 0 is the start.
 * `publishers` are indices of spans that later batches may link to.
 */
export interface CompiledStory {
  spans: CompiledRecord[];
  logs: CompiledRecord[];
  before: Int32Array;
  alsoBefore: Int32Array;
  gapMs: Float64Array;
  /** Point where the root ends. */
  rootEnd: number;
  publishers: number[];
  links: number;
  /** The trace is that of the first message, and the root its sender's child. */
  joinsMessage: boolean;
}

/** A span without any step still lasts. */
const SHORTEST_MS = 0.02;
/** W3C flags: sampled, and the trace id is random. */
const TRACE_FLAGS = 0x103;
const RANDOM_FLAG = 0x2;
const CONTEXT_HAS_IS_REMOTE = 0x100;
const IS_REMOTE = 0x200;
/** Field number of a record in ScopeSpans and in ScopeLogs alike, as a tag. */
const RECORD_TAG = 0x12;

/** Where the writer puts the span id of the message that a batch joins; no story has as many spans. */
export const JOINED_SPAN = 511;

type Draft = Pick<CompiledStory, 'spans' | 'logs' | 'publishers'> & {
  before: number[];
  alsoBefore: number[];
  gapMs: number[];
  spanCount: number;
};

/** Compiles one story. @throws Error for a service the shop does not have */
export function compileStory(story: SpanStory): CompiledStory {
  const draft: Draft = {
    spans: [],
    logs: [],
    publishers: [],
    before: [-1],
    alsoBefore: [-1],
    gapMs: [0],
    spanCount: 0,
  };
  const rootEnd = compileSpan(draft, story, -1, 0, false);
  return {
    spans: draft.spans,
    logs: draft.logs,
    publishers: draft.publishers,
    before: Int32Array.from(draft.before),
    alsoBefore: Int32Array.from(draft.alsoBefore),
    gapMs: Float64Array.from(draft.gapMs),
    rootEnd,
    links: story.links ?? 0,
    joinsMessage: story.joinsMessage === true,
  };
}

// Returns the point where the span ends.
function compileSpan(draft: Draft, story: SpanStory, parent: number, start: number, remote: boolean): number {
  const index = draft.spanCount++;
  let at = start;
  for (const step of story.steps) {
    if (typeof step === 'number') {
      at = point(draft, at, -1, step);
    } else if (Array.isArray(step)) {
      const ends = step.map((child) => compileSpan(draft, child, index, at, child.service !== story.service));
      at = ends.reduce((latest, end) => point(draft, latest, end, 0), at);
    } else {
      const begin = step.afterMs === undefined ? at : point(draft, at, -1, step.afterMs);
      const end = compileSpan(draft, step, index, begin, step.service !== story.service);
      if (step.detached !== true) at = end;
    }
  }
  if (at === start) at = point(draft, at, -1, SHORTEST_MS);
  const service = serviceIndex(story.service);
  draft.spans.push(record(service, spanMessage(story, index, parent, start, at, remote)));
  if (story.publishes === true) draft.publishers.push(index);
  if (story.log !== undefined) draft.logs.push(record(service, logMessage(story.log, index, at)));
  return at;
}

function point(draft: Draft, before: number, alsoBefore: number, gapMs: number): number {
  draft.before.push(before);
  draft.alsoBefore.push(alsoBefore);
  draft.gapMs.push(gapMs);
  return draft.before.length - 1;
}

function spanMessage(
  story: SpanStory,
  index: number,
  parent: number,
  start: number,
  end: number,
  remote: boolean,
): ByteBuilder {
  const span = new ByteBuilder().id(1, PATCH_TRACE_ID, 0).id(2, PATCH_SPAN_ID, index);
  if (parent >= 0) span.id(4, PATCH_SPAN_ID, parent);
  else if (story.joinsMessage === true) span.id(4, PATCH_SPAN_ID, JOINED_SPAN);
  span.text(5, story.name).varint(6, story.kind).time(7, start).time(8, end).attributes(9, story.attributes);
  if (story.exception !== undefined) {
    const { type, message } = story.exception;
    const attributes = {
      'exception.type': type,
      'exception.message': message,
      'exception.stacktrace': `${type}: ${message}\n    at ${story.name}`,
    };
    span.message(11, new ByteBuilder().time(1, end).text(2, 'exception').attributes(3, attributes));
  }
  for (let link = 0; link < (story.joinsMessage === true ? 0 : (story.links ?? 0)); link++)
    span.message(13, new ByteBuilder().linkIds(link));
  if (story.error !== undefined) span.message(15, new ByteBuilder().text(2, story.error).varint(3, 2));
  return span.fixed32(
    16,
    (story.unsampled === true ? RANDOM_FLAG : TRACE_FLAGS) | CONTEXT_HAS_IS_REMOTE | (remote ? IS_REMOTE : 0),
  );
}

function logMessage(log: LogStory, span: number, at: number): ByteBuilder {
  return new ByteBuilder()
    .time(1, at)
    .varint(2, severityNumber(log.severity))
    .text(3, log.severity)
    .message(5, new ByteBuilder().text(1, log.body))
    .attributes(6, log.attributes ?? {})
    .fixed32(8, 1)
    .id(9, PATCH_TRACE_ID, 0)
    .id(10, PATCH_SPAN_ID, span)
    .time(11, at);
}

function record(service: number, message: ByteBuilder): CompiledRecord {
  const whole = new ByteBuilder().message(RECORD_TAG >> 3, message);
  const { patches } = whole;
  return {
    service,
    host: shopServices[service]?.host ?? 0,
    bytes: Uint8Array.from(whole.bytes),
    kinds: Uint8Array.from(patches, ({ kind }) => kind),
    ats: Uint32Array.from(patches, ({ at }) => at),
    args: Uint32Array.from(patches, ({ arg }) => arg),
  };
}
