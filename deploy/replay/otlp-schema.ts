// The OTLP message types as read from the vendored .proto files: what the JSON readers and the JSON sender need to know.

import { join, resolve } from 'node:path';
import protobuf from 'protobufjs';
import { otlpSignals, type OtlpSignal } from './otlp-signal.ts';

const protoRoot = resolve(import.meta.dirname, '..', '..', 'proto');

/** One field: `kind` is a protobuf scalar name, `enum` or `message`. */
export interface FieldSchema {
  id: number;
  jsonName: string;
  kind: string;
  repeated: boolean;
  /** Member of a oneof or `optional`: its zero is written, too. */
  presence: boolean;
  /** Trace and span ids are hex in OTLP/JSON, other bytes are base64. */
  hex: boolean;
  message?: MessageSchema;
  enumValues?: Readonly<Record<string, number>>;
}

/** One message: its fields by number and by either JSON name (camelCase as the standard says, snake_case as some write). */
export interface MessageSchema {
  name: string;
  byId: Map<number, FieldSchema>;
  byName: Map<string, FieldSchema>;
}

const HEX_FIELDS = new Set(['traceId', 'spanId', 'parentSpanId']);

let loaded: Map<OtlpSignal, MessageSchema> | undefined;

/** The schema of a signal's export request. Loads the .proto files on first use. */
export function requestSchema(signal: OtlpSignal): MessageSchema {
  loaded ??= load();
  const schema = loaded.get(signal);
  if (schema === undefined) throw new Error(`no schema for signal ${signal}`);
  return schema;
}

function load(): Map<OtlpSignal, MessageSchema> {
  const root = new protobuf.Root();
  root.resolvePath = (_origin, target) => join(protoRoot, target);
  root.loadSync(
    ['trace/v1/trace', 'logs/v1/logs', 'metrics/v1/metrics'].map(
      (name) => `opentelemetry/proto/collector/${name}_service.proto`,
    ),
  );
  root.resolveAll();
  const known = new Map<protobuf.Type, MessageSchema>();
  const schemas = new Map<OtlpSignal, MessageSchema>();
  for (const signal of ['traces', 'logs', 'metrics'] as const) {
    schemas.set(signal, describe(root.lookupType(otlpSignals[signal].requestType), known));
  }
  return schemas;
}

function describe(type: protobuf.Type, known: Map<protobuf.Type, MessageSchema>): MessageSchema {
  const before = known.get(type);
  if (before !== undefined) return before;
  const schema: MessageSchema = { name: type.name, byId: new Map(), byName: new Map() };
  known.set(type, schema);
  for (const field of type.fieldsArray) {
    const resolved = field.resolvedType;
    const described: FieldSchema = {
      id: field.id,
      jsonName: field.name,
      kind: resolved instanceof protobuf.Type ? 'message' : resolved instanceof protobuf.Enum ? 'enum' : field.type,
      repeated: field.repeated,
      presence: field.partOf !== null && field.partOf !== undefined,
      hex: field.type === 'bytes' && HEX_FIELDS.has(field.name),
    };
    if (resolved instanceof protobuf.Type) described.message = describe(resolved, known);
    if (resolved instanceof protobuf.Enum) described.enumValues = resolved.values;
    schema.byId.set(field.id, described);
    schema.byName.set(field.name, described);
    schema.byName.set(snakeCase(field.name), described);
  }
  return schema;
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`);
}
