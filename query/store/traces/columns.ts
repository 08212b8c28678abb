// What is read of the tables traces, spans and links, column by column under the contract's names.
import { attributes } from '../attributes.ts';
import { entries, flag, hex56, hexId, messages, number, text, texts, unixNs, type Column } from '../columns.ts';
import { OWN_WEIGHT, THRESHOLD } from './weight.ts';

/** Of the kept traces. */
export const SUMMARY = {
  traceId: hexId('trace_id'),
  startNs: unixNs('first_start'),
  placeNs: unixNs('start'),
  durationNs: number('duration_ns'),
  rootService: text('root_service'),
  rootName: text('root_name'),
  spanCount: number('span_count'),
  errorCount: number('error_count'),
  rootPresent: flag('root_present'),
  missingParents: number('missing_parents'),
  serviceSpans: entries('services', { service: text('t'), spans: number('service_spans[t]') }),
  rule: text('rule'),
  trigger: text('trigger'),
  adjustedCount: number(OWN_WEIGHT),
  warningKinds: texts('arrayDistinct(arrayMap(w -> w.kind, warnings))'),
};

/** The same, with what only the page of one trace shows. */
export const WHOLE_SUMMARY = {
  ...SUMMARY,
  thresholdHex: hex56(THRESHOLD),
  hostOffsets: entries('hosts', {
    host: text('t.host'),
    offsetNs: number('t.offset_ns'),
    errorNs: number('t.error_ns'),
  }),
  warningSpans: entries('warnings', { kind: text('t.kind'), spanId: text('t.span_id') }),
  criticalPath: entries('mapKeys(critical_path_ns)', { service: text('t'), ns: number('critical_path_ns[t]') }),
  spanRepeats: entries('repeats', {
    firstSpanId: text('t.first_span_id'),
    service: text('t.service'),
    name: text('t.name'),
    spans: number('t.spans'),
    totalNs: number('t.total_ns'),
    spanNs: number('t.span_ns'),
  }),
};

const NO_PARENT = '0000000000000000';
const PARENT: Column<string> = {
  sql: 'lower(hex(parent_span_id))',
  read: (cell) => (cell === NO_PARENT ? '' : String(cell)),
};

/** Of `spans`, in full. */
export const STORED_SPAN = {
  traceId: hexId('trace_id'),
  spanId: hexId('span_id'),
  parentSpanId: PARENT,
  service: text('service'),
  name: text('name'),
  kind: number('kind'),
  statusCode: number('status_code'),
  statusMessage: text('status_message'),
  startNs: unixNs('start'),
  durationText: text('toString(duration_ns)'),
  flags: number('flags'),
  traceState: text('trace_state'),
  adjustedCount: number('weight'),
  attributes,
  eventMessages: messages('events'),
  linkMessages: messages('links'),
  droppedAttributes: number('dropped_attributes'),
  droppedEvents: number('dropped_events'),
  droppedLinks: number('dropped_links'),
  resourceId: text('toString(resource_id)'),
  scopeId: text('toString(scope_id)'),
};

/** Of `links`. */
export const INBOUND_LINK = {
  targetSpanId: hexId('target_span_id'),
  sourceTraceId: hexId('source_trace_id'),
  sourceSpanId: hexId('source_span_id'),
  sourceService: text('source_service'),
  sourceName: text('source_name'),
  sourceStartNs: unixNs('source_start'),
};
