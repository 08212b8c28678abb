// Breaks the way in which trace context travels through the shop: the broken request, and the parts that became traces of their own.

import type { BreakCause } from './scenarios.ts';
import { KIND_CLIENT, KIND_CONSUMER, KIND_SERVER, type SpanStory, type Step } from './story.ts';

/** A story as it is written, and the parts that lost their parent: they begin traces of their own. */
export interface BrokenStory {
  story: SpanStory;
  torn: SpanStory[];
}

/** Calls to this service lose their context. */
const LOST_SERVICE = 'shipping';
/** Attempts from the second on lose it here. */
const RETRIED_SERVICE = 'payment';
/** Requests here keep the context of the one before. */
const LEAKING_SERVICE = 'currency';
/** Spans of this service forget the sampled flag. */
const UNSAMPLED_SERVICE = 'recommendation';
/** This service's resource names no host. */
export const HOSTLESS_SERVICE = 'ads';
/** The next request of a leaking worker: so long after the one whose context it keeps that it is none of its work. */
const LEAK_AFTER_MS = 1400;
/** What the caller of a torn part waits, in place of the part's own steps. */
const TORN_MS = 3;

/** The story under a cause; itself when the cause is another. */
export function breakContext(story: SpanStory, cause: BreakCause | undefined): BrokenStory {
  const torn: SpanStory[] = [];
  switch (cause) {
    case 'lost-context':
      return { story: tear(story, torn, ({ service }) => service === LOST_SERVICE), torn };
    case 'retry-context':
      return {
        story: tear(
          story,
          torn,
          ({ service, attributes }) => service === RETRIED_SERVICE && Number(attributes['rpc.attempt'] ?? 1) > 1,
        ),
        torn,
      };
    case 'leaked-context':
      return { story: change(story, leak), torn };
    case 'sampled-flag':
      return {
        story: change(story, (span) => (span.service === UNSAMPLED_SERVICE ? { ...span, unsampled: true } : span)),
        torn,
      };
    case 'queue-parent':
      return {
        story: story.kind === KIND_CONSUMER && story.links !== undefined ? { ...story, joinsMessage: true } : story,
        torn,
      };
    default:
      return { story, torn };
  }
}

/** Server spans below a client that fit go to `torn`; the client waits all the same. */
function tear(story: SpanStory, torn: SpanStory[], fits: (server: SpanStory) => boolean): SpanStory {
  const step = (item: SpanStory): Step => {
    if (story.kind !== KIND_CLIENT || item.kind !== KIND_SERVER || !fits(item)) return tear(item, torn, fits);
    torn.push(item);
    return TORN_MS;
  };
  return {
    ...story,
    steps: story.steps.map((item) =>
      typeof item === 'number' ? item : Array.isArray(item) ? item.map((call) => tear(call, torn, fits)) : step(item),
    ),
  };
}

/** The story with every span changed, innermost first. */
function change(story: SpanStory, how: (span: SpanStory) => SpanStory): SpanStory {
  const steps = story.steps.map((item): Step =>
    typeof item === 'number' ? item : Array.isArray(item) ? item.map((call) => change(call, how)) : change(item, how),
  );
  return how({ ...story, steps });
}

function leak(span: SpanStory): SpanStory {
  if (span.service !== LEAKING_SERVICE || span.kind !== KIND_SERVER) return span;
  return { ...span, steps: [...span.steps, { ...span, steps: [0.2], detached: true, afterMs: LEAK_AFTER_MS }] };
}
