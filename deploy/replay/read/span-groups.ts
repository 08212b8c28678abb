// Collects converted spans by resource and scope into OTLP requests of bounded size.

import { encodeRequest } from '../encode-request.ts';
import { SPANS_PER_BUILT_REQUEST, type CaptureRequest } from './capture-request.ts';
import type { JsonObject } from './parse-json.ts';

/** An OTLP/JSON attribute. */
export interface Attribute {
  key: string;
  value: JsonObject;
}

/** Spans that wait for their request, under the resource that made them. */
export class SpanGroups {
  readonly #groups = new Map<string, { resource: JsonObject; scope: JsonObject; spans: JsonObject[] }>();
  #spans = 0;

  /** Adds one OTLP/JSON span. */
  add(resource: Attribute[], scope: JsonObject, span: JsonObject): void {
    const key = JSON.stringify([resource, scope]);
    let group = this.#groups.get(key);
    if (group === undefined) this.#groups.set(key, (group = { resource: { attributes: resource }, scope, spans: [] }));
    group.spans.push(span);
    this.#spans++;
  }

  /** Whether a request is full. */
  get full(): boolean {
    return this.#spans >= SPANS_PER_BUILT_REQUEST;
  }

  /** The request of everything added since the last one; undefined when nothing was. */
  take(): CaptureRequest | undefined {
    if (this.#spans === 0) return undefined;
    const resourceSpans = [...this.#groups.values()].map(({ resource, scope, spans }) => ({
      resource,
      scopeSpans: [{ scope, spans }],
    }));
    this.#groups.clear();
    this.#spans = 0;
    return { signal: 'traces', bytes: encodeRequest('traces', { resourceSpans }) };
  }
}
