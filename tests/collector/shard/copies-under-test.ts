// Requests with spans that were sent before, in another form, and all that must be as if they had not come.
import { jsonToProtobuf } from '#proto/otlp/json-to-protobuf.ts';
import { traceRequestSchema } from '#proto/otlp/schema.ts';
import { traceRequest, type PlainSpan } from '#tests/support/trace-builder.ts';
import type { RescueStage } from './rescue-stage.ts';

const BASE_NS = 1_700_000_000_000_000_000n;
const MOST_BYTES = 1 << 20;

export interface Sent {
  readonly trace: string;
  readonly span: PlainSpan;
}

/** How spans are written: as they were, in another resource, or as OTLP/JSON. */
export type Form = 'same' | 'resource' | 'json';
export const FORMS: readonly Form[] = ['same', 'resource', 'json'];

export function bodyOf(sent: readonly Sent[], form: Form = 'same'): Buffer {
  if (form === 'json')
    return Buffer.concat(
      sent.map((one) =>
        Buffer.from(jsonToProtobuf(traceRequestSchema, Buffer.from(JSON.stringify(jsonOf(one))), MOST_BYTES)),
      ),
    );
  return Buffer.concat(
    sent.map(({ trace, span }) => traceRequest(trace, [form === 'same' ? span : { ...span, host: 'another' }])),
  );
}

function jsonOf({ trace, span }: Sent): unknown {
  const id = (text: string): string => text.padStart(16, '0');
  return {
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: span.service ?? 's' } }] },
        scopeSpans: [
          {
            spans: [
              {
                traceId: trace,
                spanId: id(span.id),
                ...(span.parent !== undefined && { parentSpanId: id(span.parent) }),
                name: span.name ?? span.id,
                kind: span.kind ?? 1,
                startTimeUnixNano: String(BASE_NS + BigInt(span.start)),
                endTimeUnixNano: String(BASE_NS + BigInt(span.end)),
                ...(span.links !== undefined && {
                  links: span.links.map((link) => ({ traceId: link.trace, spanId: id(link.span) })),
                }),
                ...(span.status !== undefined && { status: { code: span.status } }),
              },
            ],
          },
        ],
      },
    ],
  };
}

/** All that follows from what came, but for the ledger of received and dropped spans and for the warning that copies came. */
export function effectsOf(under: RescueStage): unknown {
  const { stage } = under;
  const { services, names } = stage.memory;
  const red: string[] = [];
  stage.red.flush(under.nowMs, ({ service, name, kind, status, calls, sumNs, buckets }) =>
    red.push(`${services.text(service)} ${names.text(name)} ${kind} ${status}: ${calls} ${sumNs} ${buckets.join(' ')}`),
  );
  stage.propagation.unanswered.countExpired(under.nowMs);
  const { ledger } = stage.shard;
  return {
    red: red.toSorted(),
    edges: under.edges(),
    propagation: stage.propagation.counters.flush(),
    repairs: stage.repairs.flush().filter(({ kind }) => kind !== 'duplicate_span'),
    stored: [...under.stored].map(([id, trace]) => [id, { ...trace, copiesWarnedOf: undefined }]),
    decided: under.decided,
    failures: under.failures,
    lateErrors: under.lateErrors(),
    rescued: under.rescued(),
    turnedAway: stage.shedding.traces,
    lateAges: [0.5, 0.99].map((part) => stage.rescue.ages.quantileMs(part)),
    late: ledger.late,
    lateDropped: ledger.lateDropped,
    kept: ledger.kept,
    sampledOut: ledger.sampledOut,
    pending: ledger.pending,
    buffered: [stage.memory.spans.used, stage.memory.slabs.liveBytes, stage.shard.traces],
  };
}

export function duplicatesOf(under: RescueStage): number {
  under.stage.syncLedger();
  return under.ledger.traces
    .droppedByReason()
    .reduce((sum, [reason, spans]) => sum + (reason === 'duplicate_span' ? spans : 0), 0);
}
