// GET /api/propagation: where trace context goes wrong between services, from 100 % of the traces, and what to change in the instrumentation.
import { z } from 'zod';

export const PropagationCause = z.enum([
  'lost',
  'lost_on_retry',
  'leaked',
  'queue_parent',
  'sampling_differs',
  'no_host',
]);
export type PropagationCause = z.infer<typeof PropagationCause>;

/** What each cause means and what to do about it; `A` calls `B`. */
export const PROPAGATION_ADVICE: Readonly<Record<PropagationCause, { meaning: string; advice: string }>> = {
  lost: {
    meaning: 'A called B, and B reports spans, but none of them in A’s trace.',
    advice:
      'Check that A’s client injects the traceparent header (its instrumentation covers this client library), that no proxy between them strips it, and that B’s server instrumentation extracts the same format (OTEL_PROPAGATORS equal on both sides).',
  },
  lost_on_retry: {
    meaning: 'A repeated a call to B; an earlier attempt has B’s span below it, a later one has none.',
    advice:
      'Let the retry run inside the instrumentation: inject the headers anew per attempt, from the context of that attempt’s span, instead of reusing or dropping the first request’s headers.',
  },
  leaked: {
    meaning:
      'One trace holds requests that have nothing to do with each other: they begin long after what they hang on has ended.',
    advice:
      'Detach the context where a request ends (close the scope, no context kept in a thread-local of a pool, a global or a long-lived connection), and start background work with a link instead of a parent.',
  },
  queue_parent: {
    meaning:
      'B consumes messages of A as children of the sending span, though it handles several at once or long after the trace was over.',
    advice:
      'Let the consumer begin a trace of its own and link to the context of each message (messaging instrumentation: propagation by links).',
  },
  sampling_differs: {
    meaning: 'A and B disagree about the trace’s sampling: the sampled flag or the threshold ot=th changed on the way.',
    advice:
      'Use a parent-based sampler in B (OTEL_TRACES_SAMPLER=parentbased_…), and pass tracestate on unchanged together with traceparent.',
  },
  no_host: {
    meaning:
      'Spans of B say of no host where they ran: clocks cannot be corrected per machine, and nobody can look for a bad one.',
    advice:
      'Give B’s resource host.id or host.name: a resource detector of the SDK, OTEL_RESOURCE_ATTRIBUTES, or the k8sattributes or resourcedetection processor of a Collector.',
  },
};

/** Most problems first. */
export const PropagationResponse = z.object({
  problems: z.array(
    z.object({
      cause: PropagationCause,
      caller: z.string().describe('empty where there is none to name'),
      callee: z.string(),
      count: z.number(),
      of: z.number().describe('calls of the pair; spans of the callee where there is no pair'),
      share: z.number().nullable().describe('count of of, 0…1'),
      example: z.string().describe('trace id; empty when none is known'),
      example_kept: z.boolean().describe('the example is stored'),
      meaning: z.string(),
      advice: z.string(),
    }),
  ),
});
export type PropagationResponse = z.infer<typeof PropagationResponse>;
